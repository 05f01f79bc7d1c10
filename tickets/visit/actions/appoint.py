"""预约: agreed with the owner for an instant; whoever goes is reminded an hour before."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import Event, record
from tickets.notice import actions as notices
from tickets.refusals import Invalid
from tickets.staff import queries as staff
from tickets.staff.rules import Role, Verb, Who
from tickets.ticket import queries as tickets
from tickets.ticket.actions.act import attach, delivered, flag, must_be_open, told_of, when
from tickets.ticket.actions.tell.about import about, technician_of
from tickets.ticket.models import Ticket
from tickets.visit import queries, rules
from tickets.visit.models import Appointment


async def appoint(
    session: AsyncSession,
    who: Who,
    ref: str,
    *,
    for_at: datetime,
    now: datetime,
    note: str | None = None,
    at: datetime | None = None,
    phone_time: datetime | None = None,
    key: UUID | None = None,
    photos: Sequence[UUID] = (),
) -> Ticket:
    """It supersedes what was agreed before it; told late, after another was made, it is history.
    The same `key` again is the same appointment."""
    ticket = await tickets.find_living(session, who, ref, Verb.TICKET_ANSWER)
    if key is not None:
        known = await session.scalar(select(Appointment).where(Appointment.key == key))
        if known is not None and known.ticket_id != ticket.id:
            raise Invalid("key", "This key was used for something else.")
        if known is not None:
            return ticket
    must_be_open(ticket)
    await delivered(session, who, phone_time, now)
    moment = when(ticket, at, phone_time, now)
    if moment.skew is not None:
        for_at += moment.skew  # told by the phone's clock, as `at` is
    rules.check_appointment(moment.at, for_at)
    flag(ticket, moment.flags)
    await attach(session, who, ticket, photos, "appointment")
    before = await queries.appointments_open(session, ticket)
    is_latest = all(each.made_at <= moment.at for each in before)
    made = Appointment(
        ticket_id=ticket.id,
        for_at=for_at,
        note=note,
        made_at=moment.at,
        received_at=now,
        by_id=who.id,
        remind_at=rules.remind_at(for_at, now) if is_latest else None,
        ended_at=None if is_latest else moment.at,
        key=key,
    )
    session.add(made)
    if is_latest:
        _end(before, moment.at)
        ticket.appointment_at = ticket.expected_at = for_at
    ticket.version += 1
    await session.flush()
    record(
        session,
        "appointment.made",
        at=moment.at,
        ticket_id=ticket.id,
        project_id=ticket.project_id,
        by_id=who.id,
        appointment_id=made.id,
        for_at=for_at.isoformat(),
        note=note,
        **told_of(moment, at, key),
    )
    return ticket


async def come(session: AsyncSession, ticket: Ticket, at: datetime) -> None:
    """Somebody is there: nobody is on his way, and what was agreed before it has been kept."""
    if ticket.departed_at is not None and ticket.departed_at <= at:
        ticket.departed_at = None
    if ticket.appointment_at is None:
        return
    open_ = await queries.appointments_open(session, ticket)
    _end([each for each in open_ if each.made_at <= at], at)
    if all(each.ended_at is not None for each in open_):
        ticket.appointment_at = None


def _end(appointments: Sequence[Appointment], at: datetime) -> None:
    for each in appointments:
        each.ended_at, each.remind_at = at, None


async def watch_appointments(session: AsyncSession, now: datetime, limit: int = 200) -> int:
    """The sweep: appointments an hour away. Gives how many it looked at."""
    found = await queries.appointments_near(session, now, limit)
    for appointment, ticket in found:
        appointment.remind_at = None
        # Of an earlier cycle, or of what has ended, nobody need be reminded.
        if ticket.is_open and appointment.made_at >= ticket.reported_at:
            record(
                session,
                "appointment.near",
                at=now,
                ticket_id=ticket.id,
                project_id=ticket.project_id,
                appointment_id=appointment.id,
                for_at=appointment.for_at.isoformat(),
            )
    return len(found)


async def tell_of_appointment(session: AsyncSession, event: Event) -> None:
    """Whose ticket it is; where nobody has it, the hotline lead, for somebody must go."""
    appointment = await session.get(
        Appointment, event.facts["appointment_id"], populate_existing=True
    )
    if appointment is None or appointment.ended_at is not None:
        return
    ticket, project, facts = await about(session, event)
    to = list(await technician_of(session, ticket)) or await staff.in_role(
        session, Role.HOTLINE_LEAD, project_id=project.id, group_id=project.group_id
    )
    told = {"for_at": event.facts["for_at"], "note": appointment.note}
    await notices.write(session, event, to=to, facts=facts | told, reach="push")
