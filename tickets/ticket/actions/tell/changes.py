"""Whom a rise to danger, a recurrence, a pause or a repair that did not last is told to."""

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import Event
from tickets.notice import actions as notices
from tickets.sla.models import Act, Pause
from tickets.sla.rules import Promise
from tickets.staff.models import Person
from tickets.ticket.actions.tell.about import about, leads_of, technician_of
from tickets.ticket.actions.tell.ladder import call_out_anew, clock_of


async def tell_of_rise(session: AsyncSession, event: Event) -> None:
    """A rise to S1 is told at once, as a danger that is reported."""
    if event.facts["after"] != "S1":
        return
    ticket, project, facts = await about(session, event)
    clock = await clock_of(session, ticket, Promise.RESPONSE, Promise.MAKE_SAFE)
    if ticket.is_open and clock is not None:
        facts |= {
            "reason": event.facts["reason"],
            "due_at": clock.due_at.isoformat() if clock.due_at else None,
        }
        await call_out_anew(session, event, ticket, project, clock, facts)


async def tell_of_recurrence(session: AsyncSession, event: Event) -> None:
    """The same fault again: called out as a new one, and the managers are told."""
    ticket, project, facts = await about(session, event)
    facts |= {"reason": event.facts["reason"]}
    clock = await clock_of(session, ticket, Promise.RESPONSE)
    if ticket.is_open and clock is not None:
        await call_out_anew(session, event, ticket, project, clock, facts)
    people = [*await technician_of(session, ticket), *await leads_of(session, project)]
    await notices.write(session, event, to=people, facts=facts, reach="push")


async def tell_of_waiting_pause(session: AsyncSession, event: Event) -> None:
    """Entered after a breach that it would lift: a manager decides."""
    pause = await session.get(Pause, event.facts["pause_id"], populate_existing=True)
    if pause is None or pause.counts or pause.rejected_at or pause.accepted_at:
        return
    _, project, facts = await about(session, event)
    people = await leads_of(session, project)
    told = {name: event.facts[name] for name in ("reason", "from_at", "to_at")}
    await notices.write(session, event, to=people, facts=facts | told, reach="push")


async def tell_of_rejected_pause(session: AsyncSession, event: Event) -> None:
    """Whoever entered it, and whose ticket it is: the time counts after all."""
    pause = await session.get_one(Pause, event.facts["pause_id"])
    ticket, _, facts = await about(session, event)
    entered = await session.get(Person, pause.by_id) if pause.by_id else None
    people = [*([entered] if entered else []), *await technician_of(session, ticket)]
    told = {name: event.facts[name] for name in ("reason", "note", "from_at", "to_at")}
    await notices.write(
        session,
        event,
        to=[p for p in people if p.id != event.by_id],
        facts=facts | told,
        reach="push",
    )


async def tell_of_repair(session: AsyncSession, event: Event) -> None:
    """A temporary repair is at its end, or nobody looked: who did it, whose it is, the managers."""
    ticket, project, facts = await about(session, event)
    act = await session.get_one(Act, event.facts["act_id"])
    repaired = await session.get(Person, act.by_id) if act.by_id else None
    people = [
        *([repaired] if repaired and repaired.retired_at is None else []),
        *await technician_of(session, ticket),
        *await leads_of(session, project),
    ]
    told = {"expires_on": event.facts["expires_on"], "repaired_at": act.at.isoformat()}
    await notices.write(session, event, to=people, facts=facts | told, reach="push")
