"""A duplicate that was none is a ticket of its own again (§2)."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.refusals import Refused
from tickets.sla import queries as clocks_of
from tickets.sla.models import SeverityChange
from tickets.sla.rules import severity_now
from tickets.staff.rules import Verb, Who
from tickets.ticket import queries
from tickets.ticket.actions.judging import judge_anew
from tickets.ticket.actions.merge import decide_cover
from tickets.ticket.models import Merge, Ticket
from tickets.ticket.rules import Status


async def split(session: AsyncSession, who: Who, ref: str, *, reason: str, now: datetime) -> Ticket:
    """The duplicate was none: both are derived anew, each from its own report and acts."""
    found = await queries.find(session, who, ref, Verb.TICKET_MERGE)
    duplicate, *others = await queries.held_chain(session, found)
    if not others:
        raise Refused("Ticket {ref} is not merged into another.", ref=ref)
    survivor, *above = others
    joined = (
        await session.scalars(
            select(Merge).where(Merge.duplicate_id == duplicate.id, Merge.split_at.is_(None))
        )
    ).one()
    joined.split_at, joined.split_by_id = now, who.id
    await session.execute(
        update(SeverityChange)
        .where(SeverityChange.merge_id == joined.id, SeverityChange.undone_at.is_(None))
        .values(undone_at=now)
    )
    duplicate.merged_into_id = None
    duplicate.is_open, duplicate.closed_at = True, None
    duplicate.status = Status.OPEN
    await _give_back(session, survivor, who, now)
    for each in above:
        await _give_back(session, each, who, now)
    top = [survivor, *above][-1]
    for one, other, how in ((duplicate, survivor, "from"), (survivor, duplicate, "off")):
        record(
            session,
            "ticket.split",
            at=now,
            ticket_id=one.id,
            project_id=one.project_id,
            by_id=who.id,
            how=how,
            ref=other.ref,
            reason=reason,
        )
    await judge_anew(session, top, now=now, by_id=who.id)
    await judge_anew(session, duplicate, now=now, by_id=who.id)
    return duplicate


async def _give_back(session: AsyncSession, survivor: Ticket, who: Who, now: datetime) -> None:
    """Severity and report of the survivor, without what the duplicate had brought."""
    await session.flush()
    story = await queries.story_of(session, survivor)
    survivor.severity = severity_now(story, await clocks_of.changes_of(session, survivor.id))
    for past in await queries.past_cycles(session, survivor.id):
        if past.own_reported_at is not None:  # its cover stands, whoever reported first (§4)
            past.reported_at = await queries.earliest_report(
                session, survivor, past.own_reported_at
            )
    if survivor.own_reported_at is not None:
        left = await queries.earliest_report(session, survivor, survivor.own_reported_at)
        if left != survivor.reported_at:
            survivor.reported_at = left
            if left == survivor.own_reported_at:
                survivor.own_reported_at = None
            await decide_cover(session, survivor, who, now)
