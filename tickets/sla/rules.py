"""The promises made to the owner, as arithmetic on instants (rules.md §2, §3).

Nothing here reads a clock or a database: the caller says what time it is. What the acts
make of the clocks is derived here from the list of acts alone, so that the order in which
they became known changes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from tickets.words import N_


class Promise(StrEnum):
    RESPONSE = "response"
    ARRIVAL = "arrival"
    REPAIR = "repair"
    MAKE_SAFE = "make_safe"


class ActKind(StrEnum):
    RESPONSE = "response"
    ARRIVAL = "arrival"
    REPAIR = "repair"
    MADE_SAFE = "made_safe"


class Result(StrEnum):
    FIXED = "fixed"
    PARTIAL = "partial"
    TEMPORARY = "temporary"


class ClockState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    LATE = "late"
    SUPERSEDED = "superseded"
    NOT_NEEDED = "not_needed"


PROMISE_LABELS = {
    Promise.RESPONSE: N_("response"),
    Promise.ARRIVAL: N_("arrival on site"),
    Promise.REPAIR: N_("repair"),
    Promise.MAKE_SAFE: N_("making safe"),
}

STATE_LABELS = {
    ClockState.RUNNING: N_("running"),
    ClockState.PAUSED: N_("paused"),
    ClockState.MET: N_("kept"),
    ClockState.LATE: N_("broken"),
    ClockState.SUPERSEDED: N_("superseded"),
    ClockState.NOT_NEEDED: N_("not needed"),
}

# The order in which people speak of them, and in which pages show them.
PROMISE_ORDER = (Promise.MAKE_SAFE, Promise.RESPONSE, Promise.ARRIVAL, Promise.REPAIR)


def promised(kind: str, severity: str) -> tuple[Promise, ...]:
    """A fault carries every promise, danger one more; all other calls carry `response` alone."""
    if kind != "fault":
        return (Promise.RESPONSE,)
    if severity == "S1":
        return (Promise.RESPONSE, Promise.ARRIVAL, Promise.REPAIR, Promise.MAKE_SAFE)
    return (Promise.RESPONSE, Promise.ARRIVAL, Promise.REPAIR)


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
    """A pause that counts: [from_at, to_at), open while `to_at` is None."""

    @property
    def from_at(self) -> datetime: ...
    @property
    def to_at(self) -> datetime | None: ...


def due_at(
    started_at: datetime, target: timedelta, pauses: Iterable[Interval] = ()
) -> datetime | None:
    """The instant at which un-paused time reaches the target; None while a pause is open.

    48 h is 48 h of real time. A pause that begins at or after that instant changes nothing,
    so no pause ever makes it earlier (rules.md §3).
    """
    left = target
    cursor = started_at
    for pause in sorted(pauses, key=lambda pause: pause.from_at):
        if pause.to_at is not None and pause.to_at <= cursor:
            continue
        runs = max(pause.from_at, cursor) - cursor
        if runs >= left:
            break
        left -= runs
        if pause.to_at is None:
            return None
        cursor = pause.to_at
    return cursor + left


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


@dataclass(frozen=True)
class Done:
    """An act, as far as a clock cares."""

    kind: ActKind
    at: datetime
    on_site: bool = False
    result: Result | None = None

    @property
    def is_fix(self) -> bool:
        return self.kind is ActKind.REPAIR and self.result is Result.FIXED


@dataclass(frozen=True)
class Promised:
    """What was frozen when the clock was made; `origin` is the report it counts from."""

    promise: Promise
    origin: datetime
    target: timedelta
    repair_from: str = "report"


@dataclass(frozen=True)
class Verdict:
    """What the acts made of one clock."""

    started_at: datetime | None
    due_at: datetime | None
    met_at: datetime | None = None
    met_by: ActKind | None = None  # the act that kept it, by itself or by implication
    closed_as: ClockState | None = None
    closed_at: datetime | None = None
    starts_by: datetime | None = None


def judge(
    promises: Sequence[Promised],
    acts: Sequence[Done],
    *,
    now: datetime,
    ended_at: datetime | None = None,
    pauses: Sequence[Interval] = (),
) -> Mapping[Promise, Verdict]:
    """The verdict on every clock of one cycle, from its acts alone.

    `ended_at` is when the ticket was cancelled or closed as not ours: what was neither kept
    nor broken by then is not needed any more.
    """
    made: dict[Promise, Verdict] = {}
    by_promise = {each.promise: each for each in promises}
    # The repair may start at the arrival's verdict, so it is judged after it.
    for promise in (Promise.MAKE_SAFE, Promise.RESPONSE, Promise.ARRIVAL, Promise.REPAIR):
        if promise not in by_promise:
            continue
        each = by_promise[promise]
        counted = pauses if promise in (Promise.ARRIVAL, Promise.REPAIR) else ()
        if promise is Promise.REPAIR and each.repair_from == "arrival":
            verdict = _repair_from_arrival(each, acts, made.get(Promise.ARRIVAL), now, counted)
        else:
            due = due_at(each.origin, each.target, counted)
            verdict = _met_or_not_needed(promise, each.origin, due, acts)
        made[promise] = _end(verdict, ended_at)
    return made


def _met_or_not_needed(
    promise: Promise, started_at: datetime, due: datetime | None, acts: Sequence[Done]
) -> Verdict:
    keeps = [act for act in acts if _keeps(promise, act)]
    first = min(keeps, key=_speaking_order, default=None)
    if promise is Promise.ARRIVAL:
        # Repaired from afar before it was due: nobody needs to come any more.
        afar = min((a.at for a in acts if a.is_fix and not a.on_site), default=None)
        in_time = afar is not None and (due is None or afar <= due)
        if afar is not None and in_time and (first is None or afar < first.at):
            return Verdict(started_at, due, closed_as=ClockState.NOT_NEEDED, closed_at=afar)
    if first is None:
        return Verdict(started_at, due)
    return Verdict(started_at, due, first.at, first.kind)


_KINDS = tuple(ActKind)


def _speaking_order(act: Done) -> tuple[datetime, int]:
    """Two acts at one instant: the plainer one is named, whichever became known first."""
    return act.at, _KINDS.index(act.kind)


def _keeps(promise: Promise, act: Done) -> bool:
    """Which acts keep which promise, by themselves or by implication (rules.md §2)."""
    match promise:
        case Promise.RESPONSE:
            # Who stands at the lamp, or has worked on it from afar, has answered.
            return act.kind in (ActKind.RESPONSE, ActKind.ARRIVAL, ActKind.REPAIR)
        case Promise.ARRIVAL:
            return act.kind is ActKind.ARRIVAL or (act.kind is ActKind.REPAIR and act.on_site)
        case Promise.REPAIR:
            return act.is_fix
        case Promise.MAKE_SAFE:
            # What is fixed is no longer dangerous (docs/decisions/0003).
            return act.kind is ActKind.MADE_SAFE or act.is_fix


def _repair_from_arrival(
    each: Promised,
    acts: Sequence[Done],
    arrival: Verdict | None,
    now: datetime,
    pauses: Sequence[Interval],
) -> Verdict:
    """Starts at the arrival or at the arrival's due instant, whichever is earlier."""
    arrived = arrival.met_at if arrival else None
    latest = arrival.due_at if arrival else None
    start = min((at for at in (arrived, latest) if at is not None), default=None)
    fixed = min((act.at for act in acts if act.is_fix), default=None)
    if fixed is not None and (start is None or fixed < start):
        return Verdict(None, None, fixed, ActKind.REPAIR)
    has_started = start is not None and (start == arrived or start <= now or fixed is not None)
    if start is None or not has_started:
        return Verdict(None, None, starts_by=latest)
    due = due_at(start, each.target, pauses)
    return Verdict(start, due, fixed, ActKind.REPAIR if fixed else None)


def _end(verdict: Verdict, ended_at: datetime | None) -> Verdict:
    """Cancelling: unmet clocks not yet late become not needed; a breach stays."""
    if ended_at is None or verdict.met_at is not None or verdict.closed_as is not None:
        return verdict
    if verdict.due_at is not None and verdict.due_at < ended_at:
        return verdict
    return Verdict(
        verdict.started_at,
        verdict.due_at,
        closed_as=ClockState.NOT_NEEDED,
        closed_at=ended_at,
    )
