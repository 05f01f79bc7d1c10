"""Pauses: entered, ended, accepted or rejected by a manager; the clocks are judged anew (§3)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.phone import rules as phone
from tickets.refusals import Forbidden, Invalid, Missing, Refused
from tickets.sla import queries as clocks_of
from tickets.sla import rules as sla
from tickets.sla.models import Pause
from tickets.sla.rules import PauseReason, Story
from tickets.staff.rules import Verb, Who
from tickets.ticket import queries
from tickets.ticket.actions.act import attach, delivered, flag, must_take, told_of
from tickets.ticket.actions.judging import judge_anew
from tickets.ticket.models import Ticket
from tickets.ticket.rules import Kind


async def pause(
    session: AsyncSession,
    who: Who,
    ref: str,
    *,
    reason: PauseReason,
    evidence: str | None,
    now: datetime,
    from_at: datetime | None = None,
    to_at: datetime | None = None,
    at: datetime | None = None,
    phone_time: datetime | None = None,
    key: UUID | None = None,
    photos: Sequence[UUID] = (),
    signature: UUID | None = None,
) -> Pause:
    """挂起. From `from_at` (or `at`, or now) until `to_at`, or open; entered afterwards, too.

    A manager stands behind his own entry. Anybody else's that would lift a breach already past
    waits for one. Raises Invalid for an impossible interval, Refused where another one overlaps.
    """
    ticket = await queries.find_living(session, who, ref, Verb.TICKET_PAUSE)
    if key is not None and (known := await _by_key(session, key, ticket)) is not None:
        return known
    if ticket.kind != Kind.FAULT:
        raise Refused("Only the arrival and the repair of a fault can be paused.")
    if not (evidence or photos):
        raise Invalid("evidence", "A pause needs its evidence: a note or a photo.")
    story = await queries.story_of(session, ticket)
    told = _told(story, at, from_at, to_at, phone_time, now)
    begins, ends = told.from_at, told.to_at
    sla.check_interval(begins, ends, reported_at=story.cycles[0].reported_at, now=now)
    must_take(ticket, ends or begins)
    fixed_at = await _fixed_at(session, story, begins)
    if fixed_at is not None and ends is None:
        if begins >= fixed_at:
            raise Refused("It has been repaired: there is nothing left to pause.")
        ends = fixed_at
    other = sla.overlapping(begins, ends, await clocks_of.pauses_of_family(session, [ticket.id]))
    if other is not None:
        raise Refused("There is a pause at that time already; pauses may touch, not overlap.")
    is_managers = await _may_review(session, who, ticket)
    made = Pause(
        ticket_id=ticket.id,
        reason=reason,
        evidence=evidence or "",
        from_at=begins,
        to_at=ends,
        entered_at=told.entered_at,
        received_at=now,
        skew=told.skew,
        by_id=who.id,
        accepted_at=now if is_managers else None,
        accepted_by_id=who.id if is_managers else None,
        key=key,
    )
    session.add(made)
    await session.flush()
    await delivered(session, who, phone_time, now)
    flag(ticket, told.flags)
    await attach(session, who, ticket, photos, f"pause_{made.id}", signature=signature)
    facts: dict[str, Any] = {"photos": len(photos)} if photos else {}
    if told.flags:
        facts |= {"flags": list(told.flags), "claimed_at": at.isoformat() if at else None}
    record(session, "pause.begun", at=begins, **facts, **_about(made, ticket, who))
    if ends is not None:
        record(session, "pause.ended", at=ends, **_about(made, ticket, who))
    await judge_anew(session, ticket, now=now, by_id=who.id)
    return made


async def end_pause(
    session: AsyncSession,
    who: Who,
    pause_id: int,
    *,
    now: datetime,
    at: datetime | None = None,
    phone_time: datetime | None = None,
    key: UUID | None = None,
    photos: Sequence[UUID] = (),
    signature: UUID | None = None,
) -> Pause:
    """The time counts again from `at`, or from now."""
    found, ticket, living = await _find(session, who, pause_id, Verb.TICKET_PAUSE)
    if found.to_at is not None:
        raise Refused("This pause has ended already.")
    if found.rejected_at is not None:
        raise Refused("This pause has been rejected: it does not count.")
    moment = phone.judged(at, phone_time, now, found.from_at)
    if moment.at > now:
        raise Invalid("at", "This instant lies in the future.")
    if moment.at <= found.from_at:
        raise Invalid("at", "A pause ends after it begins.")
    found.to_at = moment.at
    flag(ticket, moment.flags)
    await attach(session, who, ticket, photos, f"pause_{found.id}", signature=signature)
    told = told_of(moment, at, key)
    record(session, "pause.ended", at=moment.at, **told, **_about(found, ticket, who))
    await judge_anew(session, living, now=now, by_id=who.id)
    return found


async def accept_pause(
    session: AsyncSession, who: Who, pause_id: int, *, now: datetime, reason: str | None = None
) -> Pause:
    """A manager stands behind it: it counts, also where it lifts a breach."""
    found, ticket, living = await _find(session, who, pause_id, Verb.PAUSE_REVIEW)
    if found.rejected_at is not None:
        raise Refused("This pause has been rejected; enter it anew if that was wrong.")
    if found.accepted_at is not None:
        raise Refused("This pause has been accepted already.")
    found.accepted_at, found.accepted_by_id = now, who.id
    record(session, "pause.accepted", at=now, note=reason, **_about(found, ticket, who))
    await judge_anew(session, living, now=now, by_id=who.id)
    return found


async def reject_pause(
    session: AsyncSession, who: Who, pause_id: int, *, reason: str, now: datetime
) -> Pause:
    """It counts no more; what follows from that, a breach dated in the past, is recorded."""
    found, ticket, living = await _find(session, who, pause_id, Verb.PAUSE_REVIEW)
    if found.rejected_at is not None:
        raise Refused("This pause has been rejected already.")
    found.rejected_at, found.rejected_by_id, found.counts = now, who.id, False
    record(session, "pause.rejected", at=now, note=reason, **_about(found, ticket, who))
    await judge_anew(session, living, now=now, by_id=who.id)
    return found


def _told(
    story: Story,
    at: datetime | None,
    from_at: datetime | None,
    to_at: datetime | None,
    phone_time: datetime | None,
    now: datetime,
) -> phone.Interval:
    return phone.judged_interval(
        at, from_at, to_at, phone_time, received_at=now, reported_at=story.cycles[0].reported_at
    )


async def _by_key(session: AsyncSession, key: UUID, ticket: Ticket) -> Pause | None:
    known: Pause | None = await session.scalar(select(Pause).where(Pause.key == key))
    if known is not None and known.ticket_id != ticket.id:
        raise Invalid("key", "This key was used for something else.")
    return known


async def _fixed_at(session: AsyncSession, story: Story, begins: datetime) -> datetime | None:
    """The repair of the cycle in which the pause begins."""
    cycle = sla.cycle_of(story, begins)
    fixes = [
        act.at
        for act in await clocks_of.acts_of_family(session, story.family)
        if clocks_of.as_done(act).is_fix and sla.cycle_of(story, act.at) == cycle
    ]
    return min(fixes, default=None)


async def _may_review(session: AsyncSession, who: Who, ticket: Ticket) -> bool:
    _, may = await queries.find_with(session, who, ticket.ref, Verb.PAUSE_REVIEW)
    return may


async def _find(
    session: AsyncSession, who: Who, pause_id: int, verb: Verb
) -> tuple[Pause, Ticket, Ticket]:
    """The pause, its ticket, and the ticket whose clocks it counts for (of a duplicate, the one
    that survives); the tickets are held first, as everybody does."""
    ref = await session.scalar(
        select(Ticket.ref).join(Pause, Pause.ticket_id == Ticket.id).where(Pause.id == pause_id)
    )
    if ref is None:
        raise Missing("There is no such pause.")
    try:
        ticket, may = await queries.find_with(session, who, ref, verb)
    except Missing:
        raise Missing("There is no such pause.") from None
    if not may:
        raise Forbidden("Your role does not allow this.")
    chain = await queries.held_chain(session, ticket)
    return await session.get_one(Pause, pause_id, populate_existing=True), chain[0], chain[-1]


def _about(pause: Pause, ticket: Ticket, who: Who) -> dict[str, Any]:
    return {
        "ticket_id": ticket.id,
        "project_id": ticket.project_id,
        "by_id": who.id,
        "pause_id": pause.id,
        "reason": pause.reason,
        "from_at": pause.from_at.isoformat(),
        "to_at": pause.to_at.isoformat() if pause.to_at else None,
    }
