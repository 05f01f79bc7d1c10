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
from tickets.sla import queries as sla
from tickets.sla.models import Clock
from tickets.sla.rules import Promise, is_over_time
from tickets.staff.rules import Verb, Who
from tickets.ticket import queries as tickets
from tickets.ticket.actions.act import attach, flag, must_be_open, told_of, when
from tickets.ticket.models import Ticket


async def owe(session: AsyncSession, event: Event) -> None:
    """Reaction to `clock.breached`. Looks at how things stand, so late or twice changes nothing."""
    found = await _clock(session, event)
    if found is not None:
        await _reckon(session, *found, at=event.recorded_at)


async def lapse(session: AsyncSession, event: Event) -> None:
    """Reaction to `clock.breach_withdrawn`: what was settled stands; what was not is not owed any
    more, unless only a pause has lifted the breach: the owner was without light all the same."""
    found = await _clock(session, event)
    if found is not None:
        await _reckon(session, *found, at=event.happened_at)


async def owe_after_repair(session: AsyncSession, event: Event) -> None:
    """Reaction to `ticket.repaired`: in time by its pauses, and still too long for the owner."""
    assert event.ticket_id is not None
    ticket = await _locked(session, event.ticket_id)
    for clock in await sla.all_clocks(session, ticket.id):
        if clock.promise == Promise.REPAIR and clock.closed_as is None:
            await _reckon(session, ticket, clock, at=event.recorded_at)


async def owe_while_paused(session: AsyncSession, now: datetime, limit: int = 200) -> int:
    """The sweep: repairs that stand still, or have, and are over the time promised without that.
    No breach tells of them. Returns how many debts it noted."""
    for ticket_id, clock_id in (found := await queries.owing(session, now, limit)):
        ticket = await _locked(session, ticket_id)
        clock = await session.get_one(Clock, clock_id, populate_existing=True)
        await _reckon(session, ticket, clock, at=now)
    return len(found)


async def _reckon(session: AsyncSession, ticket: Ticket, clock: Clock, *, at: datetime) -> None:
    """Bring the debt of a cycle to what its repair clock says; idempotent."""
    if clock.is_imported:
        return  # an old ticket owes nothing
    debt = await queries.debt_of(session, ticket.id, clock.cycle)
    is_standing = debt is not None and debt.state != SubstitutionState.LAPSED
    if not is_over_time(clock, at):
        if debt is not None and debt.state == SubstitutionState.OWED:
            await _let_go(session, ticket, debt, clock, at)
        return
    started = clock.started_at or clock.starts_by
    assert started is not None
    owed_at = rules.owed_at(started, clock.target)
    if debt is not None and is_standing:
        debt.owed_at = owed_at  # news may have moved it
        return
    cover = await tickets.cover_of(session, ticket, clock.cycle)
    if not rules.is_owed(cover, ticket.main_equipment):
        return
    family = await tickets.family_of(session, ticket.id)
    told = rules.standing(await queries.settlements_of_family(session, family, clock.cycle))
    if debt is None:
        debt = Substitution(ticket_id=ticket.id, cycle=clock.cycle)
        session.add(debt)
    debt.owed_at, debt.state, debt.settled_at = owed_at, told.state, told.settled_at
    ticket.version += 1
    record(
        session,
        "substitution.owed",
        at=owed_at,
        ticket_id=ticket.id,
        project_id=ticket.project_id,
        cycle=clock.cycle,
        breach_no=clock.breach_no,
        main_equipment=ticket.main_equipment,
        state=debt.state,
    )


async def _let_go(
    session: AsyncSession, ticket: Ticket, debt: Substitution, clock: Clock, at: datetime
) -> None:
    debt.state = SubstitutionState.LAPSED
    ticket.version += 1
    record(
        session,
        "substitution.lapsed",
        at=at,
        ticket_id=ticket.id,
        project_id=ticket.project_id,
        cycle=clock.cycle,
        breach_no=clock.breach_no,
    )


async def _locked(session: AsyncSession, ticket_id: int) -> Ticket:
    return await session.get_one(
        Ticket, ticket_id, with_for_update={"key_share": True}, populate_existing=True
    )


async def _clock(session: AsyncSession, event: Event) -> tuple[Ticket, Clock] | None:
    """The repair clock the event speaks of and its ticket, locked in the order everybody locks."""
    if event.facts["promise"] != Promise.REPAIR or event.ticket_id is None:
        return None
    ticket = await _locked(session, event.ticket_id)
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
        photos=len(photos),
        **told_of(moment, at, key),
    )
    return ticket
