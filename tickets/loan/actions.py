"""A substitution becomes owed, lapses, or is settled by a measure or the owner's refusal."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import Event, record
from tickets.loan import queries, rules
from tickets.loan.models import Settlement, Substitution
from tickets.loan.rules import SubstitutionState
from tickets.project import actions as project_actions
from tickets.project.models import Project
from tickets.refusals import Invalid
from tickets.sla.models import Clock
from tickets.sla.rules import Promise
from tickets.staff.rules import Verb, Who
from tickets.ticket import queries as tickets
from tickets.ticket.actions.act import attach, flag, must_be_open, when
from tickets.ticket.models import Ticket


async def owe(session: AsyncSession, event: Event) -> None:
    """Reaction to `clock.breached`. Looks at how things stand, so late or twice changes nothing."""
    found = await _clock(session, event)
    if found is None:
        return
    ticket, clock = found
    if clock.breached_at is None or clock.started_at is None or clock.is_imported:
        return  # withdrawn meanwhile; or an old ticket, which owes nothing
    cover = await tickets.cover_of(session, ticket, clock.cycle)
    if not rules.is_owed(cover, ticket.main_equipment):
        return
    debt = await queries.debt_of(session, ticket.id, clock.cycle)
    if debt is not None and debt.state != SubstitutionState.LAPSED:
        # An arrival told late may have moved the breach: the debt moves with it.
        debt.owed_at = rules.owed_at(clock.started_at, clock.target)
        return
    family = await tickets.family_of(session, ticket.id)
    told = rules.standing(await queries.settlements_of_family(session, family, clock.cycle))
    if debt is None:
        debt = Substitution(ticket_id=ticket.id, cycle=clock.cycle)
        session.add(debt)
    debt.owed_at = rules.owed_at(clock.started_at, clock.target)
    debt.state, debt.settled_at = told.state, told.settled_at
    ticket.version += 1
    record(
        session,
        "substitution.owed",
        at=debt.owed_at,
        ticket_id=ticket.id,
        project_id=ticket.project_id,
        cycle=clock.cycle,
        breach_no=clock.breach_no,
        main_equipment=ticket.main_equipment,
        state=debt.state,
    )


async def lapse(session: AsyncSession, event: Event) -> None:
    """Reaction to `clock.breach_withdrawn`: what was settled stands, what was not is not owed."""
    found = await _clock(session, event)
    if found is None:
        return
    ticket, clock = found
    debt = await queries.debt_of(session, ticket.id, clock.cycle)
    if clock.breached_at is not None or debt is None or debt.state != SubstitutionState.OWED:
        return
    debt.state = SubstitutionState.LAPSED
    ticket.version += 1
    record(
        session,
        "substitution.lapsed",
        at=event.happened_at,
        ticket_id=ticket.id,
        project_id=ticket.project_id,
        cycle=clock.cycle,
        breach_no=event.facts["breach_no"],
    )


async def _clock(session: AsyncSession, event: Event) -> tuple[Ticket, Clock] | None:
    """The repair clock the event speaks of and its ticket, locked in the order everybody locks."""
    if event.facts["promise"] != Promise.REPAIR or event.ticket_id is None:
        return None
    ticket = await session.get_one(
        Ticket, event.ticket_id, with_for_update={"key_share": True}, populate_existing=True
    )
    clock = (
        await session.scalars(
            select(Clock)
            .where(Clock.id == event.facts["clock_id"])
            .execution_options(populate_existing=True)
        )
    ).one_or_none()
    return (ticket, clock) if clock is not None else None


async def record_measure(
    session: AsyncSession,
    who: Who,
    ref: str,
    *,
    description: str,
    now: datetime,
    at: datetime | None = None,
    phone_time: datetime | None = None,
    key: UUID | None = None,
    photos: Sequence[UUID] = (),
    signature: UUID | None = None,
) -> Ticket:
    """An emergency measure: what was done so that the owner has light; may precede the debt."""
    ticket = await tickets.find(session, who, ref, Verb.SUBSTITUTION_SETTLE, lock=True)
    return await _settle(
        session, who, ticket, SubstitutionState.MEASURE, description, None,
        now=now, at=at, phone_time=phone_time, key=key, photos=photos, signature=signature,
    )  # fmt: skip


async def record_refusal(
    session: AsyncSession,
    who: Who,
    ref: str,
    *,
    by: str,
    note: str | None = None,
    now: datetime,
    at: datetime | None = None,
    phone_time: datetime | None = None,
    key: UUID | None = None,
    photos: Sequence[UUID] = (),
    signature: UUID | None = None,
) -> Ticket:
    """The owner declines. `by` names his person, who is kept as a contact and by reference."""
    ticket = await tickets.find(session, who, ref, Verb.SUBSTITUTION_SETTLE, lock=True)
    return await _settle(
        session, who, ticket, SubstitutionState.DECLINED, note or "", by,
        now=now, at=at, phone_time=phone_time, key=key, photos=photos, signature=signature,
    )  # fmt: skip


async def _settle(
    session: AsyncSession,
    who: Who,
    ticket: Ticket,
    kind: SubstitutionState,
    description: str,
    by: str | None,
    *,
    now: datetime,
    at: datetime | None,
    phone_time: datetime | None,
    key: UUID | None,
    photos: Sequence[UUID],
    signature: UUID | None,
) -> Ticket:
    if key is not None and (known := await queries.by_key(session, key)) is not None:
        if (known.ticket_id, known.kind) != (ticket.id, kind):
            raise Invalid("key", "This key was used for something else.")
        return ticket
    debt = await queries.debt_of(session, ticket.id, ticket.cycle)
    if debt is None or debt.state != SubstitutionState.OWED:
        must_be_open(ticket)  # what is still owed is settled after the end, too
    moment = when(ticket, at, phone_time, now)
    contact_id = None
    if by is not None:
        project = await session.get_one(Project, ticket.project_id)
        contact = await project_actions.contact_for(session, project=project, name=by, phone="")
        contact_id = contact.id
    made = Settlement(
        ticket_id=ticket.id,
        cycle=ticket.cycle,
        kind=kind,
        at=moment.at,
        description=description,
        by_id=who.id,
        contact_id=contact_id,
        key=key,
    )
    session.add(made)
    await session.flush()
    flag(ticket, moment.flags)
    await attach(session, who, ticket, photos, kind, signature=signature)
    if debt is not None and debt.state == SubstitutionState.OWED:
        debt.state, debt.settled_at = kind, moment.at
    ticket.version += 1
    record(
        session,
        "substitution.settled",
        at=moment.at,
        ticket_id=ticket.id,
        project_id=ticket.project_id,
        by_id=who.id,
        how=kind,
        settlement_id=made.id,
        contact_id=contact_id,
        is_before_debt=debt is None,
        flags=list(moment.flags),
        photos=len(photos),
    )
    return ticket
