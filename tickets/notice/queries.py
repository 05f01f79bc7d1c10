"""Messages: who was told what, and what lies in an inbox."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    column,
    exists,
    func,
    or_,
    select,
    table,
    text,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from tickets.events import Delivery, Event, Unrelayed
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


def unread() -> ColumnElement[int]:
    """For the head of every page, about the `Person` who is at the door: what he has not read."""
    return (
        select(func.count())
        .where(
            Notice.person_id == Person.id,
            Notice.read_at.is_(None),
            Notice.sent_at.is_not(None),
            Notice.told_with_id.is_(None),
        )
        .correlate(Person)
        .scalar_subquery()
    )


def unheard() -> ColumnElement[int]:
    """For the head of every page: dangers to which everybody is called, and nobody has said that
    he heard it. A handful of rows of one small index."""
    return (
        select(func.count())
        .where(Alert.climbs_at.is_not(None), Alert.rounds > 0)
        .select_from(Alert)
        .scalar_subquery()
    )


async def by_answer_key(session: AsyncSession, key: str) -> tuple[Notice, Person]:
    """What a message was about and whom it was for, with his roles, by the key it carries. What
    has not been sent nobody can hold."""
    row = None
    if 10 <= len(key) <= 64 and key.isascii() and key.isprintable():
        asked = (
            select(Notice, Person)
            .join(Person, Person.id == Notice.person_id)
            .where(Notice.answer_key == key, Notice.sent_at.is_not(None))
            .options(selectinload(Person.roles))
        )
        row = (await session.execute(asked)).first()
    if row is None:
        raise Missing("There is no such message.")
    return row[0], row[1]


async def alert_of(session: AsyncSession, notice: Notice) -> Alert | None:
    return await session.get(Alert, notice.alert_id) if notice.alert_id else None


async def owed(
    session: AsyncSession, now: datetime, limit: int
) -> Sequence[tuple[Notice, str | None]]:
    """Messages to be said now, oldest first, with the language of whom they are for; locked.

    What falls on one ticket at one instant comes whole, however many there are, and only once the
    relay is done with all that has happened to the ticket; so does a person's morning list. Only
    one worker says at a time: two would tear apart what belongs together.
    """
    await session.execute(_ALONE)
    due = and_(
        Notice.sent_at.is_(None),
        or_(Notice.retry_at.is_(None), Notice.retry_at <= now),
        or_(Notice.not_before.is_(None), Notice.not_before <= now),
        or_(Notice.falls_at.is_(None), _is_settled()),
    )
    asked = (
        select(Notice, Person.locale)
        .join(Person, Person.id == Notice.person_id)
        .order_by(Notice.id)
    )
    first = (await session.execute(_locked(asked.where(due).limit(limit)))).all()
    instants = {(n.ticket_id, n.falls_at) for n, _ in first if n.ticket_id and n.falls_at}
    listed = {notice.person_id for notice, _ in first if notice.reach == "list"}
    found = [(notice, locale) for notice, locale in first]
    if len(first) == limit and (instants or listed):
        belongs = or_(
            tuple_(Notice.ticket_id, Notice.falls_at).in_(instants),
            and_(Notice.reach == "list", Notice.person_id.in_(listed)),
        )
        taken = [notice.id for notice, _ in first]
        rest = asked.where(due, belongs, Notice.id.not_in(taken))
        found += [(notice, locale) for notice, locale in await session.execute(_locked(rest))]
    return found


# A room above, by name: what was to be warned of, and is done or stands still by now.
_CLOCK = table(
    "clock",
    column("id"),
    *(column(name) for name in ("met_at", "closed_as", "paused_since", "breached_at")),
)


async def settled_since(session: AsyncSession, clock_ids: Collection[int]) -> set[int]:
    """Of these clocks those that nobody needs to be warned of any more."""
    over = (_CLOCK.c.met_at, _CLOCK.c.closed_as, _CLOCK.c.paused_since, _CLOCK.c.breached_at)
    asked = select(_CLOCK.c.id).where(
        _CLOCK.c.id.in_(clock_ids), or_(*(column.is_not(None) for column in over))
    )
    return set(await session.scalars(asked))


_ALONE = text("SELECT pg_advisory_xact_lock(hashtext('tickets.say'))")
_Asked = Select[Notice, str | None]


def _locked(asked: _Asked) -> _Asked:
    return asked.with_for_update(skip_locked=True, of=Notice)


def _is_settled() -> ColumnElement[bool]:
    """All that happened to the ticket has had its consequences; what failed is not waited for."""
    unrelayed = (
        exists()
        .where(Unrelayed.event_id == Event.id, Event.ticket_id == Notice.ticket_id)
        .correlate(Notice)
    )
    unhandled = exists().where(
        Delivery.ticket_id == Notice.ticket_id,
        Delivery.handled_at.is_(None),
        Delivery.failures == 0,
    )
    return and_(~unrelayed, ~unhandled)


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
        .where(
            Notice.person_id == who.id,
            Notice.sent_at.is_not(None),
            Notice.told_with_id.is_(None),  # it stands in the message of another
        )
        .order_by(Notice.id.desc())
        .limit(limit + 1)
    )
    if before is not None:
        asked = asked.where(Notice.id < before)
    if only_unread:
        asked = asked.where(Notice.read_at.is_(None))
    found = (await session.scalars(asked)).all()
    return found[:limit], found[limit - 1].id if len(found) > limit else None


async def unheard_of(session: AsyncSession, notices: Sequence[Notice]) -> set[int]:
    """Which of these are about something that still climbs: their alerts' numbers."""
    ids = {notice.alert_id for notice in notices if notice.alert_id}
    if not ids:
        return set()
    asked = select(Alert.id).where(Alert.id.in_(ids), Alert.climbs_at.is_not(None))
    return set(await session.scalars(asked))


async def one(session: AsyncSession, who: Who, notice_id: int) -> Notice:
    """Nobody reads another's messages: to him they do not exist."""
    notice = await session.get(Notice, notice_id) if 0 < notice_id < 2**63 else None
    if notice is None or notice.person_id != who.id or notice.sent_at is None:
        raise Missing("There is no such message.")
    return notice
