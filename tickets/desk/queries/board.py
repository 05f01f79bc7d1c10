"""The board: open tickets, the one whose promise breaks next first, and how things stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, Text, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset.models import Asset
from tickets.events import Event
from tickets.grams import mask
from tickets.project.models import Contact, Project
from tickets.project.queries import within
from tickets.sla.models import Clock
from tickets.staff.models import HeldRole, Person
from tickets.staff.rules import Role, Scope, Verb, Who
from tickets.ticket.models import Ticket, TicketAsset
from tickets.ticket.queries import TicketFilter, visible
from tickets.ticket.queries.page import conditions
from tickets.ticket.queries.seen import visible_in
from tickets.ticket.queries.sought import cursor_of, nearest
from tickets.ticket.rules import NOTHING_BREAKS

HOUR = timedelta(hours=1)
SOON = timedelta(hours=6)
MANY = 1000  # counting stops here: "999+" says enough, and the board stays fast
NEWEST = 1000  # events looked at to notice one that was committed after a younger one


@dataclass(frozen=True)
class BoardFilter:
    """What the address asks for. `state` is how near the next promise is to breaking;
    `technician` is an id, or 0 for tickets nobody has yet."""

    project: str | None = None
    severity: str | None = None
    technician: int | None = None
    state: str | None = None
    status: str | None = None
    kind: str | None = None
    q: str | None = None


@dataclass(frozen=True)
class BoardRow:
    id: int
    ref: str
    kind: str
    severity: str
    status: str
    fault: str | None
    description: str
    place: str | None
    breaks_at: datetime
    project_code: str
    project_name: str
    timezone: str
    technician: str | None
    caller: str | None
    phone: str | None
    assets: tuple[str, ...]
    promise: str | None  # the one that breaks next; None when none is left

    @property
    def masked(self) -> str:
        """Whom it is about, without giving the number away to a room (rules.md §11)."""
        return mask(self.phone) if self.phone else ""

    @property
    def is_waiting(self) -> bool:
        """No promise left to break: it waits for the call-back."""
        return self.breaks_at >= NOTHING_BREAKS


@dataclass(frozen=True)
class Standing:
    """How things stand in what one may see, whatever the filter; counts stop at MANY."""

    version: str
    late: int
    hour: int
    soon: int
    danger: int
    projects: Sequence[tuple[str, str]] = ()
    technicians: Sequence[tuple[int, str]] = ()


def _where(who: Who, wanted: BoardFilter, now: datetime) -> list[ColumnElement[bool]]:
    shared = TicketFilter(
        status=(wanted.status,) if wanted.status else (),
        project=wanted.project,
        technician_id=wanted.technician or None,
        severity=wanted.severity,
        kind=wanted.kind,
        is_open=True,
    )
    found = [visible(who, Verb.DESK_SEE), *conditions(who, shared, now)]
    if wanted.technician == 0:
        found.append(Ticket.technician_id.is_(None))
    if wanted.state:
        found.append(_nearness(wanted.state, now))
    return found


def _nearness(state: str, now: datetime) -> ColumnElement[bool]:
    match state:
        case "late":
            return Ticket.breaks_at < now
        case "hour":
            return Ticket.breaks_at.between(now, now + HOUR)
        case "soon":
            return Ticket.breaks_at.between(now, now + SOON)
        case "waiting":
            return Ticket.breaks_at >= NOTHING_BREAKS
        case _:
            return Ticket.breaks_at.is_(None)


# What a row shows of other tables, asked by key for the fifty rows of a page.
_ASSETS = (
    select(func.array_agg(aggregate_order_by(Asset.code, Asset.code), type_=ARRAY(Text)))
    .join(TicketAsset, TicketAsset.asset_id == Asset.id)
    .where(TicketAsset.ticket_id == Ticket.id)
    .correlate(Ticket)
    .scalar_subquery()
)
_PROMISE = (
    select(Clock.promise)
    .where(
        Clock.ticket_id == Ticket.id,
        Clock.cycle == Ticket.cycle,
        Clock.met_at.is_(None),
        Clock.closed_as.is_(None),
        func.coalesce(Clock.due_at, Clock.starts_by + Clock.target) == Ticket.breaks_at,
    )
    .order_by(Clock.id)
    .limit(1)
    .correlate(Ticket)
    .scalar_subquery()
)


# Built once, without the filter.
_ROWS = (
    select(
        Ticket.id,
        Ticket.ref,
        Ticket.kind,
        Ticket.severity,
        Ticket.status,
        Ticket.fault,
        func.left(Ticket.description, 160),
        Ticket.place,
        Ticket.breaks_at,
        Project.code,
        Project.name,
        Project.timezone,
        Person.name,
        Contact.name,
        Contact.phone,
        func.coalesce(_ASSETS, []),
        _PROMISE,
    )
    .join(Project, Project.id == Ticket.project_id)
    .outerjoin(Person, Person.id == Ticket.technician_id)
    .outerjoin(Contact, Contact.id == Ticket.reporter_id)
    .order_by(Ticket.breaks_at, Ticket.id)
)


def _row(*cells: Any) -> BoardRow:
    # A tuple, so that a row can be remembered with what was made of it.
    kept: list[Any] = [tuple(cell) if isinstance(cell, list) else cell for cell in cells]
    return BoardRow(*kept)


async def rows(
    session: AsyncSession,
    who: Who,
    wanted: BoardFilter,
    *,
    now: datetime,
    limit: int = 50,
    cursor: str | None = None,
) -> tuple[Sequence[BoardRow], str | None]:
    """A page of the board and the key of the next: only what is shown, one statement (three at
    most when words are sought)."""
    asked = _ROWS.where(*_where(who, wanted, now))
    rows_ = await nearest(
        session, asked, who, q=wanted.q, is_open=True, cursor=cursor, most=limit + 1
    )
    found = [_row(*row) for row in rows_]
    if len(found) <= limit:
        return found, None
    return found[:limit], cursor_of(found[limit - 1].breaks_at, found[limit - 1].id)


def _count(scope: Scope, *where: ColumnElement[bool]) -> ScalarSelect[int]:
    some = select(Ticket.id).where(Ticket.is_open, visible_in(scope), *where).limit(MANY).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


async def standing(
    session: AsyncSession, who: Who, now: datetime, *, with_choices: bool = False
) -> Standing:
    """One statement: what changed last, the counts at the top, and what can be chosen from.

    Ids are taken before they are committed, so the newest alone could hide an older one that
    was committed later: how many of the newest are there is part of the version.
    """
    asked = _standing(who.scope(Verb.DESK_SEE), with_choices)
    soon = {"now": now, "hour": now + HOUR, "soon": now + SOON}
    row = (await session.execute(asked, soon)).one()
    return Standing(
        f"{row[0]}.{row[1]}",
        *row[2:6],
        *([tuple(each) for each in choices or ()] for choices in row[6:]),
    )


@lru_cache(maxsize=100)
def _standing(scope: Scope, with_choices: bool) -> Select[Any]:
    """Built once for each reach of a role."""
    newest = select(func.coalesce(func.max(Event.id), 0)).scalar_subquery()
    last = select(Event.id).order_by(Event.id.desc()).limit(NEWEST).subquery()
    present = select(func.count()).where(last.c.id > newest - NEWEST).scalar_subquery()
    columns: list[ColumnElement[Any]] = [
        newest,
        present,
        _count(scope, Ticket.breaks_at < bindparam("now")),
        _count(scope, Ticket.breaks_at.between(bindparam("now"), bindparam("hour"))),
        _count(scope, Ticket.breaks_at.between(bindparam("now"), bindparam("soon"))),
        _count(scope, Ticket.severity == "S1"),
    ]
    if with_choices:
        columns += [_projects(scope), _technicians()]
    return select(*columns)


def _projects(scope: Scope) -> ScalarSelect[Any]:
    some = (
        select(Project.code, Project.name)
        .where(within(scope))
        .order_by(Project.code)
        .limit(500)
        .subquery()
    )
    return select(func.json_agg(func.json_build_array(some.c.code, some.c.name))).scalar_subquery()


def _technicians() -> ScalarSelect[Any]:
    some = (
        select(Person.id, Person.name)
        .where(
            Person.retired_at.is_(None),
            Person.id.in_(select(HeldRole.person_id).where(HeldRole.role == Role.TECHNICIAN)),
        )
        .order_by(Person.name)
        .limit(500)
        .subquery()
    )
    return select(func.json_agg(func.json_build_array(some.c.id, some.c.name))).scalar_subquery()
