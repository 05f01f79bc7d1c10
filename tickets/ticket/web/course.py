"""The course of one cycle, drawn: time runs downward, one lane per promise, an event per number.

Only geometry and the rows of the table beside it; what happened is decided elsewhere.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tickets.sla.rules import (
    PAUSE_LABELS,
    PROMISE_LABELS,
    PROMISE_ORDER,
    ClockState,
    PauseReason,
    Promise,
)
from tickets.sla.rules.explain import Explained
from tickets.sla.rules.facts import Joined
from tickets.sla.rules.matter import Matter
from tickets.sla.rules.said import Label, Said, said
from tickets.sla.rules.sentences import ACTS

TOP, LEFT, LANE, BAR = 44, 58, 64, 22
ROW = 22  # of a numbered event
SHORTEST = 300


@dataclass(frozen=True)
class Happening:
    """A row of the table; `look` is `plain`, `act`, `due`, `breach`, `pause` or `now`."""

    at: datetime
    told: Said
    look: str = "plain"


@dataclass(frozen=True)
class Mark:
    """A numbered row: `y` is where it belongs on the scale, `label_y` where its number has room."""

    number: int
    happening: Happening
    y: float
    label_y: float


@dataclass(frozen=True)
class Bar:
    """`look` is `ran`, `held`, `over`, `ahead`."""

    look: str
    x: float
    y: float
    height: float


@dataclass(frozen=True)
class Sign:
    """On a lane: `kept` (a disc), `due` (a stroke), `breach` (a lozenge), `gone` (a stroke)."""

    look: str
    x: float
    y: float


@dataclass(frozen=True)
class Course:
    width: int
    height: float
    lanes: Sequence[tuple[float, Label]]
    bars: Sequence[Bar]
    signs: Sequence[Sign]
    marks: Sequence[Mark]
    bottom: float


@dataclass
class _Scale:
    since: datetime
    until: datetime
    height: float
    lanes: dict[Promise, float] = field(default_factory=dict)

    def y(self, at: datetime) -> float:
        whole = (self.until - self.since) / timedelta(seconds=1)
        part = (min(max(at, self.since), self.until) - self.since) / timedelta(seconds=1)
        return round(TOP + 10 + (self.height * part / whole if whole else 0), 1)


def course(clocks: Sequence[Explained]) -> Course:
    """Of the clocks of one cycle, all generations of a promise in one lane."""
    rows = sorted(_happenings(clocks), key=lambda row: row.at)
    ends = [row.at for row in rows]
    height = max(SHORTEST, ROW * len(rows))
    scale = _Scale(clocks[0].matter.begun.reported_at, max(ends), height)
    present = [p for p in PROMISE_ORDER if any(c.promise is p for c in clocks)]
    scale.lanes = {p: LEFT + LANE * n + LANE / 2 for n, p in enumerate(present)}
    bars = [bar for told in clocks for bar in _bars(told, scale)]
    signs = [sign for told in clocks for sign in _signs(told, scale)]
    return Course(
        LEFT + LANE * len(present) + 6,
        TOP + height + 24,
        [(x, Label(PROMISE_LABELS[p])) for p, x in scale.lanes.items()],
        bars,
        signs,
        _marks(rows, scale),
        TOP + 10 + height,
    )


def _marks(rows: Sequence[Happening], scale: _Scale) -> list[Mark]:
    """Numbers keep their distance: pushed down by those before, then up from the lower edge."""
    places: list[float] = []
    for row in rows:
        places.append(max(scale.y(row.at), places[-1] + ROW if places else 0))
    lowest = TOP + 10 + scale.height
    for n in reversed(range(len(places))):
        places[n] = min(places[n], lowest)
        lowest = places[n] - ROW
    return [
        Mark(n, row, scale.y(row.at), round(place, 1))
        for n, (row, place) in enumerate(zip(rows, places, strict=True), start=1)
    ]


def _bars(told: Explained, scale: _Scale) -> Iterator[Bar]:
    started, due = told.verdict.started_at, told.verdict.due_at
    if started is None:
        return
    x = scale.lanes[told.promise] - BAR / 2
    since = max(started, _taken_over(told))

    def bar(look: str, begin: datetime, end: datetime) -> Bar:
        top = scale.y(begin)
        return Bar(look, x, top, round(max(scale.y(end) - top, 1), 1))

    if told.until > since:
        yield bar("ran", since, told.until)
    for each in told.pauses:
        if each.from_at is not None and (each.to_at or told.until) > since:
            yield bar("held", max(each.from_at, since), each.to_at or told.until)
    if due is None or told.state in (ClockState.SUPERSEDED, ClockState.NOT_NEEDED):
        return
    if due < told.until:
        yield bar("over", due, told.until)
    elif due > told.until:
        yield bar("ahead", told.until, due)


def _taken_over(told: Explained) -> datetime:
    """Where a successor's part of the lane begins."""
    since = (e.since for e in told.matter.cycle.episodes if e.generation == told.generation)
    return next(since, told.matter.begun.reported_at)


