"""Messages: who was told what, and what lies in an inbox."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.notice.models import Notice
from tickets.staff.models import Person


async def people_told(
    session: AsyncSession, clock_id: int, breach_no: int, threshold: str
) -> Sequence[Person]:
    """Those who were told of a breach, so that they can be told that it was withdrawn."""
    return (
        await session.scalars(
            select(Person)
            .join(Notice, Notice.person_id == Person.id)
            .where(
                Notice.clock_id == clock_id,
                Notice.breach_no == breach_no,
                Notice.threshold == threshold,
            )
            .order_by(Person.id)
        )
    ).all()


async def owed(session: AsyncSession, now: datetime, limit: int) -> Sequence[tuple[Notice, str]]:
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
