"""Lists of tickets, paged by key, soonest due first; what one may not see is not in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset.models import Asset
from tickets.project.models import Project
from tickets.sla.models import Clock
from tickets.staff.rules import Who
from tickets.ticket.models import Ticket, TicketAsset
from tickets.ticket.queries.seen import visible
from tickets.ticket.queries.sought import cursor_of, nearest


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


def conditions(who: Who, wanted_: TicketFilter, now: datetime) -> list[ColumnElement[bool]]:
    """The filter as SQL, who first: nothing leaks. The words (`q`) are for `nearest`."""
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
    return found


def is_late(now: datetime) -> ColumnElement[bool]:
    """Some promise of it is broken; a clock waiting for an arrival counts from its own start."""
    due = func.coalesce(Clock.due_at, Clock.starts_by + Clock.target)
    return exists().where(
        Clock.ticket_id == Ticket.id,
        Clock.closed_as.is_(None),
        due < func.coalesce(Clock.met_at, now),
    )


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
    """The key is (breaks_at, id): equal instants lose and double nothing. One statement; three
    at most when words are sought."""
    rows = await nearest(
        session,
        _PAGE.where(*conditions(who, filters, now)),
        who,
        q=filters.q,
        is_open=filters.is_open,
        cursor=cursor,
        most=limit + 1,
    )
    items = [Listed(*row) for row in rows[:limit]]
    more = len(rows) > limit
    return Page(items, cursor_of(items[-1].ticket.breaks_at, items[-1].ticket.id) if more else None)
