"""Handing over a shift, and taking it over."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.refusals import Refused
from tickets.shift import queries, rules
from tickets.shift.models import Handover, Takeover
from tickets.shift.queries import Sheet
from tickets.staff.rules import Verb, Who

_ONE_AT_A_TIME = 0x48_4F  # numbers have no gaps: two who hand over at once wait for each other


async def hand_over(
    session: AsyncSession,
    who: Who,
    sheet: dict[str, Any],
    *,
    since_at: datetime | None,
    now: datetime,
    key: UUID | None = None,
) -> int:
    """交班. The sheet is kept as it is and never changed; gives its number. The same `key` again
    is the same sheet."""
    await session.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
    if key is not None:
        known = await session.scalar(select(Handover.number).where(Handover.key == key))
        if known is not None:
            return int(known)
    number = 1 + int(await session.scalar(select(func.max(Handover.number))) or 0)
    scope = who.scope(Verb.SHIFT_HAND_OVER)
    session.add(
        Handover(
            number=number,
            since_at=since_at,
            at=now,
            by_id=who.id,
            is_everywhere=scope.everywhere,
            projects=sorted(scope.projects),
            groups=sorted(scope.groups),
            sheet=sheet,
            key=key,
        )
    )
    record(session, "shift.handed_over", at=now, by_id=who.id, number=number)
    await session.flush()
    return number


async def take_over(session: AsyncSession, who: Who, number: int, *, now: datetime) -> Sheet:
    """接班. Only somebody else signs, and only one: the key of the row decides between two."""
    sheet = await queries.one(session, who, number)
    rules.check_taker(sheet.by_id, who.id)
    signed = await session.scalar(
        insert(Takeover)
        .values(handover_id=sheet.id, at=now, by_id=who.id)
        .on_conflict_do_nothing()
        .returning(Takeover.handover_id)
    )
    if signed is None:
        raise Refused("Somebody has taken over this shift already.")
    record(session, "shift.taken_over", at=now, by_id=who.id, number=number)
    await session.flush()
    return await queries.one(session, who, number)
