"""When a clock is due and how it stands: arithmetic on instants (rules.md §2, §3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from tickets.sla.rules.words import ClockState


class Clock(Protocol):
    """What a rule needs to know of a clock. A table row has these facts; so has a test's."""

    @property
    def target(self) -> timedelta: ...
    @property
    def started_at(self) -> datetime | None: ...
    @property
    def starts_by(self) -> datetime | None: ...
    @property
    def due_at(self) -> datetime | None: ...
    @property
    def met_at(self) -> datetime | None: ...
    @property
    def closed_as(self) -> str | None: ...
    @property
    def paused_since(self) -> datetime | None: ...


class Interval(Protocol):
    """A pause: [from_at, to_at), open while `to_at` is None."""

    @property
    def from_at(self) -> datetime: ...
    @property
    def to_at(self) -> datetime | None: ...


@dataclass(frozen=True)
class Stretch:
    """An interval as a value: what is left of a pause once something has ended it."""

    from_at: datetime
    to_at: datetime | None


@dataclass(frozen=True)
class Run:
    """How a clock ran: its due instant (None while a pause is open), the pauses that count and
    how long they were together, and since when it stands still."""

    due_at: datetime | None
    paused: timedelta = timedelta(0)
    paused_since: datetime | None = None
    counted: tuple[Stretch, ...] = ()


def run(started_at: datetime, target: timedelta, pauses: Iterable[Interval] = ()) -> Run:
    """Un-paused time until it reaches the target. 48 h is 48 h of real time.

    A pause that begins at or after the due instant changes nothing, so no pause ever makes it
    earlier (rules.md §3). Pauses of two merged tickets may overlap: time stands still once.
    """
    left = target
    cursor = started_at
    paused = timedelta(0)
    counted: list[Stretch] = []
    for pause in sorted(pauses, key=lambda pause: pause.from_at):
        if pause.to_at is not None and pause.to_at <= cursor:
            continue
        begins = max(pause.from_at, cursor)
        if begins - cursor >= left:
            break
        left -= begins - cursor
        counted.append(Stretch(begins, pause.to_at))
        if pause.to_at is None:
            return Run(None, paused, begins, tuple(counted))
        paused += pause.to_at - begins
        cursor = pause.to_at
    return Run(cursor + left, paused, None, tuple(counted))


def due_at(
    started_at: datetime, target: timedelta, pauses: Iterable[Interval] = ()
) -> datetime | None:
    """The instant at which un-paused time reaches the target; None while a pause is open."""
    return run(started_at, target, pauses).due_at


def ended_by(pauses: Iterable[Interval], at: datetime | None) -> list[Interval]:
    """Pauses as something leaves them that ended them: what began at or after it is none."""
    if at is None:
        return list(pauses)
    return [
        pause if pause.to_at is not None and pause.to_at <= at else Stretch(pause.from_at, at)
        for pause in pauses
        if pause.from_at < at
    ]


def as_of(pauses: Iterable[Interval], at: datetime) -> list[Interval]:
    """Pauses as they stood at an instant: one that ended later was open then."""
    return [
        pause if pause.to_at is not None and pause.to_at <= at else Stretch(pause.from_at, None)
        for pause in pauses
        if pause.from_at < at
    ]


def due_of(clock: Clock, now: datetime) -> datetime | None:
    """When it is due, as known at `now`: a repair clock that waits for an arrival starts by
    itself at the arrival's due instant, whether or not a sweep has written that down yet."""
    if clock.started_at is None and clock.starts_by is not None and clock.met_at is None:
        return clock.starts_by + clock.target if clock.starts_by <= now else None
    return clock.due_at


def state(clock: Clock, now: datetime) -> ClockState:
    """Always exactly one answer. Met at the very due instant is met; a microsecond later, late."""
    if clock.closed_as is not None:
        return ClockState(clock.closed_as)
    due = due_of(clock, now)
    if clock.met_at is not None:
        return ClockState.LATE if due is not None and clock.met_at > due else ClockState.MET
    if clock.paused_since is not None and due is None:
        return ClockState.PAUSED
    return ClockState.LATE if due is not None and now > due else ClockState.RUNNING


def is_over_time(clock: Clock, now: datetime) -> bool:
    """Has it taken longer than promised, pauses or none? For what the owner is owed (§8)."""
    started = clock.started_at or clock.starts_by
    if clock.closed_as is not None or started is None:
        return False
    return (clock.met_at or now) > started + clock.target
