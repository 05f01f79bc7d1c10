"""Phones' news that was not believed as dated, or came by a wrong clock (rules.md §6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import literal_column, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import Event
from tickets.project.models import Project
from tickets.report.queries.waiting.part import Part, of, part
from tickets.staff.models import Person
from tickets.staff.rules import Verb, Who
from tickets.ticket.models import Ticket
from tickets.ticket.queries import visible


@dataclass(frozen=True)
class Flagged:
    """An act of a phone with both instants: the one it named and the one that counts."""

    id: int
    kind: str
    ref: str
    place: str | None
    project_code: str
    project_name: str
    timezone: str
    by: str | None
    flags: Sequence[str]
    claimed_at: datetime | None
    happened_at: datetime
    received_at: datetime
    skew: timedelta | None  # positive for a phone whose clock is slow


async def flagged(
    session: AsyncSession,
    who: Who,
    *,
    project: str | None,
    since: datetime,
    limit: int,
    cursor: str | None = None,
) -> Part[Flagged]:
    """What we learnt since then, newest first; one statement."""
    asked = (
        select(
            Event.id,
            Event.recorded_at,
            Event.kind,
            Ticket.ref,
            Ticket.place,
            Project.code,
            Project.name,
            Project.timezone,
            Person.name,
            Event.facts,
            Event.happened_at,
        )
        .join(Ticket, Ticket.id == Event.ticket_id)
        .join(Project, Project.id == Ticket.project_id)
        .outerjoin(Person, Person.id == Event.by_id)
        .where(
            Event.facts.op("?", is_comparison=True)(literal_column("'flags'")),
            Event.recorded_at >= since,
            visible(who, Verb.BROKEN_SEE),
            *of(project),
        )
        .order_by(Event.recorded_at.desc(), Event.id.desc())
    )
    key = tuple_(Event.recorded_at, Event.id)
    rows, count, following = await part(session, asked, key, limit, cursor, newest=True)
    return Part([_flag(list(row)) for row in rows], count, following)


def _flag(cells: list[Any]) -> Flagged:
    id_, received_at, *told, facts, happened_at = cells
    claimed, skew = facts.get("claimed_at"), facts.get("skew_seconds")
    kept: list[Any] = [
        id_,
        *told,
        facts["flags"],
        datetime.fromisoformat(claimed) if claimed else None,
        happened_at,
        received_at,
        timedelta(seconds=skew) if skew is not None else None,
    ]
    return Flagged(*kept)
