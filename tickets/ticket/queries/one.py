"""One ticket: found for somebody and a verb, and what belongs to it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import bindparam, exists, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset.models import Asset
from tickets.events import Event
from tickets.project.models import Project
from tickets.refusals import Forbidden, Missing
from tickets.staff.rules import Verb, Who
from tickets.ticket.models import CallBack, Ticket, TicketAsset, TicketPhoto
from tickets.ticket.queries.seen import visible

# Built once; building a statement takes as long as asking it.
_ASSETS = (
    select(TicketAsset.ticket_id, Asset)
    .join(Asset, Asset.id == TicketAsset.asset_id)
    .where(TicketAsset.ticket_id.in_(bindparam("ticket_ids", expanding=True)))
    .order_by(Asset.code)
)
_CALL_BACKS = (
    select(CallBack)
    .where(CallBack.ticket_id == bindparam("ticket_id"))
    .order_by(CallBack.at, CallBack.id)
)
_PHOTOS = select(TicketPhoto).where(TicketPhoto.ticket_id == bindparam("ticket_id"))
_BY_REF = (
    select(Ticket, Project.group_id)
    .join(Project, Project.id == Ticket.project_id)
    .where(Ticket.ref == bindparam("ref"))
)


async def find(
    session: AsyncSession,
    who: Who,
    ref: str,
    verb: Verb = Verb.TICKET_READ,
    *,
    lock: bool = False,
) -> Ticket:
    """What one may not see does not exist (404); what one sees but may not touch is 403.

    With `lock` the row is held until the transaction ends: two people act one after the other.
    FOR NO KEY UPDATE, so that the sweep may still write diary rows that point at the ticket.
    """
    ticket, may = await find_with(session, who, ref, verb, lock=lock)
    if not may:
        raise Forbidden("Your role does not allow this.")
    return ticket


async def of_message(session: AsyncSession, who: Who, ticket_id: int | None) -> Ticket | None:
    """The ticket a message was about, if he whom it was for may still say that he heard it."""
    found: Ticket | None = await session.scalar(
        select(Ticket).where(Ticket.id == ticket_id, visible(who, Verb.TICKET_ACKNOWLEDGE))
    )
    return found


async def find_with(
    session: AsyncSession, who: Who, ref: str, verb: Verb, *, lock: bool = False
) -> tuple[Ticket, bool]:
    """One may see it; and may one do this with it?"""
    is_everywhere = who.scope(Verb.TICKET_READ).everywhere
    asked = _BY_REF if is_everywhere else _BY_REF.where(visible(who))
    if "\0" in ref:  # PostgreSQL knows none; no ticket has one
        raise Missing("There is no ticket {ref}.", ref=ref.replace("\0", ""))
    if lock:
        asked = asked.with_for_update(key_share=True, of=Ticket).execution_options(
            populate_existing=True
        )
    row = (await session.execute(asked, {"ref": ref})).first()
    if row is None:
        raise Missing("There is no ticket {ref}.", ref=ref)
    ticket: Ticket = row[0]
    return ticket, who.may_for(verb, ticket.project_id, row[1])


async def assets_of(
    session: AsyncSession, ticket_ids: Sequence[int]
) -> Mapping[int, Sequence[Asset]]:
    """The assets named by some tickets, by code; one statement."""
    found: dict[int, list[Asset]] = defaultdict(list)
    if ticket_ids:
        rows = await session.execute(_ASSETS, {"ticket_ids": ticket_ids})
        for ticket_id, asset in rows:
            found[ticket_id].append(asset)
    return found


async def open_on_asset(session: AsyncSession, who: Who, asset_id: int) -> Sequence[Ticket]:
    """What is open there already, soonest due first; at most 50."""
    return (
        await session.scalars(
            select(Ticket)
            .join(TicketAsset, TicketAsset.ticket_id == Ticket.id)
            .where(TicketAsset.asset_id == asset_id, Ticket.is_open, visible(who))
            .order_by(Ticket.breaks_at, Ticket.id)
            .limit(50)
        )
    ).all()


async def open_on_project(
    session: AsyncSession, who: Who, project_id: int, limit: int = 50
) -> Sequence[Ticket]:
    return (
        await session.scalars(
            select(Ticket)
            .where(Ticket.project_id == project_id, Ticket.is_open, visible(who))
            .order_by(Ticket.breaks_at, Ticket.id)
            .limit(limit)
        )
    ).all()


# Said among ourselves, with whatever was typed: only for those who work on tickets.
OURS = (
    "ticket.noted",
    "ticket.called_again",
    "ticket.reminded",
    "ticket.handed_back",
    "call.promised",
    "clock.warned",
    "alert.climbed",
    "alert.unheard",
    "alert.acknowledged",
)


async def events_page(
    session: AsyncSession, ticket_id: int, *, limit: int, after: int, is_ours: bool
) -> Sequence[Event]:
    """The diary in the order it was written, after an event's id."""
    shown = true() if is_ours else Event.kind.not_in(OURS)
    return (
        await session.scalars(
            select(Event)
            .where(Event.ticket_id == ticket_id, Event.id > after, shown)
            .order_by(Event.id)
            .limit(limit)
        )
    ).all()


async def is_recorded(session: AsyncSession, ticket_id: int, key: UUID) -> bool:
    """Did a form of this name leave its line in the diary already? Asked under the lock."""
    told = exists().where(Event.ticket_id == ticket_id, Event.facts["key"].astext == str(key))
    return bool(await session.scalar(select(told)))


async def call_backs_of(session: AsyncSession, ticket_id: int) -> Sequence[CallBack]:
    return (await session.scalars(_CALL_BACKS, {"ticket_id": ticket_id})).all()


async def photos_of(session: AsyncSession, ticket_id: int) -> Sequence[TicketPhoto]:
    return (await session.scalars(_PHOTOS, {"ticket_id": ticket_id})).all()


async def is_photo_visible(session: AsyncSession, who: Who, photo_id: UUID) -> bool:
    """A photo is seen by those who see a ticket it belongs to."""
    asked = select(
        exists().where(
            TicketPhoto.photo_id == photo_id, TicketPhoto.ticket_id == Ticket.id, visible(who)
        )
    )
    return bool(await session.scalar(asked))


async def last_event_id(session: AsyncSession, ticket_id: int) -> int:
    """Grows with everything that happens to a ticket: its page's version."""
    return (
        await session.scalar(select(func.max(Event.id)).where(Event.ticket_id == ticket_id))
    ) or 0
