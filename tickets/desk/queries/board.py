"""The board: open tickets, the one whose promise breaks next first."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Row,
    ScalarSelect,
    Text,
    bindparam,
    cast,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset.models import Asset
from tickets.grams import mask
from tickets.project.models import Contact, Project
from tickets.sla.models import Clock
from tickets.staff.models import Person
from tickets.staff.rules import Scope, Verb, Who
from tickets.ticket.models import Ticket, TicketAsset
from tickets.ticket.queries import TicketFilter
from tickets.ticket.queries.page import conditions, shape_of, values_of
from tickets.ticket.queries.seen import visible_in
from tickets.ticket.queries.sought import Asked, cursor_of, nearest
from tickets.ticket.rules import MOST_TOGETHER, NOTHING_BREAKS

HOUR = timedelta(hours=1)
SOON = timedelta(hours=6)
PAGE = 50


@dataclass(frozen=True)
class BoardFilter:
    """What the address asks for. `state` is how near the next promise is to breaking;
    `technician` is an id, or 0 for tickets nobody has yet; `asset` the code of a cabinet, a
    circuit or a lamp: what is open on it and on whatever hangs on it; `urged` what the owner
    urges us about."""

    project: str | None = None
    severity: str | None = None
    technician: int | None = None
    state: str | None = None
    status: str | None = None
    kind: str | None = None
    asset: str | None = None
    q: str | None = None
    urged: bool = False


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
    paused_since: datetime | None
    reminders: int  # how often the owner urged
    call_promised_at: datetime | None
    departed_at: datetime | None  # he is on his way
    expected_at: datetime | None

    @property
    def masked(self) -> str:
        """Whom it is about, without giving the number away to a room (rules.md §11)."""
        return mask(self.phone) if self.phone else ""

    @property
    def is_waiting(self) -> bool:
        """No promise left to break: it waits for the call-back."""
        return self.breaks_at >= NOTHING_BREAKS and self.paused_since is None


NOW, _HOUR, _SOON = (
    bindparam(name, type_=DateTime(timezone=True)) for name in ("now", "hour", "soon")
)


def instants(now: datetime) -> dict[str, datetime]:
    return {"now": now, "hour": now + HOUR, "soon": now + SOON}


def nearness(state: str) -> ColumnElement[bool]:
    match state:
        case "late":
            return Ticket.breaks_at < NOW
        case "hour":
            return Ticket.breaks_at.between(NOW, _HOUR)
        case "soon":
            return Ticket.breaks_at.between(NOW, _SOON)
        case "waiting":
            return (Ticket.breaks_at >= NOTHING_BREAKS) & Ticket.paused_since.is_(None)
        case "paused":
            return Ticket.paused_since.is_not(None)
        case _:
            return Ticket.breaks_at.is_(None)


# What a row shows of other tables, asked by key for the fifty rows of a page. The codes come as
# JSON's text, so that a row may be remembered as it is with what was made of it.
_ASSETS = (
    select(cast(func.json_agg(aggregate_order_by(Asset.code, Asset.code)), Text))
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
        _ASSETS,
        _PROMISE,
        Ticket.paused_since,
        Ticket.reminders,
        Ticket.call_promised_at,
        Ticket.departed_at,
        Ticket.expected_at,
    )
    .join(Project, Project.id == Ticket.project_id)
    .outerjoin(Person, Person.id == Ticket.technician_id)
    .outerjoin(Contact, Contact.id == Ticket.reporter_id)
)


def _hangs_on(*, is_of_project: bool) -> ColumnElement[bool]:
    """Cabinet, circuit, lamp: a ticket on any of them is about the first (domain.md §0.7)."""
    top = select(Asset.id).where(Asset.code == bindparam("below", type_=Text()))
    if is_of_project:  # a code is used once in its project, not once in the world
        of = select(Project.id).where(Project.code == bindparam("project", type_=Text()))
        top = top.where(Asset.project_id == of.scalar_subquery())
    below = top.cte("below", recursive=True)
    below = below.union(select(Asset.id).join(below, Asset.parent_id == below.c.id))
    about = select(TicketAsset.ticket_id).join(below, below.c.id == TicketAsset.asset_id)
    return Ticket.id.in_(about)


@lru_cache(maxsize=500)
def _rows(
    desk: Scope,
    tickets: Scope,
    shape: frozenset[str],
    state: str | None,
    is_nobodys: bool,
    head: ScalarSelect[Any] | None,
    is_below: bool,
    is_urged: bool,
) -> Asked:
    """Built once for each reach of a role and each sort of filter."""
    found = [visible_in(desk), *conditions(tickets, shape)]
    if is_below:
        found.append(_hangs_on(is_of_project="project" in shape))
    if is_urged:
        found.append(Ticket.reminders > 0)
    if is_nobodys:
        found.append(Ticket.technician_id.is_(None))
    if state:
        found.append(nearness(state))
    return Asked(_ROWS, found, head)


_NAMES = [each.name for each in fields(BoardRow)]
WIDTH = len(_NAMES)
BREAKS_AT = _NAMES.index("breaks_at")
ASSETS = _NAMES.index("assets")
CALL_AT = _NAMES.index("call_promised_at")
TIMEZONE = _NAMES.index("timezone")


def row_of(cells: Sequence[Any]) -> BoardRow:
    """What `rows` brings, with names."""
    others = list(cells)
    others[ASSETS] = tuple(json.loads(others[ASSETS] or "[]"))
    return BoardRow(*others)


def most_of(wanted: BoardFilter) -> int:
    """A page; what hangs on one circuit is looked at, and joined, together."""
    return MOST_TOGETHER if wanted.asset else PAGE


async def rows(
    session: AsyncSession,
    who: Who,
    wanted: BoardFilter,
    *,
    now: datetime,
    cursor: str | None = None,
    head: ScalarSelect[Any] | None = None,
) -> tuple[Sequence[Row[Any]], str | None]:
    """A page of the board, in the order of `BoardRow`, and the key of the next: only what is
    shown, one statement. With `head`, the first row has it in a column more."""
    limit = most_of(wanted)
    shared = TicketFilter(
        status=(wanted.status,) if wanted.status else (),
        project=wanted.project,
        technician_id=wanted.technician or None,
        severity=wanted.severity,
        kind=wanted.kind,
        is_open=True,
    )
    found = await nearest(
        session,
        _rows(
            who.scope(Verb.DESK_SEE),
            who.scope(Verb.TICKET_READ),
            shape_of(shared),
            wanted.state,
            wanted.technician == 0,
            head,
            wanted.asset is not None,
            wanted.urged,
        ),
        who,
        values=values_of(shared, now) | instants(now) | {"below": wanted.asset},
        q=wanted.q,
        is_open=True,
        cursor=cursor,
        most=limit + 1,
    )
    if len(found) <= limit:
        return found, None
    return found[:limit], cursor_of(found[limit - 1].breaks_at, found[limit - 1].id)
