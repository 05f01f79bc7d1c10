"""Calls we promised: those of a ticket, and those whose instant has come."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import Event
from tickets.refusals import Missing
from tickets.ticket.models import CallPromise, Ticket


async def open_calls(session: AsyncSession, *ticket_ids: int) -> Sequence[CallPromise]:
    """Promised and not made, the next first."""
    return (
        await session.scalars(
            select(CallPromise)
            .where(
                CallPromise.ticket_id.in_(ticket_ids),
                CallPromise.kept_at.is_(None),
                CallPromise.lapsed_at.is_(None),
            )
            .order_by(CallPromise.at, CallPromise.id)
        )
    ).all()


async def promise_of(session: AsyncSession, ticket: Ticket, promise_id: int) -> CallPromise:
    found = await session.get(CallPromise, promise_id) if 0 < promise_id < 2**63 else None
    if found is None or found.ticket_id != ticket.id:
        raise Missing("There is no such promise.")
    return found


async def calls_due(
    session: AsyncSession, now: datetime, limit: int
) -> Sequence[tuple[CallPromise, int, bool]]:
    """Those to look at now, locked, so that two sweeps never take the same; with the project,
    and whether the ticket is open."""
    rows = await session.execute(
        select(CallPromise, Ticket.project_id, Ticket.is_open)
        .join(Ticket, Ticket.id == CallPromise.ticket_id)
        .where(CallPromise.watch_at <= now)
        .order_by(CallPromise.watch_at, CallPromise.id)
        .limit(limit)
        .with_for_update(of=CallPromise, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return [(promise, project_id, is_open) for promise, project_id, is_open in rows]


async def reminders_since(session: AsyncSession, ticket_id: int, since: datetime) -> int:
    """How often the owner has urged us about a ticket after an instant."""
    asked = select(func.count()).where(
        Event.ticket_id == ticket_id,
        Event.kind == "ticket.reminded",
        Event.happened_at > since,
    )
    return int(await session.scalar(asked) or 0)
