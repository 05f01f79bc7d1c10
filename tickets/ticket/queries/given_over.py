"""What of somebody's work would go to whom if he were away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.project.models import Project
from tickets.rota import queries as rota
from tickets.rota.models import ServiceGroup
from tickets.staff.models import Person
from tickets.ticket.models import Ticket
from tickets.ticket.rules import Status

# Not repaired yet: somebody has to go there.
UNREPAIRED = (Status.OPEN.value, Status.ANSWERED.value, Status.ON_SITE.value)


@dataclass(frozen=True)
class HandOver:
    """`group` is None for projects without one; `to` None: they stay with him."""

    group: str | None
    tickets: int
    to: Person | None


async def hand_overs(session: AsyncSession, person_id: int, at: datetime) -> Sequence[HandOver]:
    """His open, unrepaired tickets by group, and who of it is on duty at `at`."""
    rows = await session.execute(
        select(Project.group_id, ServiceGroup.name, func.count())
        .select_from(Ticket)
        .join(Project, Project.id == Ticket.project_id)
        .outerjoin(ServiceGroup, ServiceGroup.id == Project.group_id)
        .where(Ticket.technician_id == person_id, Ticket.is_open, Ticket.status.in_(UNREPAIRED))
        .group_by(Project.group_id, ServiceGroup.name)
        .order_by(ServiceGroup.name)
    )
    found: list[HandOver] = []
    for group_id, name, count in rows.all():
        person = await rota.on_duty(session, group_id, at)
        if person is not None and person.id == person_id:  # his duty goes to the next
            person = await rota.next_on_duty(session, group_id, at, [person_id])
        found.append(HandOver(name, count, person))
    return found
