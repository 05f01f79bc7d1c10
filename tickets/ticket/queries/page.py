"""Lists of tickets, paged by key, soonest due first; what one may not see is not in them."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, any_, exists, func, or_, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset.models import Asset
from tickets.grams import digits, fold, wanted
from tickets.project.models import Contact, Project
from tickets.project.queries import within
from tickets.refusals import Invalid
from tickets.sla.models import Clock
from tickets.staff.rules import Scope, Verb, Who
from tickets.ticket.models import Ticket, TicketAsset


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


@dataclass(frozen=True)
class Listed:
    """A ticket in a list, with its project's words."""

    ticket: Ticket
    project_code: str
    project_name: str
    timezone: str


@dataclass(frozen=True)
class Page:
    items: Sequence[Listed]
    next: str | None


def visible(who: Who, verb: Verb = Verb.TICKET_READ) -> ColumnElement[bool]:
    """The filter that makes what one may not see not exist; wants Project joined or in reach."""
    return visible_in(who.scope(verb))


def visible_in(scope: Scope) -> ColumnElement[bool]:
    if scope.everywhere:
        return true()
    return Ticket.project_id.in_(select(Project.id).where(within(scope)))


def conditions(who: Who, wanted_: TicketFilter, now: datetime) -> list[ColumnElement[bool]]:
    """The filter as SQL, who first: nothing leaks."""
    f = wanted_
    found = [visible(who)]
    if f.status:
        found.append(Ticket.status.in_(f.status))
    if f.is_open is not None:
        found.append(Ticket.is_open.is_(f.is_open))
    if f.project:
        found.append(
            Ticket.project_id
            == select(Project.id).where(Project.code == f.project).scalar_subquery()
        )
    if f.asset:
        asked = (
            select(TicketAsset.ticket_id)
            .join(Asset, Asset.id == TicketAsset.asset_id)
            .where(Asset.code == f.asset)
        )
        found.append(Ticket.id.in_(asked))
    if f.technician_id is not None:
        found.append(Ticket.technician_id == f.technician_id)
    if f.severity:
        found.append(Ticket.severity == f.severity)
    if f.kind:
        found.append(Ticket.kind == f.kind)
    if f.from_at:
        found.append(Ticket.reported_at >= f.from_at)
    if f.to_at:
        found.append(Ticket.reported_at < f.to_at)
    if f.late:
        found.append(is_late(now))
    if f.q:
        found.append(matches(who, f.q))
    return found


def is_late(now: datetime) -> ColumnElement[bool]:
    """Some promise of it is broken; a clock waiting for an arrival counts from its own start."""
    due = func.coalesce(Clock.due_at, Clock.starts_by + Clock.target)
    return exists().where(
        Clock.ticket_id == Ticket.id,
        Clock.closed_as.is_(None),
        due < func.coalesce(Clock.met_at, now),
    )


def matches(who: Who, text: str) -> ColumnElement[bool]:
    """Every word of the query, by any part of it; callers only for those who may know them."""
    text = text[:200]
    slices = wanted(text)
    if not slices:
        return Ticket.ref == text
    hit: ColumnElement[bool] = Ticket.grams.contains(slices)
    number = digits(text)
    if who.may(Verb.CALLER_READ) and (len(number) >= 3 or not number):
        asked = select(Contact.id).where(Contact.grams.contains(slices))
        if number and number == fold(text).strip():
            asked = asked.where(Contact.digits.contains(number, autoescape=True))
        # Only where one may know them: who calls about the other projects is not found out here.
        # As an array, so that an index finds their tickets and those of the words together.
        theirs = Ticket.reporter_id == any_(func.array(asked.scalar_subquery()))
        hit = or_(hit, and_(theirs, visible(who, Verb.CALLER_READ)))
    return hit


# Built once, without the filter.
_PAGE = (
    select(Ticket, Project.code, Project.name, Project.timezone)
    .join(Project, Project.id == Ticket.project_id)
    .order_by(Ticket.breaks_at, Ticket.id)
)


async def find_page(
    session: AsyncSession,
    who: Who,
    filters: TicketFilter,
    *,
    now: datetime,
    limit: int = 50,
    cursor: str | None = None,
) -> Page:
    """One statement. The key is (breaks_at, id): equal instants lose and double nothing."""
    asked = _PAGE.where(*conditions(who, filters, now)).limit(limit + 1)
    if cursor:
        asked = asked.where(tuple_(Ticket.breaks_at, Ticket.id) > tuple_(*key_of(cursor)))
    rows = (await session.execute(asked)).all()
    items = [Listed(*row) for row in rows[:limit]]
    more = len(rows) > limit
    return Page(items, cursor_of(items[-1].ticket.breaks_at, items[-1].ticket.id) if more else None)


def cursor_of(breaks_at: datetime, ticket_id: int) -> str:
    key = json.dumps([breaks_at.isoformat(), ticket_id])
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def key_of(cursor: str) -> tuple[Any, Any]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        at, ticket_id = json.loads(text)
        if not isinstance(ticket_id, int) or abs(ticket_id) >= 2**63:
            raise ValueError
        instant = datetime.fromisoformat(at)
        if instant.tzinfo is None:
            raise ValueError
        return instant, ticket_id
    except (ValueError, TypeError):
        raise Invalid("cursor", "This cursor is not one of ours.") from None
