"""What a change of covers makes of the plan: what is new, what moves, what is owed no longer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from tickets.inspection.rules.quarters import (
    Covered,
    NotOwed,
    Quarter,
    free_days,
    quarters_of,
    runs_of,
)


class Planned(Protocol):
    """A quarter that stands in the plan. It is `is_reported` once it was signed: it never moves."""

    @property
    def anchor(self) -> date: ...
    @property
    def number(self) -> int: ...
    @property
    def starts_on(self) -> date: ...
    @property
    def due_on(self) -> date: ...
    @property
    def days(self) -> int: ...
    @property
    def not_owed(self) -> str | None: ...
    @property
    def is_reported(self) -> bool: ...


Key = tuple[date, int]


@dataclass(frozen=True)
class Reckoned:
    """`anchors`: old → new, where what they are counted from was corrected. `quarters`: how each
    stands now. What is planned and not among them is out of cover."""

    anchors: Mapping[date, date]
    quarters: Mapping[Key, Quarter]


def reckon(covers: Iterable[Covered], counted: str, planned: Sequence[Planned]) -> Reckoned:
    """What the covers of a project owe, beside what stands in its plan.

    A corrected acceptance day moves the anchor of its quarters; those that were signed keep their
    days, and the days they took are not asked again.
    """
    runs = runs_of(covers)
    anchors = moved_anchors(
        sorted({each.anchor for each in planned}), [run.starts_on for run in runs]
    )
    kept = {
        (anchors.get(each.anchor, each.anchor), each.number): each
        for each in planned
        if each.is_reported
    }
    spans = [(each.starts_on, each.due_on) for each in kept.values()]
    quarters: dict[Key, Quarter] = {}
    for run in runs:
        for quarter in quarters_of(run, counted):
            key = (quarter.anchor, quarter.number)
            if key in kept:
                continue
            left = free_days(quarter, spans) if spans else quarter.days
            if quarter.not_owed is None and left < min(quarter.days, 30):
                quarter = replace(quarter, not_owed=NotOwed.INSPECTED)
            quarters[key] = quarter
    return Reckoned(anchors, quarters)


def moved_anchors(old: Sequence[date], new: Sequence[date]) -> dict[date, date]:
    """Which old anchor is which new one: the same day first, then the nearest that is left."""
    lost = [anchor for anchor in old if anchor not in new]
    fresh = [anchor for anchor in new if anchor not in old]
    pairs = sorted(
        ((abs((a - b).days), a, b) for a in lost for b in fresh), key=lambda pair: pair[0]
    )
    moved: dict[date, date] = {}
    for _, a, b in pairs:
        if a not in moved and b not in moved.values():
            moved[a] = b
    return moved
