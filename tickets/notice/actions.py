"""Owing somebody a message, and reading it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import Event
from tickets.notice.models import Notice
from tickets.staff.models import Person
from tickets.staff.rules import Who


async def write(
    session: AsyncSession,
    event: Event,
    *,
    to: Iterable[Person],
    facts: dict[str, Any],
    threshold: str | None = None,
    clock_id: int | None = None,
    breach_no: int | None = None,
) -> None:
    """One notice per person; what was owed already is not owed again (the keys say what counts)."""
    rows = [
        {
            "event_id": event.id,
            "person_id": person_id,
            "ticket_id": event.ticket_id,
            "clock_id": clock_id,
            "breach_no": breach_no,
            "threshold": threshold,
            "template": event.kind,
            "facts": facts,
        }
        for person_id in dict.fromkeys(person.id for person in to)
    ]
    if rows:
        await session.execute(insert(Notice).values(rows).on_conflict_do_nothing())


async def read(session: AsyncSession, notice: Notice, now: datetime) -> None:
    """The first reading counts."""
    notice.read_at = notice.read_at or now


async def read_upto(session: AsyncSession, who: Who, newest: int, now: datetime) -> None:
    await session.execute(
        update(Notice)
        .where(
            Notice.person_id == who.id,
            Notice.read_at.is_(None),
            Notice.sent_at.is_not(None),
            Notice.id <= newest,
        )
        .values(read_at=now)
    )
