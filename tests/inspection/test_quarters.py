"""Quarters by arithmetic: anchors, cuts, gaps, calendar quarters, corrections (rules.md §9)."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.inspection.rules import (
    NotOwed,
    Quarter,
    Run,
    first_reminder,
    months_later,
    next_reminder,
    quarters_of,
    reckon,
    reminder_on,
    runs_of,
)
from tickets.project.rules import warranty_end

D = date
DAY = timedelta(1)


@dataclass(frozen=True)
class Held:
    starts_on: date
    ends_on: date


@dataclass
class Row:
    anchor: date
    number: int
    starts_on: date
    due_on: date
    days: int = 91
    not_owed: str | None = None
    is_reported: bool = False


@pytest.mark.parametrize(
    ("accepted", "ends"),
    [
        (D(2025, 11, 30), [D(2026, 2, 28), D(2026, 5, 30), D(2026, 8, 30), D(2026, 11, 30)]),
        (D(2024, 2, 29), [D(2024, 5, 29), D(2024, 8, 29), D(2024, 11, 29), D(2025, 2, 28)]),
        (D(2025, 8, 31), [D(2025, 11, 30), D(2026, 2, 28), D(2026, 5, 31), D(2026, 8, 31)]),
        (D(2026, 1, 1), [D(2026, 4, 1), D(2026, 7, 1), D(2026, 10, 1), D(2027, 1, 1)]),
    ],
)
def test_quarters_are_reckoned_from_the_anchor(accepted: date, ends: list[date]) -> None:
    quarters = quarters_of(Run(accepted, warranty_end(accepted, 12)), "acceptance")
    assert [each.due_on for each in quarters] == ends
    assert quarters[0].starts_on == accepted
    assert all(each.not_owed is None for each in quarters)


@given(
    accepted=st.dates(D(2020, 1, 1), D(2027, 12, 31)),
    months=st.integers(1, 60),
    counted=st.sampled_from(["acceptance", "calendar"]),
)
def test_quarters_tile_a_cover_without_gap_or_overlap(
    accepted: date, months: int, counted: str
) -> None:
    run = Run(accepted, warranty_end(accepted, months))
    quarters = quarters_of(run, counted)
    assert quarters[0].starts_on == run.starts_on
    assert quarters[-1].due_on == run.ends_on
    for one, other in pairwise(quarters):
        assert other.starts_on == one.due_on + DAY
        assert other.number == one.number + 1
    assert sum(each.days for each in quarters) == (run.ends_on - run.starts_on).days + 1
    for each in quarters:
        assert (each.not_owed is NotOwed.SHORT) == (each.days < 30)
        if counted == "acceptance" and each is not quarters[-1]:
            assert each.due_on == months_later(accepted, 3 * each.number)


@given(day=st.dates(D(2020, 1, 1), D(2027, 12, 31)), months=st.integers(0, 200))
def test_months_later_is_how_warranties_end(day: date, months: int) -> None:
    """Two functions, one arithmetic (§7): the corresponding day, or the month's last."""
    if months:
        assert months_later(day, months) == warranty_end(day, months)
    else:
        assert months_later(day, 0) == day


def test_calendar_quarters_begin_on_the_acceptance_day() -> None:
    quarters = quarters_of(Run(D(2025, 12, 2), D(2026, 12, 2)), "calendar")
    assert [(each.starts_on, each.due_on) for each in quarters] == [
        (D(2025, 12, 2), D(2025, 12, 31)),
        (D(2026, 1, 1), D(2026, 3, 31)),
        (D(2026, 4, 1), D(2026, 6, 30)),
        (D(2026, 7, 1), D(2026, 9, 30)),
        (D(2026, 10, 1), D(2026, 12, 2)),
    ]
    assert quarters[0].not_owed is None  # thirty days, to the day
    short = quarters_of(Run(D(2025, 12, 3), D(2026, 12, 3)), "calendar")
    assert (short[0].days, short[0].not_owed) == (29, NotOwed.SHORT)


@pytest.mark.parametrize(
    ("covers", "runs"),
    [
        # A contract that continues keeps the anchor.
        (
            [Held(D(2025, 1, 10), D(2026, 1, 10)), Held(D(2026, 1, 11), D(2027, 1, 10))],
            [Run(D(2025, 1, 10), D(2027, 1, 10))],
        ),
        # One after a gap is its own.
        (
            [Held(D(2025, 1, 10), D(2026, 1, 10)), Held(D(2026, 1, 12), D(2027, 1, 11))],
            [Run(D(2025, 1, 10), D(2026, 1, 10)), Run(D(2026, 1, 12), D(2027, 1, 11))],
        ),
        # Batches overlap; the longest reaches furthest.
        (
            [
                Held(D(2025, 1, 10), D(2027, 1, 10)),
                Held(D(2025, 3, 1), D(2026, 3, 1)),
                Held(D(2026, 2, 1), D(2026, 4, 1)),
            ],
            [Run(D(2025, 1, 10), D(2027, 1, 10))],
        ),
        ([], []),
    ],
)
def test_covers_without_a_gap_are_one_run(covers: list[Held], runs: list[Run]) -> None:
    assert runs_of(covers) == runs
    assert runs_of(list(reversed(covers))) == runs


