"""已出发: he is on his way, and the desk can tell the owner when he comes."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.refusals import Refused
from tickets.sla import queries as sla
from tickets.sla.rules import ActKind
from tickets.staff.rules import Role, Verb, Who
from tickets.ticket import queries as tickets
from tickets.ticket.actions.act import attach, delivered, flag, must_take, told_of, when
from tickets.ticket.models import Ticket
from tickets.ticket.rules import Status
from tickets.visit import rules


async def depart(
    session: AsyncSession,
    who: Who,
    ref: str,
    *,
    now: datetime,
    expected_at: datetime | None = None,
    note: str | None = None,
    at: datetime | None = None,
    phone_time: datetime | None = None,
    key: UUID | None = None,
    photos: Sequence[UUID] = (),
) -> Ticket:
    """No clock is judged by it. Told late, after somebody arrived, it is a line of the diary and
    no more. The same `key` again is the same act."""
    ticket = await tickets.find_living(session, who, ref, Verb.TICKET_ARRIVE)
    if key is not None and await tickets.is_recorded(session, ticket.id, key):
        return ticket
    await delivered(session, who, phone_time, now)
    moment = when(ticket, at, phone_time, now)
    must_take(ticket, moment.at if at is not None else None)
    if ticket.status == Status.REPAIRED and at is None:
        raise Refused("It is repaired already: nobody need go there.")
    if expected_at is not None:
        if moment.skew is not None:
            expected_at += moment.skew  # told by the phone's clock, as `at` is
        rules.check_expected(moment.at, expected_at)
    flag(ticket, moment.flags)
    await attach(session, who, ticket, photos, "departure")
    is_his = who.id == ticket.technician_id or Role.TECHNICIAN not in who.roles
    if ticket.is_open and is_his and not await _has_come(session, ticket, moment.at):
        ticket.departed_at = moment.at
        ticket.expected_at = expected_at or ticket.expected_at
    ticket.version += 1
    record(
        session,
        "ticket.departed",
        at=moment.at,
        ticket_id=ticket.id,
        project_id=ticket.project_id,
        by_id=who.id,
        note=note,
        expected_at=expected_at.isoformat() if expected_at else None,
        **told_of(moment, at, key),
    )
    return ticket


async def _has_come(session: AsyncSession, ticket: Ticket, since: datetime) -> bool:
    """Somebody arrived, or repaired it, at or after that instant."""
    family = await tickets.family_of(session, ticket.id)
    came = (ActKind.ARRIVAL, ActKind.REPAIR)
    acts = await sla.acts_of_family(session, family)
    return any(act.kind in came and act.at >= since for act in acts)
