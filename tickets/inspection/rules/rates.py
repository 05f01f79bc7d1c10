"""Rates that always show their counts, and when somebody is reminded (rules.md §9)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from tickets.inspection.rules.checklist import Verdict

THRESHOLDS: Final = (30, 14, 7)  # days before a quarter's last day


@dataclass(frozen=True)
class Rate:
    """So many of so many. `percent` is None of nothing: a rate without a count says nothing."""

    part: int
    whole: int

    @property
    def percent(self) -> float | None:
        return self.part / self.whole * 100 if self.whole else None

    def in_words(self) -> str:
        """98.3 % (118/120); rounded down, so that 99.96 % is not said to be all."""
        if self.percent is None:
            return f"— ({self.part}/{self.whole})"
        return f"{self.part * 1000 // self.whole / 10:.1f} % ({self.part}/{self.whole})"


def lit_rate(pairs: Iterable[tuple[float, float]]) -> Rate:
    """亮灯率: lamps that are lit of those that should be. Pairs are due, lit."""
    due, lit = 0, 0
    for should, does in pairs:
        due += int(should)
        lit += int(does)
    return Rate(lit, due)


def coverage(verdicts: Iterable[str | None]) -> Rate:
    """Checked of all. What was not accessible, or nobody looked at, was not checked."""
    told = list(verdicts)
    checked = sum(v is not None and v != Verdict.NOT_ACCESSIBLE for v in told)
    return Rate(checked, len(told))


def passed(verdicts: Iterable[str | None]) -> Rate:
    """Passed of what could pass or fail."""
    told = [v for v in verdicts if v in (Verdict.PASS, Verdict.FAIL)]
    return Rate(sum(v == Verdict.PASS for v in told), len(told))


def first_reminder(due_on: date, today: date) -> date:
    """When somebody first hears of a quarter that was planned today."""
    return max(due_on - timedelta(THRESHOLDS[0]), today)


def next_reminder(due_on: date, today: date) -> date:
    """The day of the next reminder after today: thresholds before, every day when overdue."""
    days = [due_on - timedelta(threshold) for threshold in THRESHOLDS]
    return min((day for day in days if day > today), default=max(due_on, today) + timedelta(1))


def reminder_on(due_on: date, today: date, told: int | None) -> int | None:
    """What is said today: the nearest threshold that has come and was not told (an outage skips
    the earlier ones), 0 or less when it is overdue, once for each day."""
    days_left = (due_on - today).days
    if days_left < 0:
        return days_left if told != days_left else None
    reached = [threshold for threshold in THRESHOLDS if days_left <= threshold]
    if not reached:
        return None
    nearest = min(reached)
    return nearest if told is None or told > nearest else None
