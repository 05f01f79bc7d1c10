"""Reactions of the worker: whom a ticket, a warning, a breach, its withdrawal, a debt is told to.

They only write notices; `workers/post.py` renders and sends them. Each may run late or twice:
the unique keys of `notice` make that one message per person.
"""

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import Event
from tickets.notice import actions as notices
from tickets.notice import queries as told
from tickets.sla.models import Clock
from tickets.sla.rules import Promise, is_breach
from tickets.staff import queries as staff
from tickets.staff.rules import Role
from tickets.ticket.actions.tell.about import about, leads_of, technician_of
from tickets.ticket.actions.tell.ladder import call_out, call_out_anew, clock_of, whose_it_is
from tickets.ticket.rules import climbs, next_morning


async def tell_of_opening(session: AsyncSession, event: Event) -> None:
    """Whoever is on duty hears of every ticket; of a danger too, and he must say so."""
    ticket, project, facts = await about(session, event)
    clock = await clock_of(session, ticket, Promise.RESPONSE)
    if not ticket.is_open or clock is None or clock.is_imported:
        return
    facts |= {"due_at": clock.due_at.isoformat() if clock.due_at else None}
    await call_out_anew(session, event, ticket, project, clock, facts)


async def tell_of_warning(session: AsyncSession, event: Event) -> None:
    """Minutes and hours that run out are called out; of days, the morning's list tells."""
    ticket, project, facts = await about(session, event)
    clock = await session.get(Clock, event.facts["clock_id"], populate_existing=True)
    threshold, breach_no = event.facts["threshold"], event.facts["breach_no"]
    if clock is None or not ticket.is_open or not _holds_still(clock, threshold, breach_no):
        return  # kept, paused, withdrawn or ended before anybody was told
    facts |= {
        "promise": clock.promise,
        "threshold": threshold,
        "due_at": event.facts["due_at"],
        "late": event.facts.get("late", False),
    }
    if climbs(clock.promise, clock.target, threshold):
        await call_out(
            session,
            event,
            ticket,
            project,
            clock,
            threshold=threshold,
            breach_no=breach_no,
            falls_at=event.happened_at,
            facts=facts,
        )
        return
    leads = await staff.in_role(
        session, Role.HOTLINE_LEAD, project_id=project.id, group_id=project.group_id
    )
    await notices.write(
        session,
        event,
        to=[*await whose_it_is(session, ticket, project, event.recorded_at), *leads],
        threshold=threshold,
        clock_id=clock.id,
        breach_no=breach_no,
        facts=facts,
        reach="list",
        not_before=next_morning(event.recorded_at, project.timezone),
    )


def _holds_still(clock: Clock, threshold: str, breach_no: int) -> bool:
    if clock.met_at is not None or clock.closed_as is not None or clock.paused_since is not None:
        return False
    if is_breach(threshold):
        return clock.breached_at is None or clock.breach_no == breach_no
    return clock.breached_at is None


async def tell_of_breach(session: AsyncSession, event: Event) -> None:
    """A broken promise is told to the managers, and to him whose ticket it is."""
    ticket, project, facts = await about(session, event)
    clock = await session.get(Clock, event.facts["clock_id"], populate_existing=True)
    if clock is None or clock.breached_at is None or clock.breach_no != event.facts["breach_no"]:
        return  # withdrawn before anybody was told: there is nothing to tell
    late_by = event.recorded_at - event.happened_at
    if clock.warn_at is not None and late_by >= clock.remind_every:
        return  # noticed a day late: the reminder of that day says it, the highest threshold
    await call_out(
        session,
        event,
        ticket,
        project,
        clock,
        threshold="breach",
        breach_no=clock.breach_no,
        falls_at=event.happened_at,
        facts=facts
        | {
            "promise": clock.promise,
            "due_at": event.facts["due_at"],
            "late_by": late_by.total_seconds(),
        },
    )


async def tell_of_withdrawal(session: AsyncSession, event: Event) -> None:
    """Those told of the breach are told that it did not happen, and nobody else."""
    if event.facts.get("moved"):
        return  # it was not kept: the breach that took its place is told
    _, _, facts = await about(session, event)
    people = await told.people_told(session, event.facts["clock_id"], event.facts["breach_no"])
    await notices.write(
        session,
        event,
        to=people,
        threshold="withdrawn",
        clock_id=event.facts["clock_id"],
        breach_no=event.facts["breach_no"],
        reach="push",
        falls_at=event.recorded_at,
        facts=facts
        | {
            "promise": event.facts["promise"],
            "due_at": event.facts["due_at"],
            "met_at": event.facts["met_at"],
        },
    )


async def tell_of_assignment(session: AsyncSession, event: Event) -> None:
    ticket, _, facts = await about(session, event)
    if ticket.technician_id != event.facts["technician_id"]:
        return  # given to somebody else meanwhile
    people = [p for p in await technician_of(session, ticket) if p.id != event.by_id]
    await notices.write(
        session,
        event,
        to=people,
        facts=facts,
        reach="urgent" if ticket.severity == "S1" else "push",
        falls_at=event.recorded_at,
    )


async def tell_of_debt(session: AsyncSession, event: Event) -> None:
    """A substitution is owed: the managers decide, the technician may hand it over."""
    ticket, project, facts = await about(session, event)
    people = await leads_of(session, project)
    await notices.write(
        session,
        event,
        to=[*people, *await technician_of(session, ticket)],
        reach="push",
        falls_at=event.happened_at,
        facts=facts | {"due_at": event.happened_at.isoformat()},
    )
