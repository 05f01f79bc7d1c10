"""What may be asked about sheets: the loads of a project, one of them, the rows of an export."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset.models import Asset
from tickets.asset.queries.table import Wanted, ids_of
from tickets.project.models import Contact
from tickets.refusals import Missing
from tickets.sheet.models import SheetLoad, SheetProgress
from tickets.sheet.rules.fields import ASSETS
from tickets.staff.models import Person
from tickets.ticket.models import Ticket, TicketAsset


async def latest(session: AsyncSession, project_id: int, number: int = 10) -> Sequence[Any]:
    """The last ones sent in for a project, with who sent them."""
    rows = await session.execute(
        select(
            SheetLoad.id,
            SheetLoad.what,
            SheetLoad.name,
            SheetLoad.rows,
            SheetLoad.state,
            SheetLoad.counts,
            SheetLoad.sent_at,
            Person.name.label("by"),
        )
        .outerjoin(Person, Person.id == SheetLoad.by_id)
        .where(SheetLoad.project_id == project_id)
        .order_by(SheetLoad.id.desc())
        .limit(number)
    )
    return rows.all()


async def find(
    session: AsyncSession, project_id: int, load_id: int, *, lock: bool = False
) -> SheetLoad:
    """One of a project the asker was allowed to find."""
    if not 0 < load_id < 2**31:
        raise Missing("There is no such sheet.")
    statement = select(SheetLoad).where(SheetLoad.id == load_id, SheetLoad.project_id == project_id)
    load = await session.scalar(statement)
    if load is not None and lock and load.state == "draft":
        # For two who start the same draft; what a worker is at is not waited for.
        load = await session.scalar(
            statement.with_for_update().execution_options(populate_existing=True)
        )
    if load is None:
        raise Missing("There is no such sheet.")
    return load


async def progress(session: AsyncSession, load_id: int) -> SheetProgress:
    return await session.get_one(SheetProgress, load_id)


# --- exports: page by page, by key ----------------------------------------------------------

_ABOVE = Asset.__table__.alias("above")
_ASSET_COLUMNS = [
    _ABOVE.c.code if field.name == "parent" else getattr(Asset, field.name) for field in ASSETS
]


async def asset_rows(
    session: AsyncSession, project_id: int, asked: Wanted, *, after: str = "", limit: int = 2_000
) -> Sequence[Any]:
    """As the columns of a sheet of assets, by code; `asked` is the table's own filter."""
    statement = (
        select(*_ASSET_COLUMNS)
        .outerjoin(_ABOVE, _ABOVE.c.id == Asset.parent_id)
        .where(Asset.id.in_(ids_of(project_id, asked)), Asset.code > after)
        .order_by(Asset.code)
        .limit(limit)
    )
    return (await session.execute(statement)).all()


async def ticket_rows(
    session: AsyncSession, project_id: int, *, after: int = 0, limit: int = 2_000
) -> Sequence[Any]:
    """A project's tickets in the order they came, with the codes of their assets."""
    codes = (
        select(func.string_agg(Asset.code, " "))
        .join(TicketAsset, TicketAsset.asset_id == Asset.id)
        .where(TicketAsset.ticket_id == Ticket.id)
        .scalar_subquery()
    )
    statement = (
        select(
            Ticket.id,
            Ticket.ref,
            Ticket.external_ref,
            Ticket.kind,
            Ticket.fault,
            Ticket.severity,
            Ticket.status,
            Ticket.reported_at,
            Ticket.closed_at,
            Ticket.place,
            Ticket.description,
            codes.label("assets"),
            Ticket.cause,
            Ticket.cover,
            Contact.name.label("caller"),
            Contact.phone,
        )
        .outerjoin(Contact, Contact.id == Ticket.reporter_id)
        .where(Ticket.project_id == project_id, Ticket.id > after)
        .order_by(Ticket.id)
        .limit(limit)
    )
    return (await session.execute(statement)).all()