def plan(covers: list[Held], rows: list[Row], counted: str = "acceptance") -> dict[int, Quarter]:
    reckoned = reckon(covers, counted, rows)
    return {number: quarter for (_, number), quarter in reckoned.quarters.items()}


def test_a_corrected_acceptance_moves_what_is_not_signed() -> None:
    old, new = D(2025, 11, 30), D(2025, 12, 15)
    rows = [
        Row(each.anchor, each.number, each.starts_on, each.due_on)
        for each in quarters_of(Run(old, warranty_end(old, 12)), "acceptance")
    ]
    rows[0].is_reported = True
    covers = [Held(new, warranty_end(new, 12))]
    reckoned = reckon(covers, "acceptance", rows)
    assert reckoned.anchors == {old: new}
    moved = {number: quarter for (_, number), quarter in reckoned.quarters.items()}
    assert sorted(moved) == [2, 3, 4]  # the signed one stays as it is, and is not asked again
    assert moved[2].due_on == D(2026, 6, 15)
    assert all(each.not_owed is None for each in moved.values())


def test_days_that_were_inspected_are_not_asked_again() -> None:
    """Counted by the calendar from now on: what the signed quarter took of the new ones is over."""
    accepted = D(2025, 11, 1)
    rows = [Row(accepted, 1, accepted, D(2026, 2, 1), is_reported=True)]
    moved = plan([Held(accepted, D(2026, 11, 1))], rows, "calendar")
    assert moved[2].not_owed is None  # January to March: 59 days are left
    rows = [Row(accepted, 1, accepted, D(2026, 3, 10), is_reported=True)]
    moved = plan([Held(accepted, D(2026, 11, 1))], rows, "calendar")
    assert moved[2].not_owed is NotOwed.INSPECTED


def test_a_cover_that_was_cut_owes_no_more() -> None:
    accepted = D(2025, 1, 10)
    rows = [
        Row(each.anchor, each.number, each.starts_on, each.due_on)
        for each in quarters_of(Run(accepted, warranty_end(accepted, 12)), "acceptance")
    ]
    moved = plan([Held(accepted, D(2025, 7, 20))], rows)
    assert sorted(moved) == [1, 2, 3]
    assert (moved[3].days, moved[3].not_owed) == (10, NotOwed.SHORT)


def test_reckoning_twice_is_reckoning_once() -> None:
    accepted = D(2024, 2, 29)
    covers = [Held(accepted, warranty_end(accepted, 24)), Held(D(2027, 1, 1), D(2027, 12, 31))]
    first = reckon(covers, "acceptance", [])
    rows = [
        Row(q.anchor, q.number, q.starts_on, q.due_on, q.days, q.not_owed)
        for q in first.quarters.values()
    ]
    again = reckon(covers, "acceptance", rows)
    assert again.anchors == {}
    assert again.quarters == first.quarters


def reminders(due_on: date, since: date, days: int, asleep: frozenset[int]) -> dict[int, int]:
    """Days after `since` → what was said, for a sweep that slept on some days."""
    remind_on, told, said = first_reminder(due_on, since), None, {}
    for n in range(days):
        today = since + DAY * n
        if n in asleep or today < remind_on:
            continue
        now = reminder_on(due_on, today, told)
        if now is not None:
            told = now
            said[n] = now
        remind_on = next_reminder(due_on, today)
    return said


def test_reminders_before_the_day_and_every_day_after_it() -> None:
    said = reminders(D(2026, 3, 31), D(2026, 1, 1), 93, frozenset())
    assert said == {59: 30, 75: 14, 82: 7, 90: -1, 91: -2, 92: -3}


def test_after_an_outage_only_the_nearest_is_said() -> None:
    said = reminders(D(2026, 3, 31), D(2026, 1, 1), 93, frozenset(range(50, 85)))
    assert said == {85: 7, 90: -1, 91: -2, 92: -3}


@given(
    asleep=st.frozensets(st.integers(0, 119)),
    ahead=st.integers(0, 60),
)
def test_nothing_is_said_twice_and_overdue_never_left_out(
    asleep: frozenset[int], ahead: int
) -> None:
    due_on = D(2026, 3, 31)
    since = due_on - DAY * ahead
    said = reminders(due_on, since, 120, asleep)
    before = [days for days in said.values() if days >= 0]
    assert before == sorted(set(before), reverse=True)
    late = {n for n in range(ahead + 1, 120) if n not in asleep}
    assert {n for n, days in said.items() if days < 0} == late
