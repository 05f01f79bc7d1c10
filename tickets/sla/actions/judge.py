"""Every clock of a ticket derived anew from what is written down; the diary hears what changes."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.sla import queries
from tickets.sla.actions.breach import notice_change
from tickets.sla.actions.warn import set_warning, warnings_of
from tickets.sla.models import Act, Clock
from tickets.sla.queries import Known, derived_of, known_of, terms_of
from tickets.sla.rules import (
    Begun,
    ClockState,
    Cycle,
    Derived,
    Promise,
    Story,
    Verdict,
    Warnings,
    cycle_of,
)


async def rejudge(
    session: AsyncSession, story: Story, *, now: datetime, by_id: int | None
) -> tuple[Sequence[Clock], Sequence[Act]]:
    """Derive the clocks, and tell the diary what that breaks, withdraws or supersedes.

    The caller holds the ticket's lock; the clocks are locked here against the sweep. Gives the
    clocks and acts of the present cycle.
    """
    known = await known_of(session, story, lock=True)
    for act in known.acts:
        if act.ticket_id == story.ticket_id and (number := cycle_of(story, act.at)) != act.cycle:
            act.cycle = number
    waiting: set[int] = set()
    clocks = list(known.clocks)
    for begun, cycle, derived in await derived_of(session, story, known, now=now):
        waiting |= {pause.id for pause in derived.waiting}
        clocks += await _write(session, story, known, begun, cycle, derived, now, by_id)
    for pause in known.pauses:
        if pause.counts != (pause.id not in waiting):
            pause.counts = pause.id not in waiting
    last = story.cycles[-1].number
    present = [
        clock
        for clock in queries.in_order(clocks)
        if clock.cycle == last and clock.closed_as != ClockState.SUPERSEDED
    ]
    return present, [act for act in known.acts if cycle_of(story, act.at) == last]


async def _write(
    session: AsyncSession,
    story: Story,
    known: Known,
    begun: Begun,
    cycle: Cycle,
    derived: Derived,
    now: datetime,
    by_id: int | None,
) -> list[Clock]:
    """Bring the rows of one cycle to what was derived; gives the rows that are new."""
    rows = {
        (Promise(clock.promise), clock.generation): clock
        for clock in known.clocks
        if clock.cycle == begun.number
    }
    fresh: list[Clock] = []
    warnings = await _warnings(session, story, known, begun)
    for promise, generation in derived.clocks:
        if (promise, generation) not in rows:
            rows[promise, generation] = clock = _row(
                story, begun, cycle, promise, generation, rows, warnings
            )
            fresh.append(clock)
            session.add(clock)
    if fresh:
        await session.flush()
    for key, clock in rows.items():
        clock.reported_at = begun.reported_at
        verdict = derived.clocks.get(key) or _gone(clock, cycle, now)
        _put(session, story, clock, verdict, by_id)
        notice_change(session, clock, story.project_id, now, by_id)
        set_warning(clock, derived.counted, is_needless=_is_needless(story, key, derived))
    return fresh


def _is_needless(story: Story, key: tuple[Promise, int], derived: Derived) -> bool:
    """What is late stays so, and is reminded of no more: once the ticket has ended, and an arrival
    where the repair came from afar."""
    if story.ended_at is not None:
        return True
    repair = (verdict for (promise, _), verdict in derived.clocks.items() if promise == "repair")
    return key[0] is Promise.ARRIVAL and any(each.met_at is not None for each in repair)


def _row(
    story: Story,
    begun: Begun,
    cycle: Cycle,
    promise: Promise,
    generation: int,
    rows: Mapping[tuple[Promise, int], Clock],
    warnings: Warnings,
) -> Clock:
    first, second = warnings.percents
    return Clock(
        ticket_id=story.ticket_id,
        cycle=begun.number,
        promise=promise,
        generation=generation,
        reported_at=begun.reported_at,
        target=timedelta(0),
        repair_from=cycle.repair_from if promise is Promise.REPAIR else "report",
        paused=timedelta(0),
        breach_no=0,
        is_imported=any(clock.is_imported for clock in rows.values()),
        warned=0,
        first_warning_percent=first,
        second_warning_percent=second,
        remind_every=warnings.remind_every,
    )


async def _warnings(session: AsyncSession, story: Story, known: Known, begun: Begun) -> Warnings:
    """As frozen with the clocks of this cycle; those of one that begins, as the terms were."""
    for clock in known.clocks:
        if clock.cycle == begun.number:
            return warnings_of(clock)
    terms = await terms_of(session, story, begun)
    return Warnings(
        (terms.first_warning_percent, terms.second_warning_percent),
        timedelta(hours=terms.remind_hours),
    )


def _gone(clock: Clock, cycle: Cycle, now: datetime) -> Verdict:
    """A successor that turned out to be needed by nobody: the promise was kept before."""
    since = next((e.since for e in cycle.episodes if e.generation == clock.generation), now)
    return Verdict(
        clock.started_at,
        clock.due_at,
        closed_as=ClockState.NOT_NEEDED,
        closed_at=clock.closed_at if clock.closed_as == ClockState.NOT_NEEDED else since,
        target=clock.target,
    )


def _put(
    session: AsyncSession, story: Story, clock: Clock, verdict: Verdict, by_id: int | None
) -> None:
    is_superseded = verdict.closed_as is ClockState.SUPERSEDED
    is_new = is_superseded and clock.closed_as != ClockState.SUPERSEDED
    clock.target = verdict.target
    clock.started_at = verdict.started_at
    clock.starts_by = verdict.starts_by
    clock.due_at = verdict.due_at
    clock.met_at = verdict.met_at
    clock.closed_as = verdict.closed_as
    clock.closed_at = verdict.closed_at
    clock.paused = verdict.paused
    clock.paused_since = verdict.paused_since
    if is_new and verdict.closed_at is not None:
        record_superseded(session, clock, story.project_id, verdict.closed_at, by_id)


def record_superseded(
    session: AsyncSession,
    clock: Clock,
    project_id: int,
    at: datetime,
    by_id: int | None,
    **facts: str,
) -> None:
    """A clock gave way: to its successor under another severity, or to those of another ticket."""
    record(
        session,
        "clock.superseded",
        at=at,
        ticket_id=clock.ticket_id,
        project_id=project_id,
        by_id=by_id,
        clock_id=clock.id,
        promise=clock.promise,
        cycle=clock.cycle,
        generation=clock.generation,
        due_at=clock.due_at.isoformat() if clock.due_at else None,
        **facts,
    )
