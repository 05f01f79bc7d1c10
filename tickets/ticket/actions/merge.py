"""Two tickets about one dark street become one; a whole typhoon night in one step (§2)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.project import queries as projects
from tickets.project.models import Project
from tickets.refusals import Invalid, Refused
from tickets.sla import actions as sla
from tickets.sla import queries as clocks_of
from tickets.sla.models import SeverityChange
from tickets.sla.rules import ClockState, state
from tickets.staff.rules import Verb, Who
from tickets.ticket import queries
from tickets.ticket.actions.judging import judge_anew
from tickets.ticket.actions.promise import pass_on_calls
from tickets.ticket.models import Merge, Ticket
from tickets.ticket.rules import (
    MOST_TOGETHER,
    NOTHING_BREAKS,
    Main,
    Severity,
    Status,
    survives_first,
)


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
    if ref == into:
        raise Invalid("ref", "A ticket cannot be merged into itself.")
    # Looked at before they are held, too: whoever acts on a duplicate holds it first and its
    # survivor then, and one who merges it once more must not stand in his way.
    for lock in (False, True):
        duplicate, survivor = await queries.find_all(
            session, who, [ref, into], Verb.TICKET_MERGE, lock=lock
        )
        _check(duplicate, survivor, reason)
    await _join(session, who, survivor, [duplicate], now=now, reason=reason)
    return survivor


async def merge_many(
    session: AsyncSession,
    who: Who,
    refs: Sequence[str],
    *,
    now: datetime,
    reason: str | None = None,
) -> Ticket:
    """Many calls about one dark circuit: the gravest survives, the earliest of these (§2). All of
    them or none; judged once, when all have come together."""
    refs = list(dict.fromkeys(refs))
    if len(refs) < 2:
        raise Refused("Choose at least two tickets to merge.")
    if len(refs) > MOST_TOGETHER:
        raise Invalid("refs", "At most {most} tickets at a time, please.", most=MOST_TOGETHER)
    found = await queries.find_all(session, who, refs, Verb.TICKET_MERGE, lock=True)
    survivor, *duplicates = sorted(found, key=survives_first)
    await _join(session, who, survivor, duplicates, now=now, reason=reason)
    return survivor


async def _join(
    session: AsyncSession,
    who: Who,
    survivor: Ticket,
    duplicates: Sequence[Ticket],
    *,
    now: datetime,
    reason: str | None,
) -> None:
    """All are locked. As many statements for eighty as for one, but for the rows written."""
    for duplicate in duplicates:
        _check(duplicate, survivor, reason)
    for duplicate in duplicates:
        joined = Merge(
            duplicate_id=duplicate.id, survivor_id=survivor.id, at=now, reason=reason, by_id=who.id
        )
        session.add(joined)
        if duplicate.severity < survivor.severity:  # S1 is the gravest, the least of the words
            await session.flush()
            await _take_over_danger(session, survivor, duplicate, joined, who, now)
        _end(duplicate, survivor, now)
        _take_over(survivor, duplicate)
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
    earliest = min(duplicate.reported_at for duplicate in duplicates)
    if earliest < survivor.reported_at:
        survivor.own_reported_at = survivor.own_reported_at or survivor.reported_at
        survivor.reported_at = earliest
        await decide_cover(session, survivor, who, now)
    await pass_on_calls(session, duplicates, survivor)
    await judge_anew(session, survivor, now=now, by_id=who.id)
    await _supersede(session, duplicates, survivor, who, now)


def _end(duplicate: Ticket, survivor: Ticket, now: datetime) -> None:
    duplicate.merged_into_id = survivor.id
    duplicate.status, duplicate.is_open = Status.MERGED, False
    duplicate.closed_at = now
    duplicate.breaks_at, duplicate.paused_since = NOTHING_BREAKS, None
    duplicate.ask_at = None
    duplicate.version += 1


def _take_over(survivor: Ticket, duplicate: Ticket) -> None:
    if Main.YES in (duplicate.main_equipment, survivor.main_equipment):
        survivor.main_equipment = Main.YES  # what is out is out, whoever called about it
    if survivor.technician_id is None:
        survivor.technician_id = duplicate.technician_id


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
    if survivor.cycle > 1 and duplicate.reported_at < survivor.reported_at:
        raise Refused(
            "{ref} was reported before {into} came again: it is about the time before.",
            ref=duplicate.ref,
            into=survivor.ref,
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
    since = await queries.danger_since(session, duplicate, survivor)
    if since is None:
        return
    session.add(
        SeverityChange(
            ticket_id=survivor.id,
            generation=queries.next_generation(await clocks_of.changes_of(session, survivor.id)),
            at=since,
            received_at=now,
            before=survivor.severity,
            after=duplicate.severity,
            reason=joined.reason or "",
            by_id=who.id,
            merge_id=joined.id,
        )
    )
    survivor.severity = duplicate.severity


async def decide_cover(session: AsyncSession, ticket: Ticket, who: Who, now: datetime) -> None:
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
    ticket.cover_labour, ticket.cover_parts = cover.labour, cover.parts
    ticket.own_terms = dict(cover.terms)


async def _supersede(
    session: AsyncSession,
    duplicates: Sequence[Ticket],
    survivor: Ticket,
    who: Who,
    now: datetime,
) -> None:
    """The survivor's clocks tell for all. A breach that stands there too is not taken back."""
    theirs = await clocks_of.all_clocks(session, survivor.id)
    late = {c.promise for c in theirs if state(c, now) is ClockState.LATE}
    ids = [duplicate.id for duplicate in duplicates]
    for clock in await clocks_of.locked_of_many(session, ids):
        if clock.closed_as == ClockState.SUPERSEDED:
            continue
        clock.closed_as, clock.closed_at = ClockState.SUPERSEDED, now
        clock.starts_by = clock.paused_since = clock.warn_at = None
        sla.record_superseded(session, clock, survivor.project_id, now, who.id, into=survivor.ref)
        sla.notice_change(
            session,
            clock,
            survivor.project_id,
            now,
            who.id,
            goes_on_elsewhere=clock.promise in late,
        )
