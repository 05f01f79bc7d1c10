"""A cycle from its report on: changes of severity, pauses believed or not, every clock derived.

This is the one place where the whole of rules.md §2 to §4 meets. It is a pure function of what
is written down: the rows of the clocks are what it says, whoever acted first (docs/decisions/0009).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tickets.sla.rules.due import Interval, as_of, run
from tickets.sla.rules.judge import Done, Promised, Verdict, ended, judge_one
from tickets.sla.rules.words import PAUSING, PROMISE_ORDER, ClockState, Promise

Key = tuple[Promise, int]  # a promise and the generation of its clock


@dataclass(frozen=True)
class Episode:
    """A stretch of a cycle under one severity; `targets` holds what that severity promises."""

    generation: int
    since: datetime
    targets: Mapping[Promise, timedelta]


@dataclass(frozen=True)
class Cycle:
    """A report (or its recurrence) with its episodes, the first of which begins at the report."""

    reported_at: datetime
    episodes: Sequence[Episode]
    repair_from: str = "report"
    ended_at: datetime | None = None  # cancelled, or closed as not ours


@dataclass(frozen=True)
class Entered:
    """A pause as somebody entered it: an interval, when we were told, and whether a manager
    stands behind it. Rejected ones are not brought here."""

    from_at: datetime
    to_at: datetime | None
    entered_at: datetime
    is_accepted: bool = False
    id: int = 0


@dataclass(frozen=True)
class Derived:
    """Every clock of the cycle; the pauses that count, and those that wait for a manager, with
    the breach (which promise, dated when) that each of these would lift."""

    clocks: Mapping[Key, Verdict]
    counted: Sequence[Entered] = ()
    waiting: Sequence[Entered] = ()
    lifts: Mapping[int, tuple[Promise, datetime]] = field(default_factory=dict)


@dataclass(frozen=True)
class Lived:
    """A cycle with what happened in it, and the pauses that reach into it."""

    cycle: Cycle
    acts: Sequence[Done]
    pauses: Sequence[Entered] = ()


def derive(
    cycle: Cycle, acts: Sequence[Done], pauses: Iterable[Entered] = (), *, now: datetime
) -> Derived:
    """The clocks of a ticket that has not come again, from everything that happened."""
    return derive_all([Lived(cycle, acts, list(pauses))], now=now)[0]


def derive_all(lived: Sequence[Lived], *, now: datetime) -> list[Derived]:
    """The clocks of every cycle of a ticket.

    A pause entered after a breach that it would lift counts only once a manager has accepted it.
    That is asked in the order in which pauses were entered: each was judged by what had been
    entered before it, under the severity of that time, so that it survives what changes later.
    One that reaches into two cycles counts in both or in neither.
    """
    counted: list[Entered] = []
    waiting: list[Entered] = []
    lifts: dict[int, tuple[Promise, datetime]] = {}
    entered = dict.fromkeys(pause for each in lived for pause in each.pauses)
    for pause in sorted(entered, key=lambda each: (each.entered_at, each.from_at, each.id)):
        breach = None
        if not pause.is_accepted:
            his_cycles = (each for each in lived if pause in each.pauses)
            found = (_would_lift(pause, each, counted, now) for each in his_cycles)
            breach = next((each for each in found if each is not None), None)
        if breach is None:
            counted.append(pause)
        else:
            waiting.append(pause)
            lifts[pause.id] = breach
    made = []
    for each in lived:
        his = [pause for pause in counted if pause in each.pauses]
        verdicts = clocks(each.cycle, each.acts, his, now=now)
        made.append(Derived(verdicts, his, [p for p in waiting if p in each.pauses], lifts))
    return made


def _known_then(
    lived: Lived, counted: Sequence[Entered], at: datetime, now: datetime
) -> Mapping[Key, Verdict]:
    """The clocks under the severities there were at an instant."""
    first, *changes = lived.cycle.episodes
    episodes = [first, *(each for each in changes if each.since <= at)]
    his = [pause for pause in counted if pause in lived.pauses]
    return clocks(replace(lived.cycle, episodes=episodes), lived.acts, his, now=now)


def _would_lift(
    pause: Entered, lived: Lived, counted: Sequence[Entered], now: datetime
) -> tuple[Promise, datetime] | None:
    """Which promise was broken when it was entered, whose due instant it would move?"""
    without = _known_then(lived, counted, pause.entered_at, now)
    broken = {
        key: verdict.due_at
        for key, verdict in without.items()
        if key[0] in PAUSING
        and verdict.closed_as is None
        and verdict.due_at is not None
        and pause.from_at < verdict.due_at < pause.entered_at
        and (verdict.met_at is None or verdict.met_at > verdict.due_at)
    }
    if not broken:
        return None
    with_it = _known_then(lived, [*counted, pause], pause.entered_at, now)
    return next(
        (
            (key[0], due_at)
            for key, due_at in broken.items()
            if key not in with_it or with_it[key].due_at != due_at
        ),
        None,
    )


def clocks(
    cycle: Cycle, acts: Sequence[Done], pauses: Sequence[Interval], *, now: datetime
) -> Mapping[Key, Verdict]:
    """Every clock, all of `pauses` counted; superseded ones and their successors too."""
    made: dict[Key, Verdict] = {}
    for promise in PROMISE_ORDER:
        if promise is Promise.MAKE_SAFE:
            made |= _dangers(cycle, acts, now)
        else:
            made |= _chain(promise, cycle, acts, pauses, made, now)
    return made


def _chain(
    promise: Promise,
    cycle: Cycle,
    acts: Sequence[Done],
    pauses: Sequence[Interval],
    before: Mapping[Key, Verdict],
    now: datetime,
) -> dict[Key, Verdict]:
    """A clock and its successors: the same start, the pauses carried over, the new target."""
    made: dict[Key, Verdict] = {}
    arrival: Verdict | None = None
    for episode, until in _with_ends(cycle.episodes):
        if promise not in episode.targets:
            continue
        arrival = before.get((Promise.ARRIVAL, episode.generation), arrival)
        each = Promised(
            promise,
            cycle.reported_at,
            episode.targets[promise],
            cycle.repair_from if promise is Promise.REPAIR else "report",
        )
        verdict = judge_one(each, acts, arrival, now=now, pauses=pauses)
        key = (promise, episode.generation)
        if until is None:
            made[key] = ended(verdict, cycle.ended_at)
        elif not _was_open(verdict, until):
            made[key] = verdict
            break  # kept or broken by then: left alone, and nothing succeeds it
        else:
            his = pauses if promise in PAUSING else ()
            made[key] = _superseded(each, verdict, until, his)
    return made


def _dangers(cycle: Cycle, acts: Sequence[Done], now: datetime) -> dict[Key, Verdict]:
    """`make_safe` starts anew whenever the severity rises to S1, and has no successor.

    What was made safe before the rise counts, unless that was in an earlier danger; a repair
    always does (docs/decisions/0003).
    """
    made: dict[Key, Verdict] = {}
    over: datetime | None = None
    for number, (episode, until) in enumerate(_with_ends(cycle.episodes)):
        target = episode.targets.get(Promise.MAKE_SAFE)
        if target is None:
            continue
        start = cycle.reported_at if number == 0 else episode.since
        each = Promised(Promise.MAKE_SAFE, start, target)
        of_this = [act for act in acts if act.is_fix or over is None or act.at > over]
        verdict = judge_one(each, of_this, None, now=now)
        if until is None:
            verdict = ended(verdict, cycle.ended_at)
        elif _was_open(verdict, until):
            verdict = _superseded(each, verdict, until, ())
        made[Promise.MAKE_SAFE, episode.generation] = verdict
        over = until
    return made


def _with_ends(episodes: Sequence[Episode]) -> Iterable[tuple[Episode, datetime | None]]:
    ends = [episode.since for episode in episodes[1:]]
    return zip(episodes, [*ends, None], strict=True)


def _was_open(verdict: Verdict, at: datetime) -> bool:
    """Running or paused when the severity changed: neither kept, nor over, nor late by then."""
    if verdict.met_at is not None and verdict.met_at <= at:
        return False
    if verdict.closed_at is not None and verdict.closed_at <= at:
        return False
    return verdict.due_at is None or verdict.due_at >= at


def _superseded(
    each: Promised, verdict: Verdict, at: datetime, pauses: Iterable[Interval]
) -> Verdict:
    """As it stood when the severity changed."""
    start = verdict.started_at if verdict.started_at and verdict.started_at <= at else None
    ran = run(start, each.target, as_of(pauses, at)) if start else None
    paused = ran.paused if ran else timedelta(0)
    if ran and ran.paused_since is not None:
        paused += at - ran.paused_since
    return replace(
        verdict,
        started_at=start,
        due_at=ran.due_at if ran else None,
        met_at=None,
        met_by=None,
        closed_as=ClockState.SUPERSEDED,
        closed_at=at,
        starts_by=None,
        paused=paused,
        paused_since=None,
    )
