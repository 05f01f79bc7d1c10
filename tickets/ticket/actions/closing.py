"""The end of a ticket: asking the owner, closing with his word, cancelling."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.refusals import Invalid, Refused
from tickets.sla.rules import ActKind
from tickets.staff.rules import Verb, Who
from tickets.ticket import queries, rules
from tickets.ticket.actions.act import attach, end_pauses, flag, must_be_open, perform, when
from tickets.ticket.actions.asking import settle_asking
from tickets.ticket.actions.judging import end_clocks
from tickets.ticket.actions.promise import keep_calls, lapse_calls
from tickets.ticket.models import CallBack, Ticket
from tickets.ticket.rules import NOTHING_BREAKS, Asked, Kind, Status


async def call_back(
    session: AsyncSession,
    who: Who,
    ref: str,
    *,
    outcome: str,
    rating: int | None,
    now: datetime,
    at: datetime | None = None,
    phone_time: datetime | None = None,
    note: str | None = None,
    key: UUID | None = None,
    contact: int | None = None,
    photos: Sequence[UUID] = (),
    signature: UUID | None = None,
) -> CallBack | None:
    """回访. Satisfaction is asked once per cycle (rules.md §4). Three tries may stand for the
    owner's word, so a form sent twice (`key`) is one try: None.

    `contact`: which of the callers was asked, where duplicates brought several; else the ticket's.
    """
    ticket = await queries.find(session, who, ref, Verb.TICKET_CALL_BACK, lock=True)
    if key is not None and await queries.is_recorded(session, ticket.id, key):
        return None
    must_be_open(ticket)
    if ticket.kind == Kind.FAULT and ticket.status != Status.REPAIRED:
        raise Refused("The repair has not been recorded yet.")
    if ticket.status == Status.OPEN:
        raise Refused("Nobody has answered the caller yet.")
    asked = await queries.call_backs_of(session, ticket.id)
    if rating is not None and any(c.rating for c in asked if c.cycle == ticket.cycle):
        raise Refused("The owner has been asked how satisfied he is already.")
    if contact is not None and contact not in await queries.callers_of(session, ticket.id):
        raise Invalid("contact", "This is nobody who called about this ticket.")
    moment = when(ticket, at, phone_time, now)
    flag(ticket, moment.flags)
    await attach(session, who, ticket, photos, "call_back", signature=signature)
    made = CallBack(
        ticket_id=ticket.id,
        cycle=ticket.cycle,
        at=moment.at,
        outcome=outcome,
        rating=rating,
        note=note,
        by_id=who.id,
        contact_id=contact,
    )
    session.add(made)
    ticket.version += 1
    record(
        session,
        "ticket.called_back",
        at=moment.at,
        ticket_id=ticket.id,
        project_id=ticket.project_id,
        by_id=who.id,
        outcome=outcome,
        rating=rating,
        note=note,
        **({"contact_id": contact} if contact is not None else {}),
        **({"key": str(key)} if key else {}),
    )
    await keep_calls(
        session, ticket, at=moment.at, by_id=who.id, contact=contact or ticket.reporter_id
    )
    await session.flush()
    await settle_asking(session, ticket, moment.at)
    return made


async def close(
    session: AsyncSession,
    who: Who,
    ref: str,
    *,
    now: datetime,
    at: datetime | None = None,
    phone_time: datetime | None = None,
    confirmed_by: str | None = None,
    outcome: str | None = None,
    told: str | None = None,
    photos: Sequence[UUID] = (),
    signature: UUID | None = None,
) -> Ticket:
    """结案. With the owner's word or after three tries; `out_of_scope` says what was told."""
    ticket = await queries.find(session, who, ref, Verb.TICKET_CLOSE, lock=True)
    if outcome == "out_of_scope" and not told:
        raise Invalid("told", "Say what the caller was told, and to whom it was passed.")
    asked = [
        Asked(each.outcome)
        for each in await queries.call_backs_of(session, ticket.id)
        if each.cycle == ticket.cycle
    ]
    obstacle = rules.why_not_close(
        ticket.kind,
        ticket.status,
        asked,
        confirmed_by=confirmed_by,
        outcome=outcome,
        awaits_look=await queries.awaits_look(session, ticket),
    )
    if obstacle:
        raise Refused(obstacle)
    moment = when(ticket, at, phone_time, now)
    flag(ticket, moment.flags)
    await attach(session, who, ticket, photos, "closing", signature=signature)
    if ticket.status == Status.OPEN:
        # Whoever tells the caller that this is not ours has answered him.
        await perform(
            session,
            ticket,
            ActKind.RESPONSE,
            who=who,
            at=moment.at if moment.at <= now else None,
            now=now,
        )
    if ticket.status != Status.REPAIRED:
        await _end_all(session, ticket, who, now)
    await lapse_calls(session, ticket, now)
    ticket.confirmed_by = confirmed_by
    ticket.outcome = outcome
    _end(ticket, Status.CLOSED, moment.at)
    record(
        session,
        "ticket.closed",
        at=moment.at,
        ticket_id=ticket.id,
        project_id=ticket.project_id,
        by_id=who.id,
        outcome=outcome,
        told=told,
        is_confirmed=confirmed_by is not None,
        tries=len(asked),
    )
    return ticket


async def cancel(
    session: AsyncSession,
    who: Who,
    ref: str,
    *,
    reason: str,
    now: datetime,
    at: datetime | None = None,
    phone_time: datetime | None = None,
    photos: Sequence[UUID] = (),
    signature: UUID | None = None,
) -> Ticket:
    """作废. Unmet clocks not yet late are not needed any more; a breach stays (rules.md §2)."""
    ticket = await queries.find(session, who, ref, Verb.TICKET_CANCEL, lock=True)
    must_be_open(ticket)
    if ticket.status == Status.REPAIRED:
        raise Refused("What has been repaired is closed, not cancelled.")
    moment = when(ticket, at, phone_time, now)
    flag(ticket, moment.flags)
    await attach(session, who, ticket, photos, "cancelling", signature=signature)
    await _end_all(session, ticket, who, now)
    await lapse_calls(session, ticket, now)
    _end(ticket, Status.CANCELLED, moment.at)
    record(
        session,
        "ticket.cancelled",
        at=moment.at,
        ticket_id=ticket.id,
        project_id=ticket.project_id,
        by_id=who.id,
        reason=reason,
    )
    return ticket


async def _end_all(session: AsyncSession, ticket: Ticket, who: Who, now: datetime) -> None:
    family = await queries.family_of(session, ticket.id)
    await end_pauses(session, family, now, who, by_act="end")
    await end_clocks(session, ticket, now=now, by_id=who.id)


def _end(ticket: Ticket, status: Status, at: datetime) -> None:
    ticket.status = status
    ticket.is_open = False
    ticket.closed_at = at
    ticket.breaks_at = NOTHING_BREAKS
    ticket.paused_since = ticket.ask_at = None
    ticket.version += 1
