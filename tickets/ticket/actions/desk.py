"""What the desk does with an open ticket: who takes it, what the caller was told, what else."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.project import actions as project_actions
from tickets.project.models import Project
from tickets.refusals import Invalid, Refused
from tickets.sla import queries as sla
from tickets.sla.models import Act
from tickets.sla.rules import ActKind, Promise, is_over_time
from tickets.staff import queries as staff
from tickets.staff.rules import Verb, Who
from tickets.ticket import queries
from tickets.ticket.actions.act import attach, must_be_open, perform
from tickets.ticket.actions.promise import keep_calls
from tickets.ticket.models import Ticket
from tickets.ticket.rules import Kind, Main


async def assign(
    session: AsyncSession,
    who: Who,
    ref: str,
    *,
    technician: str,
    now: datetime,
    version: int | None = None,
) -> Ticket:
    """派单. `technician` is a sign-in name or a number; `version` refuses a stale page."""
    ticket = await queries.find(session, who, ref, Verb.TICKET_ASSIGN, lock=True)
    must_be_open(ticket)
    _fresh(ticket, version)
    await _give(session, ticket, technician, who, now)
    return ticket


def _fresh(ticket: Ticket, version: int | None) -> None:
    if version is not None and version != ticket.version:
        raise Refused("Somebody has changed this ticket meanwhile; please look at it again.")


async def _give(
    session: AsyncSession, ticket: Ticket, technician: str, who: Who, now: datetime
) -> None:
    project = await session.get_one(Project, ticket.project_id)
    person = await staff.technician_named(
        session, technician, project_id=project.id, group_id=project.group_id
    )
    if person is None:
        raise Invalid("technician", "{name} is no technician of this project.", name=technician)
    may_give = who.may_for(Verb.TICKET_ASSIGN, project.id, project.group_id)
    if person.id != who.id and not may_give:
        raise Invalid("technician", "You may take this ticket yourself, not give it away.")
    if ticket.technician_id == person.id:
        return
    before, ticket.technician_id = ticket.technician_id, person.id
    ticket.departed_at = None  # that was another
    ticket.version += 1
    record(
        session,
        "ticket.assigned",
        at=now,
        ticket_id=ticket.id,
        project_id=ticket.project_id,
        by_id=who.id,
        technician_id=person.id,
        before_id=before,
    )


async def answer(
    session: AsyncSession,
    who: Who,
    ref: str,
    *,
    now: datetime,
    at: datetime | None = None,
    phone_time: datetime | None = None,
    note: str | None = None,
    technician: str | None = None,
    expected_at: datetime | None = None,
    key: UUID | None = None,
    photos: tuple[UUID, ...] = (),
    signature: UUID | None = None,
) -> Act:
    """The response: somebody of ours told the reporter who takes care and when he comes."""
    ticket = await queries.find_living(session, who, ref, Verb.TICKET_ANSWER)
    # Sent a second time it is the same act: it neither gives the ticket away again nor promises.
    is_new = key is None or await session.scalar(select(Act.id).where(Act.key == key)) is None
    if is_new and expected_at is not None and expected_at < ticket.reported_at:
        raise Invalid("expected_at", "Nobody comes before it was reported.")
    if technician and is_new:
        must_be_open(ticket)
        await _give(session, ticket, technician, who, now)
    act = await perform(
        session,
        ticket,
        ActKind.RESPONSE,
        who=who,
        at=at,
        phone_time=phone_time,
        now=now,
        key=key,
        photos=photos,
        signature=signature,
        facts={
            "note": note,
            "expected_at": expected_at.isoformat() if expected_at else None,
            "technician_id": ticket.technician_id,
        },
    )
    if expected_at is not None and is_new:
        ticket.expected_at = expected_at
    if is_new:
        await keep_calls(session, ticket, at=act.at, by_id=who.id, contact=ticket.reporter_id)
    return act


async def note(
    session: AsyncSession,
    who: Who,
    ref: str,
    *,
    text: str,
    now: datetime,
    photos: tuple[UUID, ...] = (),
    key: UUID | None = None,
) -> Ticket:
    """A line in the ticket's diary; also on a closed one. The same `key` again is the same line."""
    ticket = await queries.find(session, who, ref, Verb.TICKET_NOTE, lock=True)
    if key is not None and await queries.is_recorded(session, ticket.id, key):
        return ticket
    await attach(session, who, ticket, photos, "note")
    ticket.version += 1
    record(
        session,
        "ticket.noted",
        at=now,
        ticket_id=ticket.id,
        project_id=ticket.project_id,
        by_id=who.id,
        text=text,
        photos=len(photos),
        **({"key": str(key)} if key else {}),
    )
    return ticket


async def add_call(
    session: AsyncSession,
    who: Who,
    ref: str,
    *,
    name: str,
    phone: str,
    text: str | None,
    now: datetime,
    photos: tuple[UUID, ...] = (),
    key: UUID | None = None,
) -> Ticket:
    """Somebody calls about what is open already: the call joins the ticket, no second one."""
    ticket = await queries.find(session, who, ref, Verb.TICKET_NOTE, lock=True)
    if key is not None and await queries.is_recorded(session, ticket.id, key):
        return ticket
    must_be_open(ticket)
    project = await session.get_one(Project, ticket.project_id)
    contact = await project_actions.contact_for(session, project=project, name=name, phone=phone)
    await attach(session, who, ticket, photos, "note")
    ticket.version += 1
    record(
        session,
        "ticket.called_again",
        at=now,
        ticket_id=ticket.id,
        project_id=ticket.project_id,
        by_id=who.id,
        contact_id=contact.id,
        text=text,
        **({"key": str(key)} if key else {}),
    )
    return ticket


async def decide_main(
    session: AsyncSession,
    who: Who,
    ref: str,
    *,
    main: Main,
    now: datetime,
    version: int | None = None,
) -> Ticket:
    """Is main equipment out? Said by a person once somebody knows (rules.md §8)."""
    ticket = await queries.find(session, who, ref, Verb.TICKET_ANSWER, lock=True)
    must_be_open(ticket)
    _fresh(ticket, version)
    if ticket.kind != Kind.FAULT:
        raise Refused("Only a fault can put main equipment out.")
    if ticket.main_equipment == main:
        raise Refused("That is what the ticket says already.")
    clocks = await sla.locked(session, ticket.id, ticket.cycle)
    if any(c.promise == Promise.REPAIR and is_over_time(c, now) for c in clocks):
        # Still unknown at the breach counts as yes; nobody talks a debt away afterwards.
        raise Refused("The repair is overdue already: what the ticket said then counts.")
    before, ticket.main_equipment = ticket.main_equipment, main
    ticket.version += 1
    record(
        session,
        "ticket.main_decided",
        at=now,
        ticket_id=ticket.id,
        project_id=ticket.project_id,
        by_id=who.id,
        main_equipment=main,
        before=before,
    )
    return ticket
