"""Sheets that were handed over: the last, one, a page; what one may not see is not there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from tickets.refusals import Missing
from tickets.shift.models import Handover, Takeover
from tickets.staff.models import Person
from tickets.staff.rules import Verb, Who

PAGE = 50


@dataclass(frozen=True)
class Sheet:
    """A sheet and who signed for it. `sheet` is the JSON as it was handed over."""

    id: int
    number: int
    since_at: datetime | None
    at: datetime
    by_id: int
    by: str
    taken_over_at: datetime | None
    taken_over_by: str | None
    sheet: dict[str, Any]


def _seen(who: Who) -> ColumnElement[bool]:
    """Those whose author saw no more than one sees oneself, and one's own."""
    scope = who.scope(Verb.SHIFT_HAND_OVER)
    if scope.everywhere:
        return Handover.id.is_not(None)
    within = (
        Handover.is_everywhere.is_(False)
        & Handover.projects.contained_by(sorted(scope.projects))
        & Handover.groups.contained_by(sorted(scope.groups))
    )
    return or_(Handover.by_id == who.id, within)


def _asked(who: Who, sheet: SQLColumnExpression[Any]) -> Select[Any]:
    taker = aliased(Person)
    return (
        select(
            Handover.id,
            Handover.number,
            Handover.since_at,
            Handover.at,
            Handover.by_id,
            Person.name,
            Takeover.at,
            taker.name,
            sheet,
        )
        .join(Person, Person.id == Handover.by_id)
        .outerjoin(Takeover, Takeover.handover_id == Handover.id)
        .outerjoin(taker, taker.id == Takeover.by_id)
        .where(_seen(who))
    )


async def page(
    session: AsyncSession, who: Who, *, before: int | None = None, limit: int = PAGE
) -> tuple[Sequence[Sheet], int | None]:
    """Newest first, and the number of the next page; one statement. Of each sheet its counts
    alone: a sheet is long."""
    counts = func.jsonb_build_object("counts", Handover.sheet["counts"])
    asked = _asked(who, counts).order_by(Handover.number.desc()).limit(limit + 1)
    if before is not None:
        asked = asked.where(Handover.number < before)
    found: Sequence[Sequence[Any]] = (await session.execute(asked)).all()
    sheets = [Sheet(*row) for row in found]
    return sheets[:limit], sheets[limit - 1].number if len(sheets) > limit else None


async def one(session: AsyncSession, who: Who, number: int) -> Sheet:
    found: Sequence[Any] | None = None
    if 0 < number < 2**31:
        found = (
            await session.execute(_asked(who, Handover.sheet).where(Handover.number == number))
        ).first()
    if found is None:
        raise Missing("There is no such sheet.")
    return Sheet(*found)


async def last_at(session: AsyncSession, who: Who) -> datetime | None:
    """When the shift before was handed over: since then the next sheet tells."""
    asked = select(Handover.at).where(_seen(who)).order_by(Handover.number.desc()).limit(1)
    found: datetime | None = await session.scalar(asked)
    return found
