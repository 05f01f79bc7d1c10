"""When somebody is warned of a promise: parts of its un-paused time, and then day by day after it
broke (rules.md §5)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tickets.sla.rules.due import Interval, run

LATE = timedelta(minutes=2)  # a warning later than this says so


@dataclass(frozen=True)
class Warnings:
    """What the terms said when the clock started: percents of un-paused time, in order, and how
    often an open breach is brought to mind."""

    percents: tuple[int, ...] = (50, 75)
    remind_every: timedelta = timedelta(hours=24)


def next_warning(
    warnings: Warnings,
    warned: int,
    *,
    started_at: datetime | None,
    target: timedelta,
    due_at: datetime | None,
    pauses: Iterable[Interval] = (),
) -> datetime | None:
    """When the next one falls, `warned` of them being over; None while the clock stands still.

    The breach itself is none of them: it is dated and told of on its own."""
    if started_at is None or due_at is None:
        return None
    if warned < len(warnings.percents):
        part = target * warnings.percents[warned] / 100
        return run(started_at, part, pauses).due_at
    return due_at + warnings.remind_every * (warned - len(warnings.percents) + 1)


@dataclass(frozen=True)
class Warning:
    """The highest threshold that has passed: its name, its instant, how many are over with it."""

    threshold: str
    at: datetime
    warned: int
    is_reminder: bool = False


def passed(
    warnings: Warnings,
    warned: int,
    *,
    first_at: datetime,
    target: timedelta,
    due_at: datetime,
    now: datetime,
) -> Warning | None:
    """Which warning is due, or None where the breach has overtaken all that were.

    `first_at` is the instant of the first that is not over. No pause ends in the future, so what
    is left until `due_at` is un-paused time."""
    percents: Sequence[int] = warnings.percents
    if now > due_at:
        days = int((now - due_at) / warnings.remind_every)
        if days < 1 or len(percents) + days <= warned:
            return None
        at = due_at + warnings.remind_every * days
        hours = int(warnings.remind_every * days / timedelta(hours=1))
        return Warning(f"+{hours}h", at, len(percents) + days, is_reminder=True)
    highest = None
    for number, percent in enumerate(percents[warned:], start=warned):
        at = first_at if number == warned else due_at - target * (100 - percent) / 100
        if at <= now:
            highest = Warning(str(percent), max(at, first_at), number + 1)
    return highest


def is_breach(threshold: str) -> bool:
    """Is it said of a promise that is broken: at the breach, or every day after it?"""
    return threshold.startswith(("breach", "+"))
