"""Another severity: every running clock gives way to its successor from an instant on (§2)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.refusals import Invalid, Refused
from tickets.sla import queries as clocks_of
from tickets.sla import rules as sla
from tickets.sla.models import SeverityChange
from tickets.sla.queries import Known
from tickets.sla.rules import Story
from tickets.staff.rules import Verb, Who
from tickets.ticket import queries
from tickets.ticket.actions.act import attach, flag, must_be_open, told_of, when
from tickets.ticket.actions.judging import judge_anew
from tickets.ticket.models import Ticket
from tickets.ticket.rules import Severity, Status


async def change_severity(
    session: AsyncSession,
    who: Who,
    ref: str,
    *,
    severity: Severity,
    reason: str,
    now: datetime,
    at: datetime | None = None,
    phone_time: datetime | None = None,
    version: int | None = None,
    key: UUID | None = None,
    photos: Sequence[UUID] = (),
    signature: UUID | None = None,
) -> Ticket:
    """改级. The same severity is refused. `version` refuses a stale page.

    An instant set back counts only where it makes no breach unhappen: late clocks are left alone.
    """
    ticket = await queries.find_living(session, who, ref, Verb.TICKET_GRADE)
    if key is not None and await _is_known(session, key, ticket):
        return ticket
    must_be_open(ticket)
    if version is not None and version != ticket.version:
        raise Refused("Somebody has changed this ticket meanwhile; please look at it again.")
    if ticket.severity == severity:
        raise Refused("The ticket has this severity already.")
    if ticket.status == Status.REPAIRED:
        raise Refused("It has been repaired: its severity changes nothing any more.")
    story = await queries.story_of(session, ticket)
    known = await clocks_of.known_of(session, story, lock=True)
    moment = when(ticket, at, phone_time, now)
    change = SeverityChange(
        ticket_id=ticket.id,
        generation=queries.next_generation(known.changes),
        at=max(moment.at, story.cycles[-1].reported_at),
        received_at=now,
        before=ticket.severity,
        after=severity,
        reason=reason,
        by_id=who.id,
        key=key,
    )
    if await _unmakes_a_breach(session, story, known, change, now):
        change.at = now
    session.add(change)
    await attach(session, who, ticket, photos, "severity", signature=signature)
    flag(ticket, moment.flags)
    ticket.severity = severity
    record(
        session,
        "ticket.severity_changed",
        at=change.at,
        ticket_id=ticket.id,
        project_id=ticket.project_id,
        by_id=who.id,
        before=change.before,
        after=change.after,
        reason=reason,
        generation=change.generation,
        **told_of(moment, at, key),
    )
    await judge_anew(session, ticket, now=now, by_id=who.id)
    return ticket


async def _unmakes_a_breach(
    session: AsyncSession, story: Story, known: Known, change: SeverityChange, now: datetime
) -> bool:
    """Dated back it must come after the changes there are, and leave every breach where it is."""
    if any(change.at < other.at for other in known.changes if other.undone_at is None):
        return True
    _, _, before = (await clocks_of.derived_of(session, story, known, now=now))[-1]
    changed = clocks_of.with_change(known, change)
    _, _, after = (await clocks_of.derived_of(session, story, changed, now=now))[-1]
    return any(
        sla.state(verdict, now) is sla.ClockState.LATE
        and (
            (same := after.clocks.get(key)) is None
            or sla.state(same, now) is not sla.ClockState.LATE
        )
        for key, verdict in before.clocks.items()
    )


async def _is_known(session: AsyncSession, key: UUID, ticket: Ticket) -> bool:
    known = await session.scalar(select(SeverityChange).where(SeverityChange.key == key))
    if known is not None and known.ticket_id != ticket.id:
        raise Invalid("key", "This key was used for something else.")
    return known is not None
