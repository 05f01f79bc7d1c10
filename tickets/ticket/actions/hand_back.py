"""退单: a technician gives his ticket back, and the desk hears of it at once."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.refusals import Refused
from tickets.staff.rules import Verb, Who
from tickets.ticket import queries
from tickets.ticket.actions.act import attach, delivered, flag, must_be_open, told_of, when
from tickets.ticket.models import Ticket
from tickets.ticket.rules import check_hand_back


async def hand_back(
    session: AsyncSession,
    who: Who,
    ref: str,
    *,
    reason: str,
    note: str | None,
    now: datetime,
    at: datetime | None = None,
    phone_time: datetime | None = None,
    key: UUID | None = None,
    photos: Sequence[UUID] = (),
) -> Ticket:
    """Nobody has it then, and its clocks run on. Only one's own: Refused where another has it by
    now, or nobody. The same `key` again is the same act."""
    ticket = await queries.find_living(session, who, ref, Verb.TICKET_HAND_BACK)
    if key is not None and await queries.is_recorded(session, ticket.id, key):
        return ticket
    must_be_open(ticket)
    check_hand_back(reason, note)
    if ticket.technician_id is None:
        raise Refused("Nobody has this ticket: there is nothing to hand back.")
    if ticket.technician_id != who.id:
        raise Refused("This ticket is somebody else's by now: only he can hand it back.")
    await delivered(session, who, phone_time, now)
    moment = when(ticket, at, phone_time, now)
    flag(ticket, moment.flags)
    await attach(session, who, ticket, photos, "hand_back")
    ticket.technician_id = ticket.departed_at = None
    ticket.version += 1
    record(
        session,
        "ticket.handed_back",
        at=moment.at,
        ticket_id=ticket.id,
        project_id=ticket.project_id,
        by_id=who.id,
        reason_code=reason,
        note=note,
        before_id=who.id,
        **told_of(moment, at, key),
    )
    return ticket
