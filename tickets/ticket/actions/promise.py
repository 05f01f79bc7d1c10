"""承诺回电: we tell a caller when we call him, and are held to it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.refusals import Invalid, Refused
from tickets.staff.rules import Verb, Who
from tickets.ticket import queries
from tickets.ticket.actions.act import must_be_open
from tickets.ticket.models import CallPromise, Ticket
from tickets.ticket.rules import GRACE

MINUTE = timedelta(minutes=1)  # forms know no seconds


async def promise_call(
    session: AsyncSession,
    who: Who,
    ref: str,
    *,
    at: datetime,
    now: datetime,
    note: str | None = None,
    contact: int | None = None,
    key: UUID | None = None,
) -> CallPromise:
    """`contact`: to which of the callers, where duplicates brought several; else the ticket's.
    The same `key` again is the same promise. Raises Invalid for an instant that has passed."""
    ticket = await queries.find_living(session, who, ref, Verb.CALL_PROMISE)
    if key is not None:
        known = await session.scalar(select(CallPromise).where(CallPromise.key == key))
        if known is not None:
            return known
    must_be_open(ticket)
    if at <= now:
        raise Invalid("at", "A call is promised for an instant that is still to come.")
    if contact is not None and contact not in await queries.callers_of(session, ticket.id):
        raise Invalid("contact", "This is nobody who called about this ticket.")
    made = CallPromise(
        ticket_id=ticket.id,
        contact_id=contact,
        at=at,
        note=note,
        by_id=who.id,
        created_at=now,
        watch_at=at,
        key=key,
    )
    session.add(made)
    await session.flush()
    await _tell_board(session, ticket)
    ticket.version += 1
    record(
        session,
        "call.promised",
        at=now,
        ticket_id=ticket.id,
        project_id=ticket.project_id,
        by_id=who.id,
        promise_id=made.id,
        promised_at=at.isoformat(),
        note=note,
    )
    return made


async def keep_call(
    session: AsyncSession, who: Who, ref: str, promise_id: int, *, now: datetime
) -> CallPromise:
    """He was called. Raises Refused where that is written down already."""
    ticket = await queries.find_living(session, who, ref, Verb.CALL_PROMISE)
    promise = await queries.promise_of(session, ticket, promise_id)
    await session.refresh(promise)
    if promise.kept_at is not None:
        raise Refused("This call has been made already.")
    if promise.lapsed_at is not None:
        raise Refused("The ticket ended before this call was made.")
    await _keep(session, ticket, [promise], at=now, by_id=who.id)
    return promise


async def keep_calls(
    session: AsyncSession, ticket: Ticket, *, at: datetime, by_id: int, contact: int | None
) -> None:
    """Whoever was spoken to, or tried, was called: what was promised to him before is kept. The
    ticket is locked."""
    if ticket.call_promised_at is None:
        return
    kept = [
        each
        for each in await queries.open_calls(session, ticket.id)
        if each.created_at - MINUTE <= at and (each.contact_id or ticket.reporter_id) == contact
    ]
    if kept:
        await _keep(session, ticket, kept, at=at, by_id=by_id)


async def _keep(
    session: AsyncSession,
    ticket: Ticket,
    promises: Sequence[CallPromise],
    *,
    at: datetime,
    by_id: int,
) -> None:
    for promise in promises:
        promise.kept_at, promise.kept_by_id, promise.watch_at = at, by_id, None
        record(
            session,
            "call.kept",
            at=at,
            ticket_id=ticket.id,
            project_id=ticket.project_id,
            by_id=by_id,
            promise_id=promise.id,
            promised_at=promise.at.isoformat(),
        )
    await session.flush()
    await _tell_board(session, ticket)
    ticket.version += 1


async def pass_on_calls(
    session: AsyncSession, duplicates: Sequence[Ticket], survivor: Ticket
) -> None:
    """Merged: what was promised to a duplicate's caller is to be kept at the survivor."""
    if all(duplicate.call_promised_at is None for duplicate in duplicates):
        return
    callers = {duplicate.id: duplicate.reporter_id for duplicate in duplicates}
    for promise in await queries.open_calls(session, *callers):
        promise.contact_id = promise.contact_id or callers[promise.ticket_id]
        promise.ticket_id = survivor.id
    for duplicate in duplicates:
        duplicate.call_promised_at = None
    await session.flush()
    await _tell_board(session, survivor)


async def lapse_calls(session: AsyncSession, ticket: Ticket, now: datetime) -> None:
    """The ticket ends: whoever waited for a call has heard, or waits no more."""
    if ticket.call_promised_at is None:
        return
    for promise in await queries.open_calls(session, ticket.id):
        promise.lapsed_at, promise.watch_at = now, None
    ticket.call_promised_at = None


async def _tell_board(session: AsyncSession, ticket: Ticket) -> None:
    open_ = await queries.open_calls(session, ticket.id)
    ticket.call_promised_at = open_[0].at if open_ else None


async def watch_calls(session: AsyncSession, now: datetime, limit: int = 200) -> int:
    """The sweep: promised calls whose instant has come, and those still not made ten minutes
    later. Gives how many it looked at."""
    found = await queries.calls_due(session, now, limit)
    for promise, project_id, is_open in found:
        is_second = promise.reminded_at is not None
        due = promise.at + GRACE if is_second else promise.at
        promise.watch_at = None if is_second or not is_open else promise.at + GRACE
        promise.reminded_at = promise.reminded_at or now
        if is_open:
            record(
                session,
                "call.missed" if is_second else "call.fell_due",
                at=due,
                ticket_id=promise.ticket_id,
                project_id=project_id,
                promise_id=promise.id,
                promised_at=promise.at.isoformat(),
            )
    return len(found)
