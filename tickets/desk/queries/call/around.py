"""What is there while somebody calls: owner, cover, what is open; and what was registered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from tickets.asset.models import Asset
from tickets.desk.queries.call.shared import Shared, shared
from tickets.project import queries as projects
from tickets.project.models import Contact, Project
from tickets.project.rules import CoverDecision
from tickets.sla.models import Clock
from tickets.sla.queries import clocks_of
from tickets.staff.rules import Verb, Who
from tickets.ticket import queries as tickets
from tickets.ticket.models import Ticket, TicketAsset


@dataclass(frozen=True)
class OpenHere:
    """A ticket that is open at the place of the call; `is_same`: on the same asset or circuit."""

    ticket: Ticket
    assets: Sequence[str]
    is_same: bool


@dataclass(frozen=True)
class Around:
    """The side panel: whose it is, whether it is in cover now, what is open there already."""

    project: Project
    owner: str
    contacts: Sequence[Contact]
    cover: CoverDecision
    assets: Sequence[Asset]
    unknown: Sequence[str]  # codes typed that this project does not have
    open: Sequence[OpenHere]
    together: Sequence[Shared]  # circuits and cabinets on which several are open

    @property
    def has_same(self) -> bool:
        return any(here.is_same for here in self.open)


async def around(
    session: AsyncSession, who: Who, code: str, asset_codes: Sequence[str], now: datetime
) -> Around:
    """Seven statements, whatever is open. A project one may not see is `Missing`."""
    project = await projects.find(session, who, code, Verb.TICKET_OPEN)
    contacts = (
        await projects.contacts_of(session, project)
        if who.may_for(Verb.CALLER_READ, project.id, project.group_id)
        else []
    )
    assets = (
        await session.scalars(
            select(Asset)
            .where(Asset.project_id == project.id, Asset.code.in_(asset_codes[:200]))
            .order_by(Asset.code)
        )
    ).all()
    held = {asset.code for asset in assets}
    cover = await projects.cover_at(session, project, assets, now)
    open_now = await tickets.open_on_project(session, who, project.id)
    lines = await _lines(session, [a.id for a in assets], [t.id for t in open_now])
    wanted_lines = {line for asset in assets for line in lines.of_asset.get(asset.id, ())}
    here = [
        OpenHere(
            ticket,
            lines.codes.get(ticket.id, []),
            bool(wanted_lines & lines.of_ticket.get(ticket.id, set())),
        )
        for ticket in open_now
    ]
    return Around(
        project,
        project.owner.name,
        contacts,
        cover,
        assets,
        [code for code in asset_codes if code not in held],
        sorted(here, key=lambda h: not h.is_same),
        await shared(session, who, project.id, wanted_lines),
    )


@dataclass(frozen=True)
class _Lines:
    """An asset and the circuit and cabinet it hangs on: two that share one are one fault."""

    of_asset: dict[int, set[int]]
    of_ticket: dict[int, set[int]]
    codes: dict[int, list[str]]


async def _lines(
    session: AsyncSession, asset_ids: Sequence[int], ticket_ids: Sequence[int]
) -> _Lines:
    """Several lamps out is a circuit fault, not several tickets (domain.md §0.7).

    A lamp is on its circuit's line; a circuit and a cabinet are lines themselves, and a lamp
    meets a ticket on its cabinet but not a neighbour's ticket on another circuit of it.
    """
    parent, above = aliased(Asset), aliased(Asset)
    rows = await session.execute(
        select(
            TicketAsset.ticket_id,
            Asset.id,
            Asset.code,
            parent.id,
            parent.kind,
            above.id,
            above.kind,
        )
        .select_from(Asset)
        .outerjoin(TicketAsset, and_(TicketAsset.asset_id == Asset.id,
                                     TicketAsset.ticket_id.in_(ticket_ids)))
        .outerjoin(parent, parent.id == Asset.parent_id)
        .outerjoin(above, above.id == parent.parent_id)
        .where(or_(Asset.id.in_(asset_ids), TicketAsset.ticket_id.is_not(None)))
        .order_by(Asset.code)
    )  # fmt: skip
    lines = _Lines({}, {}, {})
    for ticket_id, asset_id, code, parent_id, parent_kind, above_id, above_kind in rows:
        circuit = {parent_id} if parent_kind == "CIRC" else set()
        cabinets = {
            id_ for id_, kind in ((parent_id, parent_kind), (above_id, above_kind)) if kind == "BOX"
        }
        if asset_id in asset_ids:
            lines.of_asset[asset_id] = {asset_id} | circuit | cabinets
        if ticket_id is not None:
            lines.of_ticket.setdefault(ticket_id, set()).update({asset_id} | circuit)
            lines.codes.setdefault(ticket_id, []).append(code)
    return lines


@dataclass(frozen=True)
class Registered:
    """What is read to the caller at once: the number, and what was promised."""

    ticket: Ticket
    timezone: str
    clocks: Sequence[Clock]


async def registered(session: AsyncSession, who: Who, ref: str) -> Registered:
    ticket = await tickets.find(session, who, ref)
    timezone = await session.scalar(select(Project.timezone).where(Project.id == ticket.project_id))
    clocks = (await clocks_of(session, [ticket.id])).get(ticket.id, [])
    return Registered(
        ticket,
        timezone or "UTC",
        [c for c in clocks if c.cycle == ticket.cycle and c.closed_as != "superseded"],
    )
