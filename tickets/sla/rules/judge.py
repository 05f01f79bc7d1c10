"""What acts and pauses make of the clocks of one cycle, under one severity (rules.md §2, §3).

Nothing here reads a clock or a database: the caller says what time it is. Everything is derived
from the lists alone, so that the order in which things became known changes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tickets.sla.rules.due import Interval, ended_by, run
from tickets.sla.rules.words import PAUSING, PROMISE_ORDER, ActKind, ClockState, Promise, Result


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
    """What acts and pauses made of one clock."""

    started_at: datetime | None
    due_at: datetime | None
    met_at: datetime | None = None
    met_by: ActKind | None = None  # the act that kept it, by itself or by implication
    closed_as: ClockState | None = None
    closed_at: datetime | None = None
    starts_by: datetime | None = None
    paused: timedelta = timedelta(0)  # by pauses that have ended
    paused_since: datetime | None = None
    target: timedelta = timedelta(0)


def judge(
    promises: Sequence[Promised],
    acts: Sequence[Done],
    *,
    now: datetime,
    ended_at: datetime | None = None,
    pauses: Sequence[Interval] = (),
) -> Mapping[Promise, Verdict]:
    """The verdict on every clock of a cycle whose severity never changed.

    `ended_at` is when the ticket was cancelled or closed as not ours: what was neither kept
    nor broken by then is not needed any more. Every pause given counts.
    """
    made: dict[Promise, Verdict] = {}
    by_promise = {each.promise: each for each in promises}
    # The repair may start at the arrival's verdict, so it is judged after it.
    for promise in PROMISE_ORDER:
        if (each := by_promise.get(promise)) is not None:
            verdict = judge_one(each, acts, made.get(Promise.ARRIVAL), now=now, pauses=pauses)
            made[promise] = ended(verdict, ended_at)
    return made


def judge_one(
    each: Promised,
    acts: Iterable[Done],
    arrival: Verdict | None,
    *,
    now: datetime,
    pauses: Iterable[Interval] = (),
) -> Verdict:
    """One clock. `arrival` is the verdict a repair may have to start from."""
    acts = list(acts)
    pauses = list(pauses) if each.promise in PAUSING else []
    first = min((act for act in acts if _keeps(each.promise, act)), key=_order, default=None)
    fixed_at = min((act.at for act in acts if act.is_fix), default=None)
    if each.promise is Promise.ARRIVAL:
        verdict = _arrival(each, acts, first, ended_by(pauses, fixed_at))
    elif each.promise is Promise.REPAIR and each.repair_from == "arrival":
        verdict = _repair_from_arrival(each, fixed_at, arrival, now, ended_by(pauses, fixed_at))
    else:
        verdict = _ran(each, each.origin, first, ended_by(pauses, first.at if first else None))
    return replace(verdict, target=each.target)


def _ran(
    each: Promised, started_at: datetime, first: Done | None, pauses: Iterable[Interval]
) -> Verdict:
    ran = run(started_at, each.target, pauses)
    return Verdict(
        started_at,
        ran.due_at,
        first.at if first else None,
        first.kind if first else None,
        paused=ran.paused,
        paused_since=ran.paused_since,
    )


def _arrival(
    each: Promised, acts: Sequence[Done], first: Done | None, pauses: Sequence[Interval]
) -> Verdict:
    """Repaired from afar before it was due: nobody needs to come any more."""
    afar = min((act.at for act in acts if act.is_fix and not act.on_site), default=None)
    if afar is not None and (first is None or afar < first.at):
        verdict = _ran(each, each.origin, None, pauses)
        if verdict.due_at is None or afar <= verdict.due_at:
            return replace(verdict, closed_as=ClockState.NOT_NEEDED, closed_at=afar)
    return _ran(each, each.origin, first, ended_by(pauses, first.at if first else None))


def _repair_from_arrival(
    each: Promised,
    fixed_at: datetime | None,
    arrival: Verdict | None,
    now: datetime,
    pauses: Iterable[Interval],
) -> Verdict:
    """Starts at the arrival or at the arrival's due instant, whichever is earlier."""
    arrived = arrival.met_at if arrival else None
    latest = arrival.due_at if arrival else None
    start = min((at for at in (arrived, latest) if at is not None), default=None)
    if fixed_at is not None and (start is None or fixed_at < start):
        return Verdict(None, None, fixed_at, ActKind.REPAIR)
    has_started = start is not None and (start == arrived or start <= now or fixed_at is not None)
    if start is None or not has_started:
        return Verdict(None, None, starts_by=latest)
    fix = Done(ActKind.REPAIR, fixed_at, result=Result.FIXED) if fixed_at else None
    return _ran(each, start, fix, pauses)


_KINDS = tuple(ActKind)


def _order(act: Done) -> tuple[datetime, int]:
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


def ended(verdict: Verdict, at: datetime | None) -> Verdict:
    """Cancelling: unmet clocks not yet late become not needed; a breach stays."""
    if at is None or verdict.met_at is not None or verdict.closed_as is not None:
        return verdict
    if verdict.due_at is not None and verdict.due_at < at:
        return verdict
    return replace(
        verdict, closed_as=ClockState.NOT_NEEDED, closed_at=at, starts_by=None, paused_since=None
    )
