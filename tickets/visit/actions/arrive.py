"""On site: where the phone stood is kept, and never a condition."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.sla.rules import ActKind
from tickets.staff.rules import Role, Verb, Who
from tickets.ticket import queries as tickets
from tickets.ticket.actions import perform
from tickets.ticket.models import Ticket
from tickets.visit import queries
from tickets.visit.models import Position
from tickets.visit.rules import Stood


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
        facts={"positioned": True} if position else None,
    )
    if position is not None and not await queries.has_position(session, act.id):
        session.add(
            Position(
                act_id=act.id,
                lat=position.lat,
                lon=position.lon,
                accuracy_m=position.accuracy_m,
            )
        )
    if nobody_has_it:
        _take(session, ticket, who, now)
    return ticket


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
