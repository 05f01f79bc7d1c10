"""夜间复核: lamps repaired by day are looked at after dark; temporary repairs are watched (§2)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.refusals import Invalid, Refused
from tickets.sla import queries as clocks_of
from tickets.staff.rules import Verb, Who
from tickets.ticket import queries
from tickets.ticket.actions.act import attach, delivered, flag, must_be_open, told_of, when
from tickets.ticket.actions.judging import judge_anew
from tickets.ticket.models import Ticket


async def check_after_dark(
    session: AsyncSession,
    who: Who,
    ref: str,
    *,
    passed: bool,
    now: datetime,
    note: str | None = None,
    at: datetime | None = None,
    phone_time: datetime | None = None,
    key: UUID | None = None,
    photos: Sequence[UUID] = (),
    signature: UUID | None = None,
) -> Ticket:
    """Passed, the repair's instant stands; failed, it was no repair, and what follows from that
    (a breach dated in the past) is recorded. Raises Refused where nothing waits for a look."""
    ticket = await queries.find_living(session, who, ref, Verb.TICKET_REPAIR)
    if key is not None and await queries.is_recorded(session, ticket.id, key):
        return ticket
    must_be_open(ticket)
    if not passed and not note:
        raise Invalid("note", "Say what was still dark.")
    story = await queries.story_of(session, ticket)
    waiting = [
        act
        for act in await clocks_of.acts_of_family(session, story.family)
        if act.dark_check == "waiting"
    ]
    if not waiting:
        raise Refused("No repair waits for a look after dark.")
    await delivered(session, who, phone_time, now)
    moment = when(ticket, at, phone_time, now)
    if moment.at < waiting[-1].at:
        raise Invalid("at", "This instant lies before the repair.")
    for act in waiting:
        act.dark_check = "passed" if passed else "failed"
        act.checked_at = moment.at
    flag(ticket, moment.flags)
    await attach(session, who, ticket, photos, "check", signature=signature)
    record(
        session,
        "ticket.checked",
        at=moment.at,
        ticket_id=ticket.id,
        project_id=ticket.project_id,
        by_id=who.id,
        passed=passed,
        note=note,
        **told_of(moment, at, key),
    )
    await judge_anew(session, ticket, now=now, by_id=who.id)
    return ticket


async def watch_repairs(session: AsyncSession, now: datetime, limit: int = 200) -> int:
    """The sweep: temporary repairs whose day is over, looks after dark that nobody took. Each is
    said once; one that a real repair has overtaken is not said at all."""
    found = await queries.watched(session, now, limit)
    for each in found:
        each.act.watched_at = now
        if each.is_overtaken or not each.is_open:
            continue
        record(
            session,
            "repair.expired" if each.act.expires_on is not None else "repair.unchecked",
            at=each.since,
            ticket_id=each.act.ticket_id,
            project_id=each.project_id,
            act_id=each.act.id,
            expires_on=each.act.expires_on.isoformat() if each.act.expires_on else None,
        )
    return len(found)
