"""What a ticket may be a duplicate of: what is open in its project, the same line first."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from tickets.asset.models import Asset
from tickets.staff.rules import Verb, Who
from tickets.ticket.models import Ticket, TicketAsset
from tickets.ticket.queries.one import assets_of
from tickets.ticket.queries.seen import visible

MOST = 20


@dataclass(frozen=True)
class Candidate:
    """`is_same`: on the same asset, circuit or cabinet, so it is the first to think of."""

    ticket: Ticket
    assets: Sequence[str]
    is_same: bool


async def candidates(session: AsyncSession, who: Who, ticket: Ticket) -> Sequence[Candidate]:
    """Three statements. Tickets of the same kind only: others cannot be merged."""
    line = await _line(session, ticket.id)
    is_same = _on(line)
    rows = (
        await session.execute(
            select(Ticket, is_same)
            .where(
                Ticket.project_id == ticket.project_id,
                Ticket.is_open,
                Ticket.kind == ticket.kind,
                Ticket.id != ticket.id,
                visible(who, Verb.TICKET_MERGE),
            )
            .order_by(is_same.desc(), Ticket.reported_at.desc(), Ticket.id)
            .limit(MOST)
        )
    ).all()
    assets = await assets_of(session, [row[0].id for row in rows])
    return [
        Candidate(row[0], [asset.code for asset in assets.get(row[0].id, ())], row[1])
        for row in rows
    ]


async def _line(session: AsyncSession, ticket_id: int) -> frozenset[int]:
    """Its assets, with the circuits and cabinets they hang on."""
    parent = aliased(Asset)
    rows = await session.execute(
        select(Asset.id, Asset.parent_id, parent.parent_id)
        .join(TicketAsset, TicketAsset.asset_id == Asset.id)
        .outerjoin(parent, parent.id == Asset.parent_id)
        .where(TicketAsset.ticket_id == ticket_id)
    )
    return frozenset(id_ for row in rows for id_ in row if id_ is not None)


def _on(line: frozenset[int]) -> ColumnElement[bool]:
    if not line:
        return false().label("is_same")
    parent = aliased(Asset)
    meets = or_(*(column.in_(line) for column in (Asset.id, Asset.parent_id, parent.parent_id)))
    return (
        select(TicketAsset.ticket_id)
        .join(Asset, Asset.id == TicketAsset.asset_id)
        .outerjoin(parent, parent.id == Asset.parent_id)
        .where(TicketAsset.ticket_id == Ticket.id, meets)
        .correlate(Ticket)
        .exists()
        .label("is_same")
    )
