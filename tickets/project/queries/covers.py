"""What may be asked about covers: one acceptance, one contract, what ends soon, what was handed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Boolean, Integer, column, func, select, table, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from tickets.project.models import Acceptance, Contract, CoverEnd, ExpiryNotice, Project
from tickets.project.queries.filters import within
from tickets.project.queries.held import Held, held_by, held_of
from tickets.project.rules import Cover, Ends, followed_by, is_seamless
from tickets.refusals import Invalid, Missing
from tickets.staff.rules import Scope


async def acceptance(
    session: AsyncSession, project: Project, acceptance_id: int, *, lock: bool = False
) -> Acceptance:
    """One acceptance of a project the asker was allowed to find."""
    found = None
    if 0 < acceptance_id < 2**31:
        asked = select(Acceptance).where(
            Acceptance.id == acceptance_id, Acceptance.project_id == project.id
        )
        if lock:
            # For two who correct at once: the second waits, then sees the first's version.
            asked = asked.with_for_update().execution_options(populate_existing=True)
        found = await session.scalar(asked)
    if found is None:
        raise Missing("There is no such acceptance.")
    return found


async def contract(
    session: AsyncSession, project: Project, contract_id: int, *, lock: bool = False
) -> Contract:
    """One contract of a project the asker was allowed to find."""
    found = None
    if 0 < contract_id < 2**31:
        asked = select(Contract).where(
            Contract.id == contract_id, Contract.project_id == project.id
        )
        if lock:
            # For two who change at once: the second waits, then sees the first's version.
            asked = asked.with_for_update().execution_options(populate_existing=True)
        found = await session.scalar(asked)
    if found is None:
        raise Missing("There is no such contract.")
    return found


@dataclass(frozen=True)
class WhatEnds:
    """What an end is the end of, and what goes on after it."""

    batch: str | None = None
    number: str | None = None
    amount: str | None = None
    follows: Mapping[str, Any] | None = None  # number, starts_on, ends_on
    is_renewed: bool = False  # a contract that is followed without a gap


async def what_ends(session: AsyncSession, project: Project, end: CoverEnd) -> WhatEnds:
    return _what_ends(await held_of(session, project), end)


def _what_ends(held: Held, end: CoverEnd) -> WhatEnds:
    row = next((a for a in held.acceptances if a.id == end.acceptance_id), None)
    if end.what == Ends.RETENTION:
        amount = row.retention_amount if row else None
        return WhatEnds(
            batch=row.batch if row else None, amount=None if amount is None else f"{amount:,.2f}"
        )
    agreed = next((c for c in held.contracts if c.id == end.contract_id), None)
    cover = next((c for c in held.covers() if _is_of(c, row, agreed, end.asset_kind)), None)
    follower = followed_by(cover, held.contracts) if cover else None
    return WhatEnds(
        batch=row.batch if row else None,
        number=agreed.number if agreed else None,
        follows={
            "number": follower.number,
            "starts_on": follower.starts_on.isoformat(),
            "ends_on": follower.ends_on.isoformat(),
        }
        if follower
        else None,
        is_renewed=bool(agreed and cover and follower and is_seamless(cover, follower)),
    )


def _is_of(
    cover: Cover, row: Acceptance | None, agreed: Contract | None, asset_kind: str | None
) -> bool:
    if agreed is not None:
        return cover.contract is agreed
    return row is not None and (cover.batch, cover.asset_kind) == (row.batch, asset_kind)


@dataclass(frozen=True)
class Ending:
    """A line of the list of covers that end."""

    end: CoverEnd
    project: Project
    about: WhatEnds
    open_tickets: int


@dataclass(frozen=True)
class EndingPage:
    items: Sequence[Ending]
    next: str | None


ENDED_LATELY: Final = timedelta(days=90)
# Tickets are rows of a room above; as a table is named, so may they be counted.
_tickets = table("ticket", column("project_id", Integer), column("is_open", Boolean))


async def endings(
    session: AsyncSession,
    scope: Scope,
    today: date,
    *,
    days: int | None,
    limit: int = 50,
    cursor: str | None = None,
) -> EndingPage:
    """What ends within so many days, the next first; with None what ended lately, the last first.
    Of the projects a scope reaches; four statements whatever their number."""
    place = (CoverEnd.ends_on, CoverEnd.id)
    asked = (
        select(CoverEnd, Project)
        .join(Project, Project.id == CoverEnd.project_id)
        .where(within(scope))
        .options(joinedload(Project.owner))
        .limit(limit + 1)
    )
    if days is None:
        asked = asked.where(CoverEnd.ends_on.between(today - ENDED_LATELY, today - timedelta(1)))
        asked = asked.order_by(*(each.desc() for each in place))
    else:
        asked = asked.where(CoverEnd.ends_on.between(today, today + timedelta(days)))
        asked = asked.order_by(*place)
    if cursor is not None:
        last = _place(cursor)
        asked = asked.where(tuple_(*place) < last if days is None else tuple_(*place) > last)
    found = [(end, project) for end, project in await session.execute(asked)]
    shown = found[:limit]
    ids = list({project.id for _, project in shown})
    held = await held_by(session, ids)
    counts = await _open_tickets(session, ids)
    items = [
        Ending(end, project, _what_ends(held[project.id], end), counts.get(project.id, 0))
        for end, project in shown
    ]
    more = len(found) > limit
    return EndingPage(
        items, f"{shown[-1][0].ends_on.isoformat()}.{shown[-1][0].id}" if more else None
    )


def _place(cursor: str) -> tuple[date, int]:
    on, _, number = cursor.partition(".")
    try:
        last = date.fromisoformat(on), int(number)
    except ValueError:
        raise Invalid("cursor", "This place in the list is not known.") from None
    if not 0 <= last[1] < 2**31:
        raise Invalid("cursor", "This place in the list is not known.")
    return last


async def _open_tickets(session: AsyncSession, project_ids: Sequence[int]) -> dict[int, int]:
    if not project_ids:
        return {}
    rows = await session.execute(
        select(_tickets.c.project_id, func.count())
        .where(_tickets.c.project_id.in_(project_ids), _tickets.c.is_open)
        .group_by(_tickets.c.project_id)
    )
    return {project_id: number for project_id, number in rows}


async def notices_of(session: AsyncSession, project: Project) -> Sequence[ExpiryNotice]:
    """Those handed to the owner, the last first; there are few."""
    return (
        await session.scalars(
            select(ExpiryNotice)
            .where(ExpiryNotice.project_id == project.id)
            .order_by(ExpiryNotice.id.desc())
            .limit(50)
        )
    ).all()


async def handed_notice(session: AsyncSession, project: Project, notice_id: int) -> ExpiryNotice:
    found = None
    if 0 < notice_id < 2**31:
        found = await session.scalar(
            select(ExpiryNotice).where(
                ExpiryNotice.id == notice_id, ExpiryNotice.project_id == project.id
            )
        )
    if found is None:
        raise Missing("There is no such notice.")
    return found
