"""May this pause be entered? An interval inside the report and now, overlapping no other (§3)."""

from collections.abc import Iterable
from datetime import datetime

from tickets.refusals import Invalid
from tickets.sla.rules.due import Interval


def check_interval(
    from_at: datetime, to_at: datetime | None, *, reported_at: datetime, now: datetime
) -> None:
    """Raises Invalid naming the field, `from` or `to`."""
    if from_at > now:
        raise Invalid("from", "A pause cannot begin in the future.")
    if from_at < reported_at:
        raise Invalid("from", "A pause cannot begin before the report.")
    if to_at is not None and to_at > now:
        raise Invalid("to", "A pause cannot end in the future: leave its end open.")
    if to_at is not None and to_at <= from_at:
        raise Invalid("to", "A pause ends after it begins.")


def from_report(from_at: datetime | None, reported_at: datetime) -> datetime | None:
    """One storm, many calls: what was reported after it had begun stands still from its report."""
    return None if from_at is None else max(from_at, reported_at)


def overlapping(
    from_at: datetime, to_at: datetime | None, others: Iterable[Interval]
) -> Interval | None:
    """The first that shares an instant with [from_at, to_at); they may touch."""
    for other in others:
        begins_before_it_ends = other.to_at is None or from_at < other.to_at
        ends_after_it_begins = to_at is None or other.from_at < to_at
        is_empty = other.to_at is not None and other.to_at <= other.from_at
        if begins_before_it_ends and ends_after_it_begins and not is_empty:
            return other
    return None
