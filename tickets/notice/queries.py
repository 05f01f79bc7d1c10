"""Messages: who was told what, and what lies in an inbox."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.notice.models import Alert, Notice
from tickets.refusals import Missing
from tickets.staff.models import Person
from tickets.staff.rules import Who


async def people_told(session: AsyncSession, clock_id: int, breach_no: int) -> Sequence[Person]:
    """Those who were told of a breach, at once or a day later, so that they can be told that it
    was withdrawn."""
    return (
        await session.scalars(
            select(Person)
            .where(
                Person.id.in_(
                    select(Notice.person_id).where(
                        Notice.clock_id == clock_id,
                        Notice.breach_no == breach_no,
                        or_(Notice.threshold.startswith("breach"), Notice.threshold.like("+%")),
                    )
                )
            )
            .order_by(Person.id)
        )
    ).all()


async def climbing(session: AsyncSession, now: datetime, limit: int) -> Sequence[Alert]:
    """Alerts that nobody has acknowledged in time; locked, so that two sweeps never take one."""
    return (
        await session.scalars(
            select(Alert)
            .where(Alert.climbs_at <= now)
            .order_by(Alert.climbs_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    ).all()


async def by_answer_key(session: AsyncSession, key: str) -> tuple[Notice, Person]:
    """What a message was about and whom it was for, by the key it carries."""
    row = None
    if 10 <= len(key) <= 64 and key.isascii() and key.isprintable():
        asked = select(Notice, Person).join(Person, Person.id == Notice.person_id)
        row = (await session.execute(asked.where(Notice.answer_key == key))).first()
    if row is None:
        raise Missing("There is no such message.")
    return row[0], row[1]


async def alert_of(session: AsyncSession, notice: Notice) -> Alert | None:
    return await session.get(Alert, notice.alert_id) if notice.alert_id else None


async def owed(
    session: AsyncSession, now: datetime, limit: int
) -> Sequence[tuple[Notice, str | None]]:
    """Messages not yet sent, oldest first, locked, with the language of whom they are for."""
    rows = await session.execute(
        select(Notice, Person.locale)
        .join(Person, Person.id == Notice.person_id)
        .where(
            Notice.sent_at.is_(None),
            or_(Notice.retry_at.is_(None), Notice.retry_at <= now),
        )
        .order_by(Notice.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Notice)
    )
    return [(notice, locale) for notice, locale in rows]


async def inbox(
    session: AsyncSession,
    who: Who,
    *,
    before: int | None = None,
    only_unread: bool = False,
    limit: int = 50,
) -> tuple[Sequence[Notice], int | None]:
    """One's own messages, newest first, and the key of the next page."""
    asked = (
        select(Notice)
        .where(Notice.person_id == who.id, Notice.sent_at.is_not(None))
        .order_by(Notice.id.desc())
        .limit(limit + 1)
    )
    if before is not None:
        asked = asked.where(Notice.id < before)
    if only_unread:
        asked = asked.where(Notice.read_at.is_(None))
    found = (await session.scalars(asked)).all()
    return found[:limit], found[limit - 1].id if len(found) > limit else None


async def one(session: AsyncSession, who: Who, notice_id: int) -> Notice:
    """Nobody reads another's messages: to him they do not exist."""
    notice = await session.get(Notice, notice_id) if 0 < notice_id < 2**63 else None
    if notice is None or notice.person_id != who.id or notice.sent_at is None:
        raise Missing("There is no such message.")
    return notice
