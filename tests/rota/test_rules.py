"""Whose turn it is: days, weeks, the handover hour across changes of the clock, who is away."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tickets.refusals import Invalid, Refused
from tickets.rota import rules
from tickets.rota.rules import DAY, Away, Plan, Shift, Span, Turn

D = date(2026, 11, 23)  # a Monday
H = timedelta(hours=1)
SHANGHAI = Plan(Turn.DAILY, (1, 2, 3), D)


def at(day: date, hour: int = 8, zone: str = "Asia/Shanghai") -> datetime:
    return datetime.combine(day, time(hour), ZoneInfo(zone)).astimezone(UTC)


def test_turns_follow_the_order_day_by_day() -> None:
    assert [rules.whose_turn(SHANGHAI, D + n * DAY) for n in range(4)] == [1, 2, 3, 1]
    assert rules.whose_turn(SHANGHAI, D - DAY) is None
    assert rules.turns(SHANGHAI, [], D, D + DAY) == [
        Shift(at(D), at(D + DAY), 1),
        Shift(at(D + DAY), at(D + 2 * DAY), 2),
    ]


def test_a_week_is_one_duty_from_handover_to_handover() -> None:
    plan = Plan(Turn.WEEKLY, (1, 2), D, time(9))
    found = rules.turns(plan, [], D, D + 13 * DAY)
    assert found == [
        Shift(at(D, 9), at(D + 7 * DAY, 9), 1),
        Shift(at(D + 7 * DAY, 9), at(D + 14 * DAY, 9), 2),
    ]


def test_who_is_away_gives_his_turn_to_the_next_in_order_and_hands_over_at_midnight() -> None:
    away = [Away(2, D + DAY, D + DAY)]
    found = rules.turns(SHANGHAI, away, D, D + 2 * DAY)
    assert found == [
        Shift(at(D), at(D + DAY), 1),
        Shift(at(D + DAY), at(D + 2 * DAY, 0), 3),  # 2 is back on his own second day
        Shift(at(D + 2 * DAY, 0), at(D + 2 * DAY), 2),
        Shift(at(D + 2 * DAY), at(D + 3 * DAY), 3),
    ]


def test_with_nobody_there_it_is_a_gap() -> None:
    away = [Away(person, D + DAY, D + DAY) for person in (1, 2, 3)]
    found = rules.turns(SHANGHAI, away, D, D + DAY)
    open_ = rules.gaps(found, at(D), at(D + 2 * DAY))
    assert open_ == [Span(at(D + DAY, 0), at(D + 2 * DAY, 0))]


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 28), 23), (date(2026, 10, 24), 25), (date(2026, 6, 1), 24)],
)
def test_the_handover_keeps_its_local_hour_across_a_change_of_the_clock(
    day: date, hours: int
) -> None:
    plan = Plan(Turn.DAILY, (1, 2), day, time(8), "Europe/Berlin")
    (found,) = rules.turns(plan, [], day, day)
    assert found.to_at - found.from_at == hours * H
    assert found.to_at.astimezone(ZoneInfo("Europe/Berlin")).hour == 8


def test_a_handover_hour_that_the_clock_leaves_out_is_the_hour_after() -> None:
    plan = Plan(Turn.DAILY, (1, 2), date(2026, 3, 28), time(2, 30), "Europe/Berlin")
    first, second = rules.turns(plan, [], date(2026, 3, 28), date(2026, 3, 29))
    assert first.to_at == second.from_at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_on_duty_and_next() -> None:
    found = rules.turns(SHANGHAI, [], D, D + 3 * DAY)
    assert rules.on_duty(found, at(D)) == 1
    assert rules.on_duty(found, at(D) - timedelta(microseconds=1)) is None
    assert rules.on_duty(found, at(D + DAY) - timedelta(microseconds=1)) == 1
    assert rules.next_on(found, at(D), {1}) == 2
    assert rules.next_on(found, at(D), {1, 2}) == 3
    assert rules.next_on(found, at(D), {1, 2, 3}) is None


def test_a_plan_names_members_once() -> None:
    rules.check_plan(SHANGHAI, [1, 2, 3, 4])
    for order in ((), (1, 1), (1, 9)):
        with pytest.raises(Invalid):
            rules.check_plan(Plan(Turn.DAILY, order, D), [1, 2, 3])


def test_what_cannot_be_swapped_or_given() -> None:
    now = at(D, 12)
    ahead = Shift(now + H, now + 2 * H, 1)
    with pytest.raises(Refused, match="same person"):
        rules.check_swap(ahead, Shift(now + 3 * H, now + 4 * H, 1), now)
    with pytest.raises(Refused, match="begun"):
        rules.check_swap(ahead, Shift(now, now + H, 2), now)
    assert rules.check_given(now - H, now + H, now) == now
    for from_at, to_at in (
        (now, now),
        (now - 2 * H, now - H),
        (now, now + 61 * DAY),
        (now + 367 * DAY, now + 368 * DAY),
    ):
        with pytest.raises(Invalid):
            rules.check_given(from_at, to_at, now)


@pytest.mark.parametrize(
    ("back_on", "last"),
    [(D + 2 * DAY, D + DAY), (D, D - DAY), (D + 9 * DAY, D + 4 * DAY)],
)
def test_an_absence_ends_the_day_before_the_first_day_back(back_on: date, last: date) -> None:
    assert rules.ended(D, D + 4 * DAY, back_on, D) == last


def test_an_absence_that_is_over_cannot_end() -> None:
    with pytest.raises(Refused):
        rules.ended(D, D + DAY, D + 3 * DAY, D + 2 * DAY)
    with pytest.raises(Invalid):
        rules.ended(D, D + 4 * DAY, D, D + DAY)


days = some.dates(date(2026, 1, 1), date(2027, 12, 31))
plans = some.builds(
    Plan,
    turn=some.sampled_from(Turn),
    order=some.lists(some.integers(1, 5), min_size=1, max_size=5, unique=True).map(tuple),
    begins_on=some.dates(date(2025, 12, 1), date(2026, 2, 1)),
    handover=some.times().map(lambda t: t.replace(microsecond=0)),
    timezone=some.sampled_from(
        [
            "Asia/Shanghai",
            "Europe/Berlin",
            "America/New_York",
            "Africa/Cairo",
            "Australia/Lord_Howe",
        ]
    ),
)


@some.composite
def absences(draw: some.DrawFn, near: date) -> list[Away]:
    return [
        Away(draw(some.integers(1, 5)), first, first + draw(some.integers(0, 9)) * DAY)
        for first in draw(
            some.lists(some.integers(-3, 40).map(lambda n: near + n * DAY), max_size=12)
        )
    ]


@given(plans, days, some.data())
def test_duties_and_gaps_cover_all_time_and_never_overlap(
    plan: Plan, first: date, data: some.DataObject
) -> None:
    last = first + data.draw(some.integers(0, 40)) * DAY
    away = data.draw(absences(first))
    found = rules.turns(plan, away, first, last)
    from_at = rules.instant_of(max(first, plan.begins_on), plan.handover, plan.timezone)
    to_at = rules.instant_of(last + DAY, plan.handover, plan.timezone)
    if last < plan.begins_on:
        assert found == []
        return
    pieces = sorted([*found, *rules.gaps(found, from_at, to_at)], key=lambda s: s.from_at)
    assert pieces[0].from_at == from_at
    assert pieces[-1].to_at == to_at
    for one, other in pairwise(pieces):
        assert one.from_at < one.to_at == other.from_at
    for one, other in pairwise(found):
        assert one.to_at < other.from_at or one.person_id != other.person_id, "not joined"


@given(plans, days, some.data())
def test_nobody_is_ever_on_duty_while_he_is_away(
    plan: Plan, first: date, data: some.DataObject
) -> None:
    away = data.draw(absences(first))
    for shift in rules.turns(plan, away, first, first + 30 * DAY):
        assert not rules.is_away(away, shift, plan.timezone)


@given(plans, days, some.data())
def test_a_gap_is_only_where_everybody_is_away(
    plan: Plan, first: date, data: some.DataObject
) -> None:
    first = max(first, plan.begins_on)
    away = data.draw(absences(first))
    found = rules.turns(plan, away, first, first + 30 * DAY)
    to_at = rules.instant_of(first + 31 * DAY, plan.handover, plan.timezone)
    from_at = rules.instant_of(first, plan.handover, plan.timezone)
    for gap in rules.gaps(found, from_at, to_at):
        day = rules.local_day(gap.from_at, plan.timezone)
        assert set(plan.order) <= rules.away_on(away, day)


@given(some.lists(some.tuples(some.integers(0, 50), some.integers(1, 20)), max_size=8))
def test_what_is_taken_out_is_out_and_nothing_else(cuts: list[tuple[int, int]]) -> None:
    begin = at(D)
    whole = Shift(begin, begin + 48 * H, 1)
    spans = [Span(begin + n * H, begin + (n + width) * H) for n, width in cuts]
    left = rules.without([whole], spans)
    for n in range(48):
        instant = begin + n * H + H / 2
        is_out = any(s.from_at <= instant < s.to_at for s in spans)
        assert (rules.on_duty(left, instant) is None) == is_out


hours = some.lists(some.tuples(some.integers(0, 50), some.integers(1, 20)), max_size=5)


@given(hours, hours)
def test_what_is_shared_lies_in_both_and_nothing_else(
    told: list[tuple[int, int]], open_: list[tuple[int, int]]
) -> None:
    begin = at(D)
    one, other = (
        [Span(begin + n * H, begin + (n + width) * H) for n, width in each]
        for each in (told, open_)
    )
    found = rules.shared(one, other)
    for n in range(70):
        instant = begin + n * H + H / 2
        in_found, in_one, in_other = (
            any(s.from_at <= instant < s.to_at for s in spans) for spans in (found, one, other)
        )
        assert in_found == (in_one and in_other)
