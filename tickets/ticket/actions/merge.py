"""Two tickets about one dark street become one, and two again if that was wrong (§2)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.project import queries as projects
from tickets.project.models import Project
from tickets.refusals import Invalid, Refused
from tickets.sla import actions as sla
from tickets.sla import queries as clocks_of
from tickets.sla.models import SeverityChange
from tickets.sla.rules import ClockState, severity_now, state
from tickets.staff.rules import Verb, Who
from tickets.ticket import queries
from tickets.ticket.actions.judging import judge_anew
from tickets.ticket.models import Merge, Ticket
from tickets.ticket.rules import NOTHING_BREAKS, Main, Severity, Status


async def merge(
    session: AsyncSession,
    who: Who,
    ref: str,
    *,
    into: str,
    now: datetime,
    reason: str | None = None,
) -> Ticket:
    """并案. `ref` is the duplicate; gives the survivor, its clocks derived anew from the earliest
    report. An S1 needs a reason, and the survivor takes over the danger."""
    duplicate, survivor = await _both(session, who, ref, into, reason)
    story = await queries.story_of(session, survivor)
    if duplicate.reported_at < story.cycles[-1].reported_at and len(story.cycles) > 1:
        raise Refused(
            "{ref} was reported before {into} came again: it is about the time before.",
            ref=duplicate.ref,
            into=survivor.ref,
        )
    joined = Merge(
        duplicate_id=duplicate.id, survivor_id=survivor.id, at=now, reason=reason, by_id=who.id
    )
    session.add(joined)
    await session.flush()
    await _take_over_danger(session, survivor, duplicate, joined, who, now)
    duplicate.merged_into_id = survivor.id
    duplicate.status, duplicate.is_open = Status.MERGED, False
    duplicate.closed_at = now
    duplicate.breaks_at, duplicate.paused_since = NOTHING_BREAKS, None
    duplicate.version += 1
    if duplicate.reported_at < survivor.reported_at:
        survivor.own_reported_at = survivor.own_reported_at or survivor.reported_at
        survivor.reported_at = duplicate.reported_at
        await _decide_cover(session, survivor, who, now)
    if Main.YES in (duplicate.main_equipment, survivor.main_equipment):
        survivor.main_equipment = Main.YES  # what is out is out, whoever called about it
    if survivor.technician_id is None:
        survivor.technician_id = duplicate.technician_id
    for one, other, how in ((duplicate, survivor, "into"), (survivor, duplicate, "from")):
        record(
            session,
            "ticket.merged",
            at=now,
            ticket_id=one.id,
            project_id=one.project_id,
            by_id=who.id,
            how=how,
            ref=other.ref,
            reason=reason,
        )
    await judge_anew(session, survivor, now=now, by_id=who.id)
    await _supersede(session, duplicate, survivor, who, now)
    return survivor


async def merge_many(
    session: AsyncSession,
    who: Who,
    refs: Sequence[str],
    *,
    now: datetime,
    reason: str | None = None,
) -> Ticket:
    """Many calls about one dark circuit: the gravest survives, the earliest of these (§2)."""
    refs = list(dict.fromkeys(refs))
    if len(refs) < 2:
        raise Refused("Choose at least two tickets to merge.")
    found = [await queries.find(session, who, ref, Verb.TICKET_MERGE) for ref in refs]
    survivor, *rest = sorted(found, key=lambda t: (t.severity, t.reported_at, t.id))
    for duplicate in rest:
        survivor = await merge(
            session, who, duplicate.ref, into=survivor.ref, now=now, reason=reason
        )
    return survivor


async def split(session: AsyncSession, who: Who, ref: str, *, reason: str, now: datetime) -> Ticket:
    """The duplicate was none: both are derived anew, each from its own report and acts."""
    duplicate = await queries.find(session, who, ref, Verb.TICKET_MERGE, lock=True)
    if duplicate.merged_into_id is None:
        raise Refused("Ticket {ref} is not merged into another.", ref=ref)
    survivor = await session.get_one(
        Ticket,
        duplicate.merged_into_id,
        with_for_update={"key_share": True},
        populate_existing=True,
    )
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
    top = survivor
    await _give_back(session, top, who, now)
    while top.merged_into_id is not None:
        top = await session.get_one(
            Ticket, top.merged_into_id, with_for_update={"key_share": True}, populate_existing=True
        )
        await _give_back(session, top, who, now)
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


async def _both(
    session: AsyncSession, who: Who, ref: str, into: str, reason: str | None
) -> tuple[Ticket, Ticket]:
    """Locked in the order of their numbers, so that two who merge crosswise wait in line.

    Looked at before, too: whoever acts on a duplicate locks it first and its survivor then, and
    one who merges it once more must not stand in his way.
    """
    if ref == into:
        raise Invalid("ref", "A ticket cannot be merged into itself.")
    first = await queries.find(session, who, ref, Verb.TICKET_MERGE)
    second = await queries.find(session, who, into, Verb.TICKET_MERGE)
    _check(first, second, reason)
    for ticket in sorted((first, second), key=lambda each: each.id):
        await queries.find(session, who, ticket.ref, Verb.TICKET_MERGE, lock=True)
    _check(first, second, reason)
    return first, second


def _check(duplicate: Ticket, survivor: Ticket, reason: str | None) -> None:
    if duplicate.status == Status.MERGED:
        raise Refused("Ticket {ref} is merged into another already.", ref=duplicate.ref)
    for ticket in (duplicate, survivor):
        if not ticket.is_open:
            raise Refused("Ticket {ref} is not open any more.", ref=ticket.ref)
    if duplicate.project_id != survivor.project_id:
        raise Invalid("ref", "Only tickets of one project can be merged.")
    if duplicate.kind != survivor.kind:
        raise Invalid("ref", "Only tickets of one kind can be merged.")
    if duplicate.cycle > 1:
        raise Refused(
            "{ref} has come again already: merge the other one into it.", ref=duplicate.ref
        )
    if Severity.S1 in (duplicate.severity, survivor.severity) and not reason:
        raise Invalid("reason", "Danger is never merged without a reason.")


async def _take_over_danger(
    session: AsyncSession,
    survivor: Ticket,
    duplicate: Ticket,
    joined: Merge,
    who: Who,
    now: datetime,
) -> None:
    """A graver duplicate raises the survivor, since when it was that grave itself."""
    if duplicate.severity >= survivor.severity:  # S1 is the gravest, and the least of the words
        return
    own = [c for c in await clocks_of.changes_of(session, duplicate.id) if c.undone_at is None]
    since = own[-1].at if own else duplicate.reported_at
    theirs = await clocks_of.changes_of(session, survivor.id)
    earliest = min(survivor.reported_at, duplicate.reported_at)
    session.add(
        SeverityChange(
            ticket_id=survivor.id,
            generation=max((c.generation for c in theirs), default=1) + 1,
            at=max([since, earliest, *(c.at for c in theirs if c.undone_at is None)]),
            received_at=now,
            before=survivor.severity,
            after=duplicate.severity,
            reason=joined.reason or "",
            by_id=who.id,
            merge_id=joined.id,
        )
    )
    survivor.severity = duplicate.severity


async def _decide_cover(session: AsyncSession, ticket: Ticket, who: Who, now: datetime) -> None:
    """For the instant of the report that counts now; the first decision stays in the diary."""
    project = await session.get_one(Project, ticket.project_id)
    assets = (await queries.assets_of(session, [ticket.id])).get(ticket.id, [])
    cover = await projects.cover_at(session, project, assets, ticket.reported_at)
    record(
        session,
        "ticket.cover_decided",
        at=now,
        ticket_id=ticket.id,
        project_id=ticket.project_id,
        by_id=who.id,
        before=ticket.cover,
        before_reason=ticket.cover_reason,
        cover=cover.decision,
    )
    ticket.cover, ticket.cover_reason = cover.decision, cover.reason
    ticket.cover_ends_on = cover.ends_on


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
            await _decide_cover(session, survivor, who, now)


async def _supersede(
    session: AsyncSession, duplicate: Ticket, survivor: Ticket, who: Who, now: datetime
) -> None:
    """The survivor's clocks tell for both. A breach that stands there too is not taken back."""
    theirs = await clocks_of.all_clocks(session, survivor.id)
    late = {c.promise for c in theirs if state(c, now) is ClockState.LATE}
    for clock in await clocks_of.all_clocks(session, duplicate.id, lock=True):
        if clock.closed_as == ClockState.SUPERSEDED:
            continue
        clock.closed_as, clock.closed_at = ClockState.SUPERSEDED, now
        clock.starts_by = clock.paused_since = None
        sla.record_superseded(session, clock, duplicate.project_id, now, who.id, into=survivor.ref)
        sla.notice_change(
            session,
            clock,
            duplicate.project_id,
            now,
            who.id,
            goes_on_elsewhere=clock.promise in late,
        )
