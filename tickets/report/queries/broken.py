"""Broken promises: those broken now and lately, by how much, whose they are, what is owed."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, case, cast, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.loan.models import Substitution
from tickets.project.models import Project
from tickets.project.queries import within
from tickets.refusals import Invalid
from tickets.sla.models import Clock
from tickets.staff.models import Person
from tickets.staff.rules import Verb, Who
from tickets.ticket.models import Ticket
from tickets.ticket.queries import visible


@dataclass(frozen=True)
class BrokenFilter:
    """`state`: still broken (`now`), done too late (`late`), a substitute still `owed`.
    What is broken now or owed is shown however old it is."""

    project: str | None = None
    promise: str | None = None
    state: str | None = None
    days: int = 30


@dataclass(frozen=True)
class Broken:
    id: int
    promise: str
    breached_at: datetime
    met_at: datetime | None
    closed_at: datetime | None
    ref: str
    status: str
    severity: str
    place: str | None
    project_code: str
    project_name: str
    timezone: str
    technician: str | None
    substitution: str | None
    is_owed: bool
    is_now: bool

    def late_by(self, now: datetime) -> timedelta:
        """By how much: it grows while nobody has done what was promised."""
        ended = self.met_at or self.closed_at or now
        return max(ended - self.breached_at, timedelta(0))


@dataclass(frozen=True)
class Totals:
    all: int
    now: int
    late: int
    owed: int


# Still broken: nobody has kept it, and the ticket still asks for it.
_NOW = and_(Clock.met_at.is_(None), Clock.closed_as.is_(None), Ticket.is_open)
# The debt belongs to the repair; the other promises of the ticket do not repeat it.
_OWED = and_(Clock.promise == "repair", func.coalesce(Substitution.state == "owed", False))


def _where(who: Who, wanted: BrokenFilter, now: datetime) -> list[ColumnElement[bool]]:
    since = now - timedelta(days=wanted.days)
    found = [
        visible(who, Verb.BROKEN_SEE),
        Clock.breached_at.is_not(None),
        or_(Clock.breached_at >= since, _NOW, _OWED),
    ]
    if wanted.project:
        found.append(Project.code == wanted.project)
    if wanted.promise:
        found.append(Clock.promise == wanted.promise)
    return found


def _state(state: str) -> ColumnElement[bool]:
    match state:
        case "now":
            return _NOW
        case "late":
            return Clock.met_at.is_not(None)
        case "owed":
            return _OWED
        case _:
            return Clock.id.is_(None)


async def rows(
    session: AsyncSession,
    who: Who,
    wanted: BrokenFilter,
    *,
    now: datetime,
    limit: int = 50,
    cursor: str | None = None,
) -> tuple[Sequence[Broken], str | None]:
    """Debts nobody has settled first, then the newest breach; one statement."""
    first = cast(_OWED, Integer)
    asked = (
        select(
            Clock.id,
            Clock.promise,
            Clock.breached_at,
            Clock.met_at,
            # Nobody waits any more for what was cancelled or closed without it.
            func.coalesce(Clock.closed_at, Ticket.closed_at),
            Ticket.ref,
            Ticket.status,
            Ticket.severity,
            Ticket.place,
            Project.code,
            Project.name,
            Project.timezone,
            Person.name,
            case((Clock.promise == "repair", Substitution.state)),
            _OWED,
            _NOW,
        )
        .join(Ticket, Ticket.id == Clock.ticket_id)
        .join(Project, Project.id == Ticket.project_id)
        .outerjoin(Person, Person.id == Ticket.technician_id)
        .outerjoin(
            Substitution,
            and_(Substitution.ticket_id == Clock.ticket_id, Substitution.cycle == Clock.cycle),
        )
        .where(*_where(who, wanted, now))
        .order_by(first.desc(), Clock.breached_at.desc(), Clock.id.desc())
        .limit(limit + 1)
    )
    if wanted.state:
        asked = asked.where(_state(wanted.state))
    if cursor:
        asked = asked.where(tuple_(first, Clock.breached_at, Clock.id) < tuple_(*_key_of(cursor)))
    answered: Sequence[Sequence[Any]] = (await session.execute(asked)).all()
    found = [Broken(*row) for row in answered]
    return found[:limit], _cursor_of(found[limit - 1]) if len(found) > limit else None


async def totals(session: AsyncSession, who: Who, wanted: BrokenFilter, now: datetime) -> Totals:
    """What the same filter holds, whatever its state; one statement."""
    row = (
        await session.execute(
            select(
                func.count(),
                func.count().filter(_NOW),
                func.count().filter(Clock.met_at.is_not(None)),
                func.count().filter(_OWED),
            )
            .select_from(Clock)
            .join(Ticket, Ticket.id == Clock.ticket_id)
            .join(Project, Project.id == Ticket.project_id)
            .outerjoin(
                Substitution,
                and_(Substitution.ticket_id == Clock.ticket_id, Substitution.cycle == Clock.cycle),
            )
            .where(*_where(who, wanted, now))
        )
    ).one()
    return Totals(*row)


async def projects(session: AsyncSession, who: Who) -> Sequence[tuple[str, str]]:
    """What the filter offers."""
    asked = (
        select(Project.code, Project.name)
        .where(within(who.scope(Verb.BROKEN_SEE)))
        .order_by(Project.code)
        .limit(500)
    )
    return [(code, name) for code, name in await session.execute(asked)]


def _cursor_of(row: Broken) -> str:
    key = f"{int(row.is_owed)} {row.breached_at.isoformat()} {row.id}"
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _key_of(cursor: str) -> tuple[int, datetime, int]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        owed, at, clock_id = text.split(" ")
        key = int(owed), datetime.fromisoformat(at), int(clock_id)
        if key[0] not in (0, 1) or key[1].tzinfo is None or not 0 < key[2] < 2**63:
            raise ValueError
    except (ValueError, binascii.Error):
        raise Invalid("cursor", "This cursor is not one of ours.") from None
    return key
