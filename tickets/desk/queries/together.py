"""The tickets that were chosen on the board, as the page shows them that acts on all at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, any_, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Text

from tickets.project.models import Project
from tickets.staff.models import HeldRole, Person
from tickets.staff.rules import Role, Who
from tickets.ticket.models import Ticket
from tickets.ticket.queries import visible
from tickets.ticket.rules import survives_first


@dataclass(frozen=True)
class Chosen:
    id: int
    ref: str
    severity: str
    status: str
    is_open: bool
    reported_at: datetime
    description: str
    place: str | None
    project_id: int
    group_id: int | None
    project_code: str
    project_name: str
    timezone: str
    technician: str | None


_CHOSEN = (
    select(
        Ticket.id,
        Ticket.ref,
        Ticket.severity,
        Ticket.status,
        Ticket.is_open,
        Ticket.reported_at,
        func.left(Ticket.description, 160),
        Ticket.place,
        Project.id,
        Project.group_id,
        Project.code,
        Project.name,
        Project.timezone,
        Person.name,
    )
    .join(Project, Project.id == Ticket.project_id)
    .outerjoin(Person, Person.id == Ticket.technician_id)
    .where(Ticket.ref == any_(bindparam("refs", type_=ARRAY(Text()))))
)


async def chosen(session: AsyncSession, who: Who, refs: Sequence[str]) -> list[Chosen]:
    """Those one may see, the one that would survive a merging first; one statement."""
    asked = _CHOSEN.where(visible(who))
    rows: Sequence[Sequence[Any]] = (await session.execute(asked, {"refs": list(refs)})).all()
    return sorted((Chosen(*row) for row in rows), key=survives_first)


async def technicians(session: AsyncSession, rows: Sequence[Chosen]) -> list[tuple[int, str]]:
    """Who may be given at least one of them; one statement."""
    groups = {row.group_id for row in rows if row.group_id is not None}
    here = or_(
        and_(HeldRole.project_id.is_(None), HeldRole.group_id.is_(None)),
        HeldRole.project_id.in_({row.project_id for row in rows}),
        HeldRole.group_id.in_(groups),
    )
    held = select(HeldRole.person_id).where(HeldRole.role == Role.TECHNICIAN, here)
    asked = (
        select(Person.id, Person.name)
        .where(Person.id.in_(held), Person.retired_at.is_(None))
        .order_by(Person.name, Person.id)
        .limit(500)
    )
    return [(id_, name) for id_, name in await session.execute(asked)]
