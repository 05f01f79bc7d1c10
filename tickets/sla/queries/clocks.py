"""Clocks: of a ticket, of a page of tickets, and those that have just broken."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Boolean, bindparam, column, select, table
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.sla.models import Act, Clock, Pause, SeverityChange
from tickets.sla.rules import PROMISE_ORDER

_ORDER = {promise.value: place for place, promise in enumerate(PROMISE_ORDER)}


def in_order(clocks: Sequence[Clock]) -> list[Clock]:
    return sorted(clocks, key=lambda c: (c.cycle, c.generation, _ORDER[c.promise]))


# Built once: every ticket that is shown asks them.
_CLOCKS = select(Clock).where(Clock.ticket_id.in_(bindparam("ticket_ids", expanding=True)))
_ACTS = select(Act).where(Act.ticket_id == bindparam("ticket_id")).order_by(Act.at, Act.id)


async def clocks_of(
    session: AsyncSession, ticket_ids: Sequence[int]
) -> Mapping[int, Sequence[Clock]]:
    """All clocks of some tickets, every cycle, in speaking order; one statement."""
    found: dict[int, list[Clock]] = defaultdict(list)
    if ticket_ids:
        for clock in await session.scalars(_CLOCKS, {"ticket_ids": ticket_ids}):
            found[clock.ticket_id].append(clock)
    return {ticket_id: in_order(clocks) for ticket_id, clocks in found.items()}


async def all_clocks(
    session: AsyncSession, ticket_id: int, *, lock: bool = False
) -> Sequence[Clock]:
    """Every clock of a ticket. Locked, they are read afresh: a sweep may just have been there."""
    asked = select(Clock).where(Clock.ticket_id == ticket_id).order_by(Clock.id)
    if lock:
        asked = asked.with_for_update().execution_options(populate_existing=True)
    return (await session.scalars(asked)).all()


async def locked_of_many(session: AsyncSession, ticket_ids: Sequence[int]) -> Sequence[Clock]:
    """Every clock of some tickets, locked and read afresh; one statement."""
    asked = select(Clock).where(Clock.ticket_id.in_(ticket_ids)).order_by(Clock.id)
    asked = asked.with_for_update().execution_options(populate_existing=True)
    return (await session.scalars(asked)).all()


async def locked(session: AsyncSession, ticket_id: int, cycle: int) -> Sequence[Clock]:
    """The living clocks of a cycle, locked."""
    return in_order(
        [
            clock
            for clock in await all_clocks(session, ticket_id, lock=True)
            if clock.cycle == cycle and clock.closed_as != "superseded"
        ]
    )


async def acts_of_family(session: AsyncSession, ticket_ids: Sequence[int]) -> Sequence[Act]:
    """What was done about a ticket and the duplicates merged into it, in the order it happened."""
    return (
        await session.scalars(
            select(Act).where(Act.ticket_id.in_(ticket_ids)).order_by(Act.at, Act.id)
        )
    ).all()


async def pauses_of_family(
    session: AsyncSession, ticket_ids: Sequence[int], *, rejected: bool = False
) -> Sequence[Pause]:
    """Pauses of a ticket and its duplicates by their beginning; rejected ones only if asked for."""
    asked = select(Pause).where(Pause.ticket_id.in_(ticket_ids))
    if not rejected:
        asked = asked.where(Pause.rejected_at.is_(None))
    return (await session.scalars(asked.order_by(Pause.from_at, Pause.id))).all()


async def changes_of(session: AsyncSession, ticket_id: int) -> Sequence[SeverityChange]:
    """The changes of severity, oldest first; those undone by a split too."""
    return (
        await session.scalars(
            select(SeverityChange)
            .where(SeverityChange.ticket_id == ticket_id)
            .order_by(SeverityChange.at, SeverityChange.generation)
        )
    ).all()


async def acts_of(session: AsyncSession, ticket_id: int, cycle: int | None = None) -> list[Act]:
    """What was done, in the order it happened."""
    asked = _ACTS if cycle is None else _ACTS.where(Act.cycle == cycle)
    return list(await session.scalars(asked, {"ticket_id": ticket_id}))


# The earliest instants that a sweep waits for: the first entries of its two indexes. Asked for
# whether there is *any* past one, the planner expects many and reads the table.
_NEXT_DUE = (
    select(Clock.due_at)
    .where(
        Clock.met_at.is_(None),
        Clock.closed_as.is_(None),
        Clock.breached_at.is_(None),
        Clock.due_at.is_not(None),
    )
    .order_by(Clock.due_at)
    .limit(1)
)
_NEXT_START = (
    select(Clock.starts_by)
    .where(
        Clock.started_at.is_(None),
        Clock.met_at.is_(None),
        Clock.closed_as.is_(None),
        Clock.starts_by.is_not(None),
    )
    .order_by(Clock.starts_by)
    .limit(1)
)
_NEXT = select(_NEXT_DUE.scalar_subquery(), _NEXT_START.scalar_subquery())


async def is_anything_due(session: AsyncSession, now: datetime) -> bool:
    """Is there a promise that time has broken, or a clock that has started by itself?"""
    due_at, starts_by = (await session.execute(_NEXT)).one()
    return (due_at is not None and due_at < now) or (starts_by is not None and starts_by <= now)


async def overdue(session: AsyncSession, now: datetime, limit: int) -> Sequence[Clock]:
    """Clocks past due that nobody has noticed yet; locked, so two sweeps never take the same."""
    return (
        await session.scalars(
            select(Clock)
            .where(
                Clock.met_at.is_(None),
                Clock.closed_as.is_(None),
                Clock.breached_at.is_(None),
                Clock.due_at < now,
            )
            .order_by(Clock.due_at)
            .limit(limit)
            # No key is changed: a notice just written about a clock does not hide it from us.
            .with_for_update(skip_locked=True, key_share=True)
        )
    ).all()


async def unstarted(session: AsyncSession, now: datetime, limit: int) -> Sequence[Clock]:
    """Repair clocks that waited for an arrival until the arrival's due instant."""
    return (
        await session.scalars(
            select(Clock)
            .where(
                Clock.started_at.is_(None),
                Clock.met_at.is_(None),
                Clock.closed_as.is_(None),
                Clock.starts_by <= now,
            )
            .order_by(Clock.starts_by)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    ).all()


_NEXT_WARNING = (
    select(Clock.warn_at).where(Clock.warn_at.is_not(None)).order_by(Clock.warn_at).limit(1)
)


async def is_anything_to_warn(session: AsyncSession, now: datetime) -> bool:
    warn_at = await session.scalar(_NEXT_WARNING)
    return warn_at is not None and warn_at <= now


async def to_warn(session: AsyncSession, now: datetime, limit: int) -> Sequence[Clock]:
    """Clocks of which a threshold has passed; locked, so two sweeps never take the same."""
    return (
        await session.scalars(
            select(Clock)
            .where(Clock.warn_at <= now)
            .order_by(Clock.warn_at)
            .limit(limit)
            .with_for_update(skip_locked=True, key_share=True)
        )
    ).all()


# The room above, by its table alone: what a sweep finds names its project too, and what has
# ended is not brought to mind.
_TICKET = table("ticket", column("id"), column("project_id"), column("is_open", Boolean))


async def projects_of(
    session: AsyncSession, ticket_ids: Sequence[int], *, only_open: bool = False
) -> Mapping[int, int]:
    """Whose tickets these are; one statement."""
    asked = select(_TICKET.c.id, _TICKET.c.project_id).where(_TICKET.c.id.in_(set(ticket_ids)))
    if only_open:
        asked = asked.where(_TICKET.c.is_open)
    rows = await session.execute(asked)
    return {ticket_id: project_id for ticket_id, project_id in rows}
