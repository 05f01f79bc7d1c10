"""Pauses that wait for a manager's word, with the breaches they would lift (rules.md §3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from tickets.project.models import Project
from tickets.report.queries.waiting.part import Part, living, of, part
from tickets.sla.models import Clock, Pause
from tickets.staff.models import Person
from tickets.staff.rules import Verb, Who
from tickets.ticket.models import Ticket, TicketPhoto
from tickets.ticket.queries import visible


@dataclass(frozen=True)
class WaitingPause:
    """`lifts`: the promises it would lift, each with the instant at which it was broken."""

    id: int
    received_at: datetime
    ref: str
    survivor: str | None  # the clocks are those of the ticket this one was merged into
    place: str | None
    project_code: str
    project_name: str
    timezone: str
    reason: str
    evidence: str
    photos: int
    from_at: datetime
    to_at: datetime | None
    entered_at: datetime
    by: str | None
    lifts: Sequence[tuple[str, datetime]]


_WAITS = (~Pause.counts, Pause.rejected_at.is_(None))


async def pauses(
    session: AsyncSession, who: Who, *, project: str | None, limit: int, cursor: str | None = None
) -> Part[WaitingPause]:
    """Oldest first; one statement."""
    alive = living(select(Pause.ticket_id).where(*_WAITS))
    top = aliased(Ticket)
    lifted = (
        select(func.json_agg(func.json_build_array(Clock.promise, Clock.due_at)))
        .where(
            Clock.ticket_id == top.id,
            Clock.promise.in_(("arrival", "repair")),
            Clock.closed_as.is_(None),
            Clock.due_at > Pause.from_at,
            Clock.due_at < Pause.entered_at,
            or_(Clock.met_at.is_(None), Clock.met_at > Clock.due_at),
        )
        .correlate(top, Pause)
        .scalar_subquery()
    )
    photos = (
        select(func.count())
        .where(
            TicketPhoto.ticket_id == Pause.ticket_id,
            TicketPhoto.act == func.concat("pause_", Pause.id),
        )
        .correlate(Pause)
        .scalar_subquery()
    )
    asked = (
        select(
            Pause.id,
            Pause.received_at,
            Ticket.ref,
            case((top.id != Ticket.id, top.ref)),
            Ticket.place,
            Project.code,
            Project.name,
            Project.timezone,
            Pause.reason,
            Pause.evidence,
            photos,
            Pause.from_at,
            Pause.to_at,
            Pause.entered_at,
            Person.name,
            lifted,
        )
        .join(Ticket, Ticket.id == Pause.ticket_id)
        .join(Project, Project.id == Ticket.project_id)
        .join(alive, (alive.c.own_id == Ticket.id) & alive.c.into.is_(None))
        .join(top, top.id == alive.c.id)
        .outerjoin(Person, Person.id == Pause.by_id)
        .where(*_WAITS, visible(who, Verb.PAUSE_REVIEW), *of(project))
        .order_by(Pause.received_at, Pause.id)
    )
    key = tuple_(Pause.received_at, Pause.id)
    rows, count, following = await part(session, asked, key, limit, cursor)
    return Part([_waiting(list(row)) for row in rows], count, following)


def _waiting(cells: list[Any]) -> WaitingPause:
    kept: list[Any] = [*cells[:-1], _broken(cells[-1])]
    return WaitingPause(*kept)


def _broken(told: Any) -> list[tuple[str, datetime]]:
    return [(promise, datetime.fromisoformat(at)) for promise, at in told or ()]
