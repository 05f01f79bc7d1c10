"""Reactions of the worker: whom a breach, its withdrawal, a danger or a debt is told to.

They only write notices; `workers/post.py` renders and sends them. Each may run late or twice:
the unique keys of `notice` make that one message per person.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import Event
from tickets.notice import actions as notices
from tickets.notice import queries as told
from tickets.project.models import Project
from tickets.sla.models import Clock
from tickets.staff import queries as staff
from tickets.staff.models import Person
from tickets.staff.rules import Role
from tickets.ticket import queries
from tickets.ticket.models import Ticket

LEADS = (Role.MANAGER, Role.ADMIN)


async def tell_of_breach(session: AsyncSession, event: Event) -> None:
    """A broken promise is told to the managers, and to him whose ticket it is."""
    ticket, project, facts = await _about(session, event)
    clock = await session.get(Clock, event.facts["clock_id"])
    if clock is None or clock.breached_at is None or clock.breach_no != event.facts["breach_no"]:
        return  # withdrawn before anybody was told: there is nothing to tell
    roles = (*LEADS, Role.HOTLINE_LEAD)
    people = await staff.in_role(session, *roles, project_id=project.id, group_id=project.group_id)
    await notices.write(
        session,
        event,
        to=[*people, *await _technician(session, ticket)],
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
    _, _, facts = await _about(session, event)
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
    ticket, project, facts = await _about(session, event)
    people = await staff.in_role(
        session,
        Role.TECHNICIAN,
        Role.HOTLINE_LEAD,
        *LEADS,
        project_id=project.id,
        group_id=project.group_id,
    )
    await notices.write(session, event, to=people, facts=facts | {"severity": ticket.severity})


async def tell_of_assignment(session: AsyncSession, event: Event) -> None:
    ticket, _, facts = await _about(session, event)
    if ticket.technician_id != event.facts["technician_id"]:
        return  # given to somebody else meanwhile
    people = [p for p in await _technician(session, ticket) if p.id != event.by_id]
    await notices.write(session, event, to=people, facts=facts)


async def tell_of_debt(session: AsyncSession, event: Event) -> None:
    """A substitution is owed: the managers decide, the technician may hand it over."""
    ticket, project, facts = await _about(session, event)
    people = await staff.in_role(session, *LEADS, project_id=project.id, group_id=project.group_id)
    await notices.write(
        session,
        event,
        to=[*people, *await _technician(session, ticket)],
        facts=facts | {"due_at": event.happened_at.isoformat()},
    )


async def _technician(session: AsyncSession, ticket: Ticket) -> Iterable[Person]:
    if ticket.technician_id is None:
        return []
    return await session.scalars(
        select(Person).where(Person.id == ticket.technician_id, Person.retired_at.is_(None))
    )


async def _about(session: AsyncSession, event: Event) -> tuple[Ticket, Project, dict[str, Any]]:
    """What every message says: ticket, place, who must answer, link; no caller's number."""
    assert event.ticket_id is not None
    ticket = await session.get_one(Ticket, event.ticket_id, populate_existing=True)
    project = await session.get_one(Project, ticket.project_id)
    named = (await queries.assets_of(session, [ticket.id])).get(ticket.id, ())
    technician = await session.get(Person, ticket.technician_id) if ticket.technician_id else None
    facts: dict[str, Any] = {
        "ref": ticket.ref,
        "project": project.name,
        "timezone": project.timezone,
        "place": ticket.place or ", ".join(f"{a.code} {a.name}" for a in list(named)[:3]),
        "fault": ticket.fault,
        "severity": ticket.severity,
        "technician": technician.name if technician else None,
        "link": f"/tickets/{ticket.ref}",
    }
    return ticket, project, facts
