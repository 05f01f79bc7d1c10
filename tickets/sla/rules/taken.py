"""What each pause took off one clock, or why it took nothing (rules.md §3)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tickets.sla.rules.due import Stretch, as_of, ended_by, run
from tickets.sla.rules.facts import Deed, Held
from tickets.sla.rules.judge import Verdict
from tickets.sla.rules.matter import Matter
from tickets.sla.rules.words import PAUSING, ActKind, Promise

NOTHING = timedelta(0)


class Why(StrEnum):
    """What a pause did to one clock, or why it did nothing."""

    COUNTS = "counts"
    STANDS = "stands"  # still open
    CUT = "cut"  # an act ended it
    AFTER_ACT = "after_act"
    AFTER_DUE = "after_due"
    AFTER_END = "after_end"
    OVER_BEFORE = "over_before"
    NOT_BEGUN = "not_begun"
    WAITING = "waiting"
    REJECTED = "rejected"
    NEVER = "never"  # this promise does not pause
    EMPTY = "empty"  # a repair had come before it; that one was none, as was seen after dark
    OVERLAPS = "overlaps"  # two pauses of merged tickets: time stands still once


@dataclass(frozen=True)
class Taken:
    """A pause and what it took off: `length`, of [from_at, to_at). `at` is the instant that
    decided (the due one, the act's, the clock's end), `promise` whose breach it would lift."""

    held: Held
    why: Why
    length: timedelta = NOTHING
    from_at: datetime | None = None
    to_at: datetime | None = None
    at: datetime | None = None
    act: ActKind | None = None
    promise: Promise | None = None


def taken(
    matter: Matter,
    promise: Promise,
    verdict: Verdict,
    until: datetime,
    acts: Iterable[Deed | None],
) -> list[Taken]:
    """Of every pause of the cycle, in their order. `acts` are those that may have ended one for
    this clock: the arrival or the repair that kept it, and the repair at all."""
    stop = min((d for d in acts if d is not None), key=lambda d: d.at, default=None)
    counting = [h for h in matter.held if h.id in matter.counted]
    found: dict[int, Stretch] = {}
    due: datetime | None = None
    if promise in PAUSING and verdict.started_at is not None:
        entered = [h.entered for h in counting]
        if verdict.closed_at is not None and stop is None:
            effective = as_of(entered, verdict.closed_at)
        else:
            effective = ended_by(entered, stop.at if stop else None)
        ran = run(verdict.started_at, verdict.target, effective)
        due = ran.due_at
        found = _by_pause(counting, ran.counted)
    made: list[Taken] = []
    for held in matter.held:
        each = _without_arithmetic(matter, promise, held, verdict)
        if each is None and (stretch := found.get(held.id)) is not None:
            each = _stretched(held, stretch, verdict, until, stop)
        made.append(each or _nothing(held, verdict, due, stop))
    return made


def _by_pause(held: Sequence[Held], counted: Sequence[Stretch]) -> dict[int, Stretch]:
    """Which pause each counted stretch is of: where two overlap, of the one begun before."""
    found: dict[int, Stretch] = {}
    by_begin = sorted(held, key=lambda h: h.from_at)
    for stretch in counted:
        for each in by_begin:
            is_over = each.to_at is not None and each.to_at <= stretch.from_at
            if each.id not in found and each.from_at <= stretch.from_at and not is_over:
                found[each.id] = stretch
                break
    return found


def _without_arithmetic(
    matter: Matter, promise: Promise, held: Held, verdict: Verdict
) -> Taken | None:
    if promise not in PAUSING:
        return Taken(held, Why.NEVER, promise=promise)
    if verdict.closed_at is not None and held.from_at >= verdict.closed_at:
        return Taken(held, Why.AFTER_END, at=verdict.closed_at)
    if held.rejected_at is not None:
        return Taken(held, Why.REJECTED, at=held.rejected_at)
    if held.id in matter.lifts:
        broken, at = matter.lifts[held.id]
        return Taken(held, Why.WAITING, at=at, promise=broken)
    return None


def _stretched(
    held: Held, stretch: Stretch, verdict: Verdict, until: datetime, stop: Deed | None
) -> Taken:
    ends = stretch.to_at or until
    length = ends - stretch.from_at
    if stretch.to_at is None and verdict.closed_at is None:
        return Taken(held, Why.STANDS, length, stretch.from_at, None)
    if stop is not None and stretch.to_at == stop.at:
        return Taken(held, Why.CUT, length, stretch.from_at, ends, stop.at, stop.kind)
    return Taken(held, Why.COUNTS, length, stretch.from_at, ends)


def _nothing(held: Held, verdict: Verdict, due: datetime | None, stop: Deed | None) -> Taken:
    if verdict.started_at is None:
        return Taken(held, Why.NOT_BEGUN)
    if held.to_at is not None and held.to_at <= verdict.started_at:
        return Taken(held, Why.OVER_BEFORE, at=verdict.started_at)
    if stop is not None and held.from_at >= stop.at:
        return Taken(held, Why.AFTER_ACT, at=stop.at, act=stop.kind)
    if due is not None and held.from_at >= due:
        return Taken(held, Why.AFTER_DUE, at=due)
    return Taken(held, Why.EMPTY if held.to_at == held.from_at else Why.OVERLAPS)
