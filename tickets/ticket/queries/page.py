"""Lists of tickets, paged by key, soonest due first; what one may not see is not in them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    DateTime,
    Integer,
    Row,
    Select,
    Text,
    any_,
    bindparam,
    cast,
    exists,
    func,
    null,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import TypeEngine

from tickets.asset.models import Asset
from tickets.project.models import Project
from tickets.sla.models import Clock
from tickets.staff.models import Person
from tickets.staff.rules import Scope, Verb, Who
from tickets.ticket.models import Ticket, TicketAsset
from tickets.ticket.queries.seen import visible_in
from tickets.ticket.queries.sought import OPEN, Asked, cursor_of, nearest


@dataclass(frozen=True)
class TicketFilter:
    """What a list is asked for; None asks for everything. `from_at`/`to_at` bound the report."""

    status: tuple[str, ...] = ()
    project: str | None = None
    asset: str | None = None
    technician_id: int | None = None
    severity: str | None = None
    kind: str | None = None
    late: bool = False
    is_open: bool | None = None
    q: str | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None


class Listed(NamedTuple):
    """A ticket in a list, its columns as they are, with what it shows of other tables."""

    ticket: Row[Any]
    project_code: str
    project_name: str
    timezone: str
    login: str | None  # the technician's
    technician: str | None
    assets: tuple[str, ...]
    besides: Any  # what a room above wanted to know


@dataclass(frozen=True)
class Page:
    items: Sequence[Listed]
    next: str | None


def shape_of(wanted_: TicketFilter) -> frozenset[str]:
    """Which questions a filter asks; the answers are left open in the statement."""
    asked = {name for name, value in vars(wanted_).items() if value not in (None, "", ())}
    asked -= {name for name in ("late", "is_open") if getattr(wanted_, name) is False}
    return frozenset(asked - {"q"} | ({"closed"} if wanted_.is_open is False else set()))


def values_of(wanted_: TicketFilter, now: datetime) -> dict[str, Any]:
    return vars(wanted_) | {"status": list(wanted_.status), "now": now}


def _open(name: str, kind: TypeEngine[Any] | None = None) -> BindParameter[Any]:
    return bindparam(name, type_=kind or Text())


def conditions(scope: Scope, shape: frozenset[str]) -> list[ColumnElement[bool]]:
    """The filter as SQL, who first: nothing leaks. The words (`q`) are for `nearest`."""
    found = [visible_in(scope)]
    if "status" in shape:
        found.append(Ticket.status == any_(_open("status", ARRAY(Text()))))
    if "is_open" in shape:
        found.append(OPEN)
    if "closed" in shape:
        found.append(Ticket.is_open.is_(False))
    if "project" in shape:
        asked = select(Project.id).where(Project.code == _open("project"))
        found.append(Ticket.project_id == asked.scalar_subquery())
    if "asset" in shape:
        named = (
            select(TicketAsset.ticket_id)
            .join(Asset, Asset.id == TicketAsset.asset_id)
            .where(Asset.code == _open("asset"))
        )
        found.append(Ticket.id.in_(named))
    if "technician_id" in shape:
        found.append(Ticket.technician_id == _open("technician_id", Integer()))
    if "severity" in shape:
        found.append(Ticket.severity == _open("severity"))
    if "kind" in shape:
        found.append(Ticket.kind == _open("kind"))
    if "from_at" in shape:
        found.append(Ticket.reported_at >= _open("from_at", DateTime(timezone=True)))
    if "to_at" in shape:
        found.append(Ticket.reported_at < _open("to_at", DateTime(timezone=True)))
    if "late" in shape:
        found.append(is_late(_open("now", DateTime(timezone=True))))
    return found


def is_late(now: ColumnElement[datetime]) -> ColumnElement[bool]:
    """Some promise of it is broken; a clock waiting for an arrival counts from its own start."""
    due = func.coalesce(Clock.due_at, Clock.starts_by + Clock.target)
    return exists().where(
        Clock.ticket_id == Ticket.id,
        Clock.closed_as.is_(None),
        due < func.coalesce(Clock.met_at, now),
    )


_ASSETS = (
    select(cast(func.json_agg(aggregate_order_by(Asset.code, Asset.code)), Text))
    .join(TicketAsset, TicketAsset.asset_id == Asset.id)
    .where(TicketAsset.ticket_id == Ticket.id)
    .correlate(Ticket)
    .scalar_subquery()
)


def listing(*own: str, besides: ColumnElement[Any] | None = None) -> Select[Any]:
    """What a list shows of each ticket: columns of its own, and one of a room above."""
    columns = [Ticket.__table__.c[name] for name in own]
    return (
        select(
            *columns,
            Project.code,
            Project.name,
            Project.timezone,
            Person.login,
            Person.name,
            _ASSETS,
            null() if besides is None else besides,
        )
        .join(Project, Project.id == Ticket.project_id)
        .outerjoin(Person, Person.id == Ticket.technician_id)
    )


# A line of the list.
LINES = listing(
    *("id", "ref", "fault", "severity", "description", "reported_at", "status", "is_open"),
    *("breaks_at", "paused_since"),
)


@lru_cache(maxsize=500)
def _page(shown: Select[Any], scope: Scope, shape: frozenset[str]) -> Asked:
    """Built once for each reach of a role and each sort of filter."""
    return Asked(shown, conditions(scope, shape))


def _listed(row: Row[Any]) -> Listed:
    code, name, timezone, login, technician, assets, besides = tuple(row)[-7:]
    codes = tuple(json.loads(assets or "[]"))
    return Listed(row, code, name, timezone, login, technician, codes, besides)


async def find_page(
    session: AsyncSession,
    who: Who,
    filters: TicketFilter,
    *,
    now: datetime,
    limit: int = 50,
    cursor: str | None = None,
    shown: Select[Any] = LINES,
) -> Page:
    """What is `shown` of each is made by `listing`. The key is (breaks_at, id): equal instants
    lose and double nothing. One statement; two at most when words are sought."""
    rows = await nearest(
        session,
        _page(shown, who.scope(Verb.TICKET_READ), shape_of(filters)),
        who,
        values=values_of(filters, now),
        q=filters.q,
        is_open=filters.is_open,
        cursor=cursor,
        most=limit + 1,
    )
    items = [_listed(row) for row in rows[:limit]]
    more = len(rows) > limit
    return Page(items, cursor_of(items[-1].ticket.breaks_at, items[-1].ticket.id) if more else None)
