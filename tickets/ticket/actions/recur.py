"""The same fault again: a new cycle within a week of the repair, a new ticket after (§4)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.project import queries as projects
from tickets.project.models import Contact, Project
from tickets.refusals import Invalid, Refused
from tickets.sla import queries as clocks_of
from tickets.sla.rules import cycle_of
from tickets.staff.rules import Verb, Who
from tickets.ticket import queries, rules
from tickets.ticket.actions.act import attach
from tickets.ticket.actions.judging import judge_anew
from tickets.ticket.actions.opening import AHEAD, open_ticket
from tickets.ticket.models import PastCycle, Ticket
from tickets.ticket.rules import Call, Kind, Main, Severity, Status


async def recur(
    session: AsyncSession,
    who: Who,
    ref: str,
    *,
    reason: str,
    now: datetime,
    reported_at: datetime | None = None,
    key: UUID | None = None,
    photos: Sequence[UUID] = (),
) -> Ticket:
    """再报修. The ticket itself in a new cycle with fresh clocks, or a new ticket that names it.

    Raises Refused while it is not repaired, Invalid for a report before the repair or ahead of us.
    """
    ticket = await queries.find_living(session, who, ref, Verb.TICKET_REOPEN)
    if key is not None and (known := await _by_key(session, ticket, key)) is not None:
        return known
    if ticket.status not in (Status.REPAIRED, Status.CLOSED):
        raise Refused("Only what has been repaired can come again.")
    told_at = reported_at or now
    if told_at > now + AHEAD:
        raise Invalid("reported_at", "The report cannot lie in the future.")
    fixed_at = await _fixed_at(session, ticket)
    if fixed_at is None:
        raise Refused("The repair has not been recorded yet.")
    if told_at <= fixed_at:
        raise Invalid("reported_at", "A recurrence is reported after the repair.")
    if rules.is_new_fault(fixed_at, told_at):
        return await _follow(session, who, ticket, reason, told_at, now, key, photos)
    await _reopen(session, who, ticket, reason, told_at, now, key)
    await attach(session, who, ticket, photos, "opening")
    return ticket


async def _by_key(session: AsyncSession, ticket: Ticket, key: UUID) -> Ticket | None:
    """Sent a second time: the same ticket, in its new cycle or as the one that followed."""
    if await queries.is_recorded(session, ticket.id, key):
        return ticket
    found: Ticket | None = await session.scalar(select(Ticket).where(Ticket.key == key))
    return found


async def _fixed_at(session: AsyncSession, ticket: Ticket) -> datetime | None:
    story = await queries.story_of(session, ticket)
    fixes = [
        act.at
        for act in await clocks_of.acts_of_family(session, story.family)
        if clocks_of.as_done(act).is_fix and cycle_of(story, act.at) == ticket.cycle
    ]
    return min(fixes, default=None)


async def _reopen(
    session: AsyncSession,
    who: Who,
    ticket: Ticket,
    reason: str,
    told_at: datetime,
    now: datetime,
    key: UUID | None,
) -> None:
    project = await session.get_one(Project, ticket.project_id)
    assets = (await queries.assets_of(session, [ticket.id])).get(ticket.id, [])
    session.add(
        PastCycle(
            ticket_id=ticket.id,
            cycle=ticket.cycle,
            reported_at=ticket.reported_at,
            own_reported_at=ticket.own_reported_at,
            received_at=ticket.received_at,
            severity=ticket.severity,
            cover=ticket.cover,
            cover_reason=ticket.cover_reason,
            cover_ends_on=ticket.cover_ends_on,
            cover_labour=ticket.cover_labour,
            cover_parts=ticket.cover_parts,
            own_terms=ticket.own_terms,
            payer_labour=ticket.payer_labour,
            payer_parts=ticket.payer_parts,
            payer_reason=ticket.payer_reason,
            cause=ticket.cause,
            closed_at=ticket.closed_at,
            confirmed_by=ticket.confirmed_by,
        )
    )
    cover = await projects.cover_at(session, project, assets, told_at)
    ticket.cycle += 1
    ticket.reported_at, ticket.received_at, ticket.own_reported_at = told_at, now, None
    ticket.cover, ticket.cover_reason = cover.decision, cover.reason
    ticket.cover_ends_on = cover.ends_on
    ticket.cover_labour, ticket.cover_parts = cover.labour, cover.parts
    ticket.own_terms = dict(cover.terms)
    ticket.payer_labour = ticket.payer_parts = "undecided"
    ticket.payer_reason = ticket.cause = None
    ticket.is_open, ticket.status = True, Status.OPEN
    ticket.closed_at = ticket.ended_at = ticket.confirmed_by = ticket.outcome = None
    ticket.expected_at = ticket.departed_at = ticket.appointment_at = None
    ticket.last_reminded_at = None
    ticket.reminders = 0
    record(
        session,
        "ticket.reopened",
        at=told_at,
        ticket_id=ticket.id,
        project_id=ticket.project_id,
        by_id=who.id,
        reason=reason,
        cycle=ticket.cycle,
        cover=cover.decision,
        severity=ticket.severity,
        **({"key": str(key)} if key else {}),
    )
    await judge_anew(session, ticket, now=now, by_id=who.id)


async def _follow(
    session: AsyncSession,
    who: Who,
    old: Ticket,
    reason: str,
    told_at: datetime,
    now: datetime,
    key: UUID | None,
    photos: Sequence[UUID],
) -> Ticket:
    """More than a week after the repair it is a fault of its own, with its own cover."""
    project = await session.get_one(Project, old.project_id)
    caller = await session.get(Contact, old.reporter_id) if old.reporter_id else None
    assets = (await queries.assets_of(session, [old.id])).get(old.id, [])
    ticket = await open_ticket(
        session,
        who,
        Call(
            project=project.code,
            description=reason,
            kind=Kind(old.kind),
            fault=old.fault,
            assets=tuple(asset.code for asset in assets if asset.retired_at is None),
            severity=Severity(old.severity),
            main_equipment=Main(old.main_equipment),
            reporter_name=caller.name if caller else None,
            reporter_phone=caller.phone if caller else None,
            channel=old.channel,
            place=old.place,
            reported_at=told_at,
            photos=tuple(photos),
            key=key,
        ),
        now,
    )
    ticket.follows_id = old.id
    for one, other, verbed in ((ticket, old, "follows"), (old, ticket, "followed")):
        record(
            session,
            "ticket.linked",
            at=told_at,
            ticket_id=one.id,
            project_id=one.project_id,
            by_id=who.id,
            how=verbed,
            ref=other.ref,
        )
    return ticket
