"""Temporary repairs whose day is over, looks after dark that nobody took (rules.md §2)."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import DateTime, case, cast, func, literal, literal_column, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.project.models import Project
from tickets.report.queries.waiting.part import Part, living, of, part
from tickets.sla.models import Act
from tickets.staff.models import Person
from tickets.staff.rules import Verb, Who
from tickets.ticket.models import Ticket
from tickets.ticket.queries import visible
from tickets.ticket.rules import LOOK_WITHIN, Status


@dataclass(frozen=True)
class Overdue:
    """A temporary repair whose day is over (`expires_on`), or a look after dark nobody took."""

    id: int
    since: datetime
    ref: str
    place: str | None
    project_code: str
    project_name: str
    timezone: str
    technician: str | None
    expires_on: date | None
    repaired_at: datetime


# What the index keeps: few acts, whatever happened to them since.
_WATCHED = or_(Act.expires_on.is_not(None), Act.dark_check == literal_column("'waiting'"))


async def overdue(
    session: AsyncSession,
    who: Who,
    *,
    project: str | None,
    now: datetime,
    limit: int,
    cursor: str | None = None,
) -> Part[Overdue]:
    """What still waits in the present cycle of an open ticket, longest first; one statement."""
    alive = living(select(Act.ticket_id).where(_WATCHED))
    over = func.timezone(Project.timezone, cast(Act.expires_on + 1, DateTime))
    since = case((Act.expires_on.is_not(None), over), else_=Act.at + literal(LOOK_WITHIN))
    asked = (
        select(
            Act.id,
            since,
            Ticket.ref,
            Ticket.place,
            Project.code,
            Project.name,
            Project.timezone,
            Person.name,
            Act.expires_on,
            Act.at,
        )
        .join(alive, (alive.c.own_id == Act.ticket_id) & alive.c.into.is_(None))
        .join(Ticket, Ticket.id == alive.c.id)
        .join(Project, Project.id == Ticket.project_id)
        .outerjoin(Person, Person.id == Ticket.technician_id)
        .where(
            _WATCHED,
            since <= now,
            Ticket.is_open,
            Act.at >= Ticket.reported_at,
            # Repaired for good it is watched no more; a look is owed for that very repair.
            or_(Act.dark_check == "waiting", Ticket.status != Status.REPAIRED),
            visible(who, Verb.BROKEN_SEE),
            *of(project),
        )
        .order_by(since, Act.id)
    )
    key = tuple_(since, Act.id)
    rows, count, following = await part(session, asked, key, limit, cursor)
    return Part([Overdue(*row) for row in rows], count, following)