def _signs(told: Explained, scale: _Scale) -> Iterator[Sign]:
    x, verdict = scale.lanes[told.promise], told.verdict
    if verdict.closed_at is not None:
        yield Sign("gone", x, scale.y(verdict.closed_at))
        return
    if verdict.due_at is not None:
        look = "breach" if told.state is ClockState.LATE else "due"
        yield Sign(look, x, scale.y(verdict.due_at))
    if verdict.met_at is not None:
        yield Sign("kept", x, scale.y(verdict.met_at))


def _happenings(clocks: Sequence[Explained]) -> Iterator[Happening]:
    matter = clocks[0].matter
    report = said("Recurrence reported") if matter.begun.number > 1 else said("The owner reports")
    yield Happening(matter.begun.reported_at, report)
    for deed in matter.deeds:
        label = ACTS[deed.kind]
        who = deed.by or Label("the system")
        yield Happening(deed.at, said("{act}, recorded by {who}", act=label, who=who), "act")
    generations = {e.generation for e in matter.cycle.episodes[1:]}
    for change in matter.facts.graded:
        if change.generation in generations:
            told = said("Severity {before} → {after}", before=change.before, after=change.after)
            yield Happening(change.at, told)
    yield from _pauses(matter)
    for each in clocks:
        due, label = each.verdict.due_at, Label(PROMISE_LABELS[each.promise])
        if due is None or each.verdict.closed_at is not None:
            continue
        if each.state is ClockState.LATE:
            yield Happening(due, said("Due and broken: {promise}", promise=label), "breach")
        else:
            yield Happening(due, said("Due: {promise}", promise=label), "due")
    if matter.cycle.ended_at is not None:
        yield Happening(matter.cycle.ended_at, said("The ticket ended"))
    if isinstance(clocks[0].ended_by, Joined):
        ref = matter.facts.ref(clocks[0].ended_by.survivor_id)
        yield Happening(clocks[0].ended_by.at, said("Merged into {ref}", ref=ref))
    if any(each.until == matter.at for each in clocks):
        yield Happening(matter.at, said("The instant this sheet speaks of"), "now")


def _pauses(matter: Matter) -> Iterator[Happening]:
    for held in matter.held:
        reason = Label(PAUSE_LABELS[PauseReason(held.reason)])
        if held.rejected_at is not None:
            begins = said("A pause begins ({reason}); rejected", reason=reason)
        elif held.id in matter.lifts:
            begins = said("A pause begins ({reason}); waits for a manager", reason=reason)
        else:
            begins = said("A pause begins ({reason})", reason=reason)
        yield Happening(held.from_at, begins, "pause")
        if held.to_at is not None:
            yield Happening(held.to_at, said("The pause ends"), "pause")
