"""Starting clocks, judging them anew after an act, and noticing what time has broken."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.project.rules import ServiceTerms, target
from tickets.sla import queries, rules
from tickets.sla.models import Act, Clock, Pause
from tickets.sla.rules import ActKind, ClockState, Done, Promise, Promised, Result


def start(
    session: AsyncSession,
    *,
    ticket_id: int,
    cycle: int,
    kind: str,
    severity: str,
    terms: ServiceTerms,
    reported_at: datetime,
    is_imported: bool = False,
) -> list[Clock]:
    """One clock per promise, with the terms as they are now; later changes do not touch it."""
    clocks = []
    latest: datetime | None = None
    for promise in rules.promised(kind, severity):
        frozen = target(terms, promise, severity)
        waits = _waits(promise, terms)
        due = None if waits else reported_at + frozen
        clock = Clock(
            ticket_id=ticket_id,
            cycle=cycle,
            generation=1,
            promise=promise,
            reported_at=reported_at,
            target=frozen,
            repair_from=terms.repair_from if promise is Promise.REPAIR else "report",
            started_at=None if waits else reported_at,
            starts_by=latest if waits else None,
            due_at=due,
            paused=timedelta(0),
            breach_no=0,
            is_imported=is_imported,
        )
        if promise is Promise.ARRIVAL:
            latest = due
        session.add(clock)
        clocks.append(clock)
    return clocks


def first_due(kind: str, severity: str, terms: ServiceTerms, reported_at: datetime) -> datetime:
    """When the first of a fresh ticket's promises breaks."""
    return reported_at + min(
        target(terms, promise, severity)
        for promise in rules.promised(kind, severity)
        if not _waits(promise, terms)
    )


def _waits(promise: Promise, terms: ServiceTerms) -> bool:
    """The repair may count from the arrival; until then it has no due instant."""
    return promise is Promise.REPAIR and terms.repair_from == "arrival"


def as_done(act: Act) -> Done:
    return Done(ActKind(act.kind), act.at, act.on_site, Result(act.result) if act.result else None)


async def rejudge(
    session: AsyncSession,
    *,
    ticket_id: int,
    project_id: int,
    cycle: int,
    now: datetime,
    by_id: int | None,
    ended_at: datetime | None = None,
) -> tuple[Sequence[Clock], Sequence[Act]]:
    """Derive the cycle's clocks from its acts, and tell the diary what that breaks or withdraws.

    The caller holds the ticket's lock; the clocks are locked here against the sweep.
    """
    clocks = await queries.locked(session, ticket_id, cycle)
    acts = await queries.acts_of(session, ticket_id, cycle)
    pauses = (
        await session.scalars(
            select(Pause).where(Pause.ticket_id == ticket_id, Pause.rejected_at.is_(None))
        )
    ).all()
    verdicts = rules.judge(
        [Promised(Promise(c.promise), c.reported_at, c.target, c.repair_from) for c in clocks],
        [as_done(act) for act in acts],
        now=now,
        ended_at=ended_at,
        pauses=pauses,
    )
    for clock in clocks:
        verdict = verdicts[Promise(clock.promise)]
        clock.started_at = verdict.started_at
        clock.starts_by = verdict.starts_by
        clock.due_at = verdict.due_at
        clock.met_at = verdict.met_at
        clock.closed_as = verdict.closed_as
        clock.closed_at = verdict.closed_at
        _notice_change(session, clock, project_id, now, by_id)
    return clocks, acts


def _notice_change(
    session: AsyncSession, clock: Clock, project_id: int, now: datetime, by_id: int | None
) -> None:
    """A breach is dated at the due instant, whenever noticed; only true news withdraws it."""
    is_late = rules.state(clock, now) is ClockState.LATE
    if is_late and clock.breached_at is None:
        _break(session, clock, project_id)
    elif clock.breached_at is not None and not (is_late and clock.breached_at == clock.due_at):
        record(
            session,
            "clock.breach_withdrawn",
            at=now,
            ticket_id=clock.ticket_id,
            project_id=project_id,
            by_id=by_id,
            clock_id=clock.id,
            promise=clock.promise,
            cycle=clock.cycle,
            breach_no=clock.breach_no,
            due_at=clock.due_at.isoformat() if clock.due_at else None,
            met_at=clock.met_at.isoformat() if clock.met_at else None,
            **({"moved": True} if is_late else {}),
        )
        clock.breached_at = None
        if is_late:
            # An arrival told late moves the due instant of a repair counted from it: the breach
            # that was noted did not happen then, but another one did.
            _break(session, clock, project_id)


def _break(session: AsyncSession, clock: Clock, project_id: int) -> None:
    assert clock.due_at is not None
    clock.breached_at = clock.due_at
    clock.breach_no += 1
    told = {"imported": True} if clock.is_imported else {}
    record(
        session,
        "clock.breached",
        at=clock.due_at,
        ticket_id=clock.ticket_id,
        project_id=project_id,
        clock_id=clock.id,
        promise=clock.promise,
        cycle=clock.cycle,
        breach_no=clock.breach_no,
        due_at=clock.due_at.isoformat(),
        **told,
    )


async def breach_overdue(session: AsyncSession, now: datetime, limit: int = 500) -> int:
    """The sweep: what became true because time passed. Returns how many it found."""
    waiting = await queries.unstarted(session, now, limit)
    for clock in waiting:
        clock.due_at = rules.due_of(clock, now)
        clock.started_at = clock.starts_by
    clocks = await queries.overdue(session, now, limit)
    projects = await queries.projects_of(session, [clock.ticket_id for clock in clocks])
    for clock in clocks:
        _break(session, clock, projects[clock.ticket_id])
    return len(clocks) + len(waiting)
