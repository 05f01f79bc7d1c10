"""What every message says and whom it may be for: ticket, place, link, no caller's number."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import Event
from tickets.project.models import Project
from tickets.staff import queries as staff
from tickets.staff.models import Person
from tickets.staff.rules import Role
from tickets.ticket import queries
from tickets.ticket.models import Ticket

LEADS = (Role.MANAGER, Role.ADMIN)


async def leads_of(session: AsyncSession, project: Project, *others: Role) -> Iterable[Person]:
    """The managers of a project, and who else of these roles."""
    return await staff.in_role(
        session, *others, *LEADS, project_id=project.id, group_id=project.group_id
    )


async def technician_of(session: AsyncSession, ticket: Ticket) -> Iterable[Person]:
    if ticket.technician_id is None:
        return []
    return await session.scalars(
        select(Person).where(Person.id == ticket.technician_id, Person.retired_at.is_(None))
    )


async def about(session: AsyncSession, event: Event) -> tuple[Ticket, Project, dict[str, Any]]:
    """What every message says: ticket, place, who must answer, link; no caller's number."""
    assert event.ticket_id is not None
    ticket = await session.get_one(Ticket, event.ticket_id, populate_existing=True)
    return await about_ticket(session, ticket)


async def about_ticket(
    session: AsyncSession, ticket: Ticket
) -> tuple[Ticket, Project, dict[str, Any]]:
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
