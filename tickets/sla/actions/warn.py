"""Somebody is to be warned of a promise; the diary hears which threshold has passed."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.sla import queries
from tickets.sla.models import Clock
from tickets.sla.rules import PAUSING, Interval, Warnings, next_warning, passed
from tickets.sla.rules.warn import LATE


def warnings_of(clock: Clock) -> Warnings:
    return Warnings((clock.first_warning_percent, clock.second_warning_percent), clock.remind_every)


def set_warning(
    clock: Clock, pauses: Iterable[Interval] = (), *, is_needless: bool = False
) -> None:
    """Write down when the next warning falls: a sweep finds it by one index."""
    is_open = clock.met_at is None and clock.closed_as is None and clock.paused_since is None
    if not is_open or is_needless or clock.is_imported:
        clock.warn_at = None
        return
    clock.warn_at = next_warning(
        warnings_of(clock),
        clock.warned,
        started_at=clock.started_at,
        target=clock.target,
        due_at=clock.due_at,
        pauses=pauses if clock.promise in PAUSING else (),
    )


async def warn_in_time(session: AsyncSession, now: datetime, limit: int = 500) -> int:
    """The sweep: thresholds that have passed. Of several only the highest is said; one that the
    breach has overtaken is none, and so is one of a ticket that has ended. Returns how many
    clocks it looked at."""
    clocks = await queries.to_warn(session, now, limit)
    ids = [clock.ticket_id for clock in clocks]
    projects = await queries.projects_of(session, ids, only_open=True)
    for clock in clocks:
        if (project_id := projects.get(clock.ticket_id)) is None:
            clock.warn_at = None
        else:
            _warn(session, clock, project_id, now)
    return len(clocks)


def _warn(session: AsyncSession, clock: Clock, project_id: int, now: datetime) -> None:
    if clock.warn_at is None or clock.due_at is None:
        clock.warn_at = None
        return
    warnings = warnings_of(clock)
    found = passed(
        warnings,
        clock.warned,
        first_at=clock.warn_at,
        target=clock.target,
        due_at=clock.due_at,
        now=now,
    )
    if found is None:
        clock.warned = max(clock.warned, len(warnings.percents))
    else:
        clock.warned = found.warned
        is_broken = clock.breached_at is not None
        record(
            session,
            "clock.warned",
            at=found.at,
            ticket_id=clock.ticket_id,
            project_id=project_id,
            clock_id=clock.id,
            promise=clock.promise,
            cycle=clock.cycle,
            threshold=found.threshold,
            breach_no=clock.breach_no if is_broken else clock.breach_no + 1,
            due_at=clock.due_at.isoformat(),
            **({"late": True} if now - found.at > LATE else {}),
        )
    # Nothing stands still between here and there: what pauses a clock judges it anew.
    due_at, target = clock.due_at, clock.target
    if clock.warned < len(warnings.percents):
        clock.warn_at = due_at - target * (100 - warnings.percents[clock.warned]) / 100
    else:
        set_warning(clock)
