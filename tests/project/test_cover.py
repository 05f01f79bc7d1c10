"""Until when the owner need not pay (rules.md §7): both sides of every midnight."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.project.rules import (
    Decision,
    below_statute,
    covers_of,
    decide_cover,
    said_again,
    warranty_end,
)

SHANGHAI = "Asia/Shanghai"


@dataclass(frozen=True)
class Batch:
    accepted_on: date
    batch: str = "1"
    months: int = 12
    months_by_kind: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Thing:
    code: str
    kind: str = "LUM_FLOOD"
    batch: str | None = None


def at(text: str, zone: str = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("accepted_on", "months", "last"),
    [
        ("2025-10-09", 12, "2026-10-09"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2025-08-31", 6, "2026-02-28"),
        ("2023-08-31", 6, "2024-02-29"),
        ("2025-01-31", 1, "2025-02-28"),
        ("2025-03-31", 1, "2025-04-30"),
        ("2025-04-30", 1, "2025-05-30"),
        ("2025-12-31", 12, "2026-12-31"),
        ("2025-12-01", 1, "2026-01-01"),
        ("2025-11-30", 3, "2026-02-28"),
        ("2025-11-30", 12, "2026-11-30"),
        ("2025-12-15", 24, "2027-12-15"),
        ("2100-02-28", 12, "2101-02-28"),
        ("2025-10-09", 600, "2075-10-09"),
    ],
)
def test_a_warranty_ends_on_the_corresponding_day(  # E15
    accepted_on: str, months: int, last: str
) -> None:
    assert warranty_end(date.fromisoformat(accepted_on), months) == date.fromisoformat(last)


DAYS = st.dates(date(1980, 1, 1), date(2200, 12, 31))


@given(DAYS, st.integers(1, 600))
def test_the_last_day_is_in_the_nth_month_and_never_later_than_the_corresponding_day(
    accepted_on: date, months: int
) -> None:
    last = warranty_end(accepted_on, months)
    assert (last.year - accepted_on.year) * 12 + last.month - accepted_on.month == months
    assert last.day <= accepted_on.day
    if last.day < accepted_on.day:
        assert (last + timedelta(days=1)).day == 1


@given(DAYS, st.integers(1, 599))
def test_a_longer_warranty_never_ends_earlier(accepted_on: date, months: int) -> None:
    assert warranty_end(accepted_on, months) < warranty_end(accepted_on, months + 1)


@given(DAYS, DAYS, st.integers(1, 600))
def test_a_later_acceptance_never_ends_earlier(a: date, b: date, months: int) -> None:
    first, second = sorted((a, b))
    assert warranty_end(first, months) <= warranty_end(second, months)


@pytest.mark.parametrize(
    ("reported", "decision"),
    [
        ("2025-10-08T23:59:59.999999", Decision.NOT_ACCEPTED_YET),
        ("2025-10-09T00:00", Decision.WARRANTY),
        ("2026-10-09T00:00", Decision.WARRANTY),
        ("2026-10-09T23:59:59.999999", Decision.WARRANTY),
        ("2026-10-10T00:00", Decision.EXPIRED),
    ],
)
def test_days_begin_and_end_at_midnight_of_the_project(  # E16
    reported: str, decision: Decision
) -> None:
    told = decide_cover([Batch(date(2025, 10, 9))], [], at(reported), SHANGHAI)
    assert told.decision is decision
    assert told.ends_on == date(2026, 10, 9)


def test_the_zone_of_the_project_decides_which_day_it_is() -> None:
    late = at("2026-10-10T00:30")
    assert decide_cover([Batch(date(2025, 10, 9))], [], late, SHANGHAI).decision == "expired"
    assert decide_cover([Batch(date(2025, 10, 9))], [], late, "Europe/Berlin").decision == (
        "warranty"
    )


def test_without_acceptance_the_builder_takes_care_of_it() -> None:
    told = decide_cover([], [Thing("DB03")], at("2026-01-01T12:00"), SHANGHAI)
    assert told.decision is Decision.NOT_ACCEPTED_YET
    assert told.ends_on is None
    assert "free of charge" in told.reason


def test_classes_have_months_of_their_own() -> None:
    batch = Batch(date(2025, 10, 9), months_by_kind={"LUM": 24, "LUM_FLOOD": 36, "SRC": 6})
    reported = at("2027-01-01T12:00")

    def ends(kind: str) -> date | None:
        return decide_cover([batch], [Thing("X", kind)], reported, SHANGHAI).ends_on

    assert ends("LUM_FLOOD") == date(2028, 10, 9)
    assert ends("LUM_LINE") == date(2027, 10, 9)
    assert ends("SRC") == date(2026, 4, 9)
    assert ends("BOX") == date(2026, 10, 9)
    assert [c.asset_kind for c in covers_of([batch])] == [None, "LUM", "LUM_FLOOD", "SRC"]


def test_one_asset_in_warranty_covers_the_ticket_and_the_others_are_named() -> None:
    batch = Batch(date(2025, 10, 9), months_by_kind={"LUM": 24})
    told = decide_cover(
        [batch], [Thing("DB03", "BOX"), Thing("L1"), Thing("L2")], at("2026-11-01T09:00"), SHANGHAI
    )
    assert told.decision is Decision.WARRANTY
    assert told.ends_on == date(2027, 10, 9)
    assert "Out of warranty: DB03." in told.reason
    assert "This holds for L1, L2." in told.reason


def test_an_asset_of_a_later_batch_has_its_own_days() -> None:
    batches = [Batch(date(2025, 1, 1), "east"), Batch(date(2025, 12, 1), "west")]
    reported = at("2026-06-01T08:00")
    east = decide_cover(batches, [Thing("E1", batch="east")], reported, SHANGHAI)
    west = decide_cover(batches, [Thing("W1", batch="west")], reported, SHANGHAI)
    unknown = decide_cover(batches, [Thing("N1", batch="north")], reported, SHANGHAI)
    assert (east.decision, west.decision) == (Decision.EXPIRED, Decision.WARRANTY)
    assert unknown.decision is Decision.NOT_ACCEPTED_YET


def test_without_assets_the_warranty_that_ends_last_decides() -> None:
    batches = [Batch(date(2025, 12, 1), "west"), Batch(date(2025, 1, 1), "east")]
    told = decide_cover(batches, [], at("2026-06-01T08:00"), SHANGHAI)
    assert told.decision is Decision.WARRANTY
    assert told.ends_on == date(2026, 12, 1)
    assert "batch west" in told.reason


def test_under_two_years_gets_a_note_whatever_part_it_is() -> None:
    assert below_statute(Batch(date(2025, 1, 1), months=12))
    assert below_statute(Batch(date(2025, 1, 1), months=24, months_by_kind={"SRC": 12}))
    assert not below_statute(Batch(date(2025, 1, 1), months=24, months_by_kind={"SRC": 36}))


def test_a_frozen_reason_is_said_again_in_another_language() -> None:
    said: list[str] = []

    def say(sentence: str, **places: str) -> str:
        said.append(sentence)
        return "/".join(places.values())

    told = decide_cover(
        [Batch(date(2025, 10, 9), batch="二标段 {1}")],
        [Thing("DB03"), Thing("X", batch="new")],
        at("2026-01-01T00:00"),
        SHANGHAI,
    )
    assert said_again(told.reason, say) == "二标段 {1}/2025-10-09/12/2026-10-09 DB03"
    assert all("{" in sentence for sentence in said)
    assert said_again("Words of an older release.", say) == "Words of an older release."


@given(DAYS, st.integers(1, 60), st.integers(0, 220 * 366 * 24 * 60))
def test_there_is_always_exactly_one_answer(accepted: date, months: int, when: int) -> None:
    instant = datetime(1990, 1, 1, tzinfo=UTC) + timedelta(minutes=when)
    told = decide_cover([Batch(accepted, months=months)], [], instant, SHANGHAI)
    day = instant.astimezone(ZoneInfo(SHANGHAI)).date()
    last = warranty_end(accepted, months)
    expected = "not_accepted_yet" if day < accepted else "warranty" if day <= last else "expired"
    assert told.decision == expected
