"""Which quarters a cover owes an inspection for (rules.md §9): pure arithmetic of days."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import count
from typing import Final, Protocol

from tickets.words import N_

MONTHS: Final = 3
LEAST_DAYS: Final = 30  # covered days; a shorter quarter owes no inspection
DAY: Final = timedelta(days=1)


class NotOwed(StrEnum):
    """Why a quarter owes no inspection."""

    SHORT = "short"
    OUT_OF_COVER = "out_of_cover"
    INSPECTED = "inspected"


NOT_OWED_LABELS: Final[dict[NotOwed, str]] = {
    NotOwed.SHORT: N_("Only {days} covered days: less than 30, so nothing is owed."),
    NotOwed.OUT_OF_COVER: N_("Out of cover: no warranty or contract holds for these days."),
    NotOwed.INSPECTED: N_("These days were inspected already, as they were reckoned before."),
}


class Covered(Protocol):
    """As much of a cover as quarters need. `ends_on` is its last day, still covered."""

    @property
    def starts_on(self) -> date: ...
    @property
    def ends_on(self) -> date: ...


@dataclass(frozen=True, order=True)
class Run:
    """Days that are covered without a gap, both ends among them: one anchor."""

    starts_on: date
    ends_on: date


@dataclass(frozen=True)
class Quarter:
    """Quarter `number` (1 first) counted from `anchor`; both its days belong to it.

    `days` is how many of them are covered.
    """

    anchor: date
    number: int
    starts_on: date
    due_on: date
    days: int
    not_owed: NotOwed | None = None


def months_later(day: date, months: int) -> date:
    """The corresponding day, or the month's last where there is none; always reckoned from `day`,
    so that 30 November → 28 February → 30 May."""
    years, month = divmod(day.month - 1 + months, 12)
    first = date(day.year + years, month + 1, 1)
    last = (first + timedelta(days=32)).replace(day=1) - DAY
    return first.replace(day=min(day.day, last.day))


def runs_of(covers: Iterable[Covered]) -> list[Run]:
    """Covers that overlap, or follow each other without a day between, are one run: a contract
    that continues keeps the anchor, one after a gap is its own."""
    runs: list[Run] = []
    for cover in sorted(covers, key=lambda each: (each.starts_on, each.ends_on)):
        if cover.ends_on < cover.starts_on:
            continue
        if runs and cover.starts_on <= runs[-1].ends_on + DAY:
            runs[-1] = Run(runs[-1].starts_on, max(runs[-1].ends_on, cover.ends_on))
        else:
            runs.append(Run(cover.starts_on, cover.ends_on))
    return runs


def quarters_of(run: Run, counted: str) -> list[Quarter]:
    """All quarters of a run, the last cut at its end. `counted`: "acceptance" or "calendar"."""
    return [
        Quarter(
            run.starts_on,
            number,
            starts_on,
            due_on,
            days := (due_on - starts_on).days + 1,
            NotOwed.SHORT if days < LEAST_DAYS else None,
        )
        for number, starts_on, due_on in _windows(run, counted)
    ]


def _windows(run: Run, counted: str) -> Iterator[tuple[int, date, date]]:
    starts_on = run.starts_on
    for number in count(1):
        ends_on = _calendar_end(starts_on) if counted == "calendar" else _end(run, number)
        yield number, starts_on, min(ends_on, run.ends_on)
        starts_on = ends_on + DAY
        if starts_on > run.ends_on:
            return


def _end(run: Run, number: int) -> date:
    return months_later(run.starts_on, MONTHS * number)


def _calendar_end(day: date) -> date:
    """The last day of the calendar quarter it lies in."""
    last_month = (day.month + 2) // 3 * 3
    return months_later(date(day.year, last_month, 1), 1) - DAY


def free_days(quarter: Quarter, done: Sequence[tuple[date, date]]) -> int:
    """How many days of a quarter lie in none of the spans that were inspected."""
    days = {quarter.starts_on + DAY * n for n in range(quarter.days)}
    for starts_on, due_on in done:
        days -= {day for day in days if starts_on <= day <= due_on}
    return len(days)
