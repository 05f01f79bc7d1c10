"""On site: where the phone stood is kept, and never a condition."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.project import queries as projects
from tickets.sla.rules import ActKind
from tickets.staff.rules import Role, Verb, Who
from tickets.ticket import queries as tickets
from tickets.ticket.actions import perform
from tickets.ticket.models import Ticket
from tickets.visit import queries, rules
from tickets.visit.actions.appoint import come
from tickets.visit.models import Position
from tickets.visit.rules import Judged, Spot, Stood


async def arrive(
    session: AsyncSession,
    who: Who,
    ref: str,
    *,
    now: datetime,
    at: datetime | None = None,
    phone_time: datetime | None = None,
    key: UUID | None = None,
    position: Stood | None = None,
    photos: Sequence[UUID] = (),
    signature: UUID | None = None,
) -> Ticket:
    """到场. Where the phone stood is kept, and never a condition."""
    ticket = await tickets.find_living(session, who, ref, Verb.TICKET_ARRIVE)
    judged = await _judged(session, ticket, position) if position else None
    nobody_has_it = ticket.technician_id is None and Role.TECHNICIAN in who.roles
    act = await perform(
        session,
        ticket,
        ActKind.ARRIVAL,
        who=who,
        at=at,
        phone_time=phone_time,
        now=now,
        key=key,
        photos=photos,
        signature=signature,
        facts=_told(position, judged) if position and judged else None,
    )
    if position and judged and not await queries.has_position(session, act.id):
        session.add(
            Position(
                act_id=act.id,
                lat=position.lat,
                lon=position.lon,
                accuracy_m=position.accuracy_m,
                is_mock=position.is_mock,
                distance_m=judged.distance_m,
                verdict=judged.nearness,
            )
        )
    await come(session, ticket, act.at)
    if nobody_has_it:
        _take(session, ticket, who, now)
    return ticket


async def _judged(session: AsyncSession, ticket: Ticket, position: Stood) -> Judged:
    """By where the register says that the ticket's assets are; a doubtful place says nothing."""
    named = (await tickets.assets_of(session, [ticket.id])).get(ticket.id, ())
    spots = [
        Spot(asset.code, asset.lat, asset.lon, asset.datum)
        for asset in named
        if asset.lat is not None and asset.lon is not None and not asset.is_place_doubtful
    ]
    terms = await projects.terms_at(session, ticket.project_id, ticket.reported_at)
    return rules.judged(position, spots, terms.arrival_radius_m)


def _told(position: Stood, judged: Judged) -> dict[str, Any]:
    """For the diary: how far, how exact; not where he stood."""
    return {
        "positioned": True,
        "nearness": judged.nearness,
        "distance_m": None if judged.distance_m is None else round(judged.distance_m),
        "accuracy_m": None if position.accuracy_m is None else round(position.accuracy_m),
        "asset": judged.code,
        **({"mock": True} if position.is_mock else {}),
    }


def _take(session: AsyncSession, ticket: Ticket, who: Who, now: datetime) -> None:
    """He who stands at what nobody has, has it."""
    ticket.technician_id = who.id
    record(
        session,
        "ticket.assigned",
        at=now,
        ticket_id=ticket.id,
        project_id=ticket.project_id,
        by_id=who.id,
        technician_id=who.id,
        before_id=None,
    )
