"""Reactions of the worker: whom a breach, its withdrawal, a danger or a debt is told to.

They only write notices; `workers/post.py` renders and sends them. Each may run late or twice:
the unique keys of `notice` make that one message per person.
"""

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import Event
from tickets.notice import actions as notices
from tickets.notice import queries as told
from tickets.sla.models import Clock
from tickets.staff.rules import Role
from tickets.ticket.actions.tell.about import about, leads_of, technician_of


async def tell_of_breach(session: AsyncSession, event: Event) -> None:
    """A broken promise is told to the managers, and to him whose ticket it is."""
    ticket, project, facts = await about(session, event)
    clock = await session.get(Clock, event.facts["clock_id"])
    if clock is None or clock.breached_at is None or clock.breach_no != event.facts["breach_no"]:
        return  # withdrawn before anybody was told: there is nothing to tell
    people = await leads_of(session, project, Role.HOTLINE_LEAD)
    await notices.write(
        session,
        event,
        to=[*people, *await technician_of(session, ticket)],
        threshold="breach",
        clock_id=clock.id,
        breach_no=clock.breach_no,
        facts=facts
        | {
            "promise": clock.promise,
            "due_at": event.facts["due_at"],
            "late_by": (event.recorded_at - event.happened_at).total_seconds(),
        },
    )


async def tell_of_withdrawal(session: AsyncSession, event: Event) -> None:
    """Those told of the breach are told that it did not happen, and nobody else."""
    if event.facts.get("moved"):
        return  # it was not kept: the breach that took its place is told
    _, _, facts = await about(session, event)
    people = await told.people_told(
        session, event.facts["clock_id"], event.facts["breach_no"], "breach"
    )
    await notices.write(
        session,
        event,
        to=people,
        threshold="withdrawn",
        clock_id=event.facts["clock_id"],
        breach_no=event.facts["breach_no"],
        facts=facts
        | {
            "promise": event.facts["promise"],
            "due_at": event.facts["due_at"],
            "met_at": event.facts["met_at"],
        },
    )


async def tell_of_danger(session: AsyncSession, event: Event) -> None:
    """An S1 is told at once to everybody who could act on it."""
    if event.facts["severity"] != "S1":
        return
    ticket, project, facts = await about(session, event)
    people = await leads_of(session, project, Role.TECHNICIAN, Role.HOTLINE_LEAD)
    await notices.write(session, event, to=people, facts=facts | {"severity": ticket.severity})


async def tell_of_assignment(session: AsyncSession, event: Event) -> None:
    ticket, _, facts = await about(session, event)
    if ticket.technician_id != event.facts["technician_id"]:
        return  # given to somebody else meanwhile
    people = [p for p in await technician_of(session, ticket) if p.id != event.by_id]
    await notices.write(session, event, to=people, facts=facts)


async def tell_of_debt(session: AsyncSession, event: Event) -> None:
    """A substitution is owed: the managers decide, the technician may hand it over."""
    ticket, project, facts = await about(session, event)
    people = await leads_of(session, project)
    await notices.write(
        session,
        event,
        to=[*people, *await technician_of(session, ticket)],
        facts=facts | {"due_at": event.happened_at.isoformat()},
    )
