"""A promise is broken, or turns out not to have been: the diary hears it (rules.md §2)."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.sla import queries, rules
from tickets.sla.actions.warn import set_warning
from tickets.sla.models import Clock
from tickets.sla.rules import ClockState


def notice_change(
    session: AsyncSession,
    clock: Clock,
    project_id: int,
    now: datetime,
    by_id: int | None,
    *,
    goes_on_elsewhere: bool = False,
) -> None:
    """A breach is dated at the due instant, whenever noticed; only true news withdraws it.

    `goes_on_elsewhere`: the same breach stands on the ticket this one was merged into.
    """
    is_late = rules.state(clock, now) is ClockState.LATE
    if is_late and clock.breached_at is None:
        note_breach(session, clock, project_id)
    elif clock.breached_at is not None and not (is_late and clock.breached_at == clock.due_at):
        record(
            session,
            "clock.breach_withdrawn",
            at=now,
            ticket_id=clock.ticket_id,
            project_id=project_id,
            by_id=by_id,
            clock_id=clock.id,
            promise=clock.promise,
            cycle=clock.cycle,
            breach_no=clock.breach_no,
            breached_at=clock.breached_at.isoformat(),
            due_at=clock.due_at.isoformat() if clock.due_at else None,
            met_at=clock.met_at.isoformat() if clock.met_at else None,
            **({"moved": True} if is_late or goes_on_elsewhere else {}),
        )
        clock.breached_at = None
        clock.warned = 0
        if is_late:
            # News has moved the due instant: the breach that was noted did not happen then, but
            # another one did.
            note_breach(session, clock, project_id)


def note_breach(session: AsyncSession, clock: Clock, project_id: int) -> None:
    """When it is brought to mind the caller writes down: he knows whether it is needed."""
    assert clock.due_at is not None
    clock.breached_at = clock.due_at
    clock.breach_no += 1
    clock.warned = max(clock.warned, 2)
    told = {"imported": True} if clock.is_imported else {}
    record(
        session,
        "clock.breached",
        at=clock.due_at,
        ticket_id=clock.ticket_id,
        project_id=project_id,
        clock_id=clock.id,
        promise=clock.promise,
        cycle=clock.cycle,
        breach_no=clock.breach_no,
        due_at=clock.due_at.isoformat(),
        **told,
    )


async def breach_overdue(session: AsyncSession, now: datetime, limit: int = 500) -> int:
    """The sweep: what became true because time passed. Returns how many it found."""
    waiting = await queries.unstarted(session, now, limit)
    for clock in waiting:
        clock.due_at = rules.due_of(clock, now)
        clock.started_at = clock.starts_by
        set_warning(clock)
    clocks = await queries.overdue(session, now, limit)
    projects = await queries.projects_of(session, [clock.ticket_id for clock in clocks])
    for clock in clocks:
        note_breach(session, clock, projects[clock.ticket_id])
        set_warning(clock)  # needed still: what is not was closed, or found late by its judging
    return len(clocks) + len(waiting)
