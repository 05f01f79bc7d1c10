"""What is believed of a phone's news: a table around every edge, and two properties."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.phone.rules import BELIEVED_FOR, judged

REPORTED = datetime(2026, 11, 20, 8, tzinfo=UTC)
RECEIVED = datetime(2026, 11, 24, 8, tzinfo=UTC)
TICK = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
NOTHING = timedelta()


def test_at_the_desk_the_time_given_counts_however_old() -> None:
    assert judged(REPORTED, None, RECEIVED, REPORTED).at == REPORTED
    assert judged(REPORTED, None, RECEIVED, REPORTED).flags == ()


def test_at_the_desk_without_a_time_it_is_now() -> None:
    told = judged(None, None, RECEIVED, REPORTED)
    assert (told.at, told.skew, told.flags) == (RECEIVED, None, ())


def test_a_phone_that_gives_no_time_means_now() -> None:
    told = judged(None, RECEIVED - 3 * HOUR, RECEIVED, REPORTED)
    assert (told.at, told.flags) == (RECEIVED, ("clock_skew",))


@pytest.mark.parametrize(
    ("ago", "believed"),
    [
        (NOTHING, True),
        (-TICK, False),  # after its own delivery
        (5 * HOUR, True),
        (BELIEVED_FOR, True),
        (BELIEVED_FOR + TICK, False),
    ],
)
def test_it_is_believed_up_to_72_hours(ago: timedelta, believed: bool) -> None:
    told = judged(RECEIVED - ago, RECEIVED, RECEIVED, REPORTED)
    assert told.at == (RECEIVED - ago if believed else RECEIVED)
    assert told.flags == (() if believed else ("late_news",))


@pytest.mark.parametrize(("before", "believed"), [(NOTHING, True), (TICK, False)])
def test_it_is_not_believed_before_the_report(before: timedelta, believed: bool) -> None:
    reported = RECEIVED - 2 * HOUR
    told = judged(reported - before, RECEIVED, RECEIVED, reported)
    assert told.at == (reported if believed else RECEIVED)
    assert told.flags == (() if believed else ("late_news",))


@pytest.mark.parametrize(
    ("skew", "flags"),
    [
        (2 * MINUTE, ()),
        (-2 * MINUTE, ()),
        (2 * MINUTE + TICK, ("clock_skew",)),
        (-2 * MINUTE - TICK, ("clock_skew",)),
    ],
)
def test_a_skew_over_two_minutes_is_flagged_even_when_believed(
    skew: timedelta, flags: tuple[str, ...]
) -> None:
    happened = RECEIVED - HOUR
    told = judged(happened - skew, RECEIVED - skew, RECEIVED, REPORTED)
    assert (told.at, told.skew, told.flags) == (happened, skew, flags)


def test_a_clock_six_hours_ahead_is_set_right_first() -> None:
    ahead = 6 * HOUR
    told = judged(RECEIVED - HOUR + ahead, RECEIVED + ahead, RECEIVED, REPORTED)
    assert (told.at, told.flags) == (RECEIVED - HOUR, ("clock_skew",))


def test_both_flags_stand_when_both_are_true() -> None:
    told = judged(REPORTED - HOUR, RECEIVED - HOUR, RECEIVED, REPORTED)
    assert (told.at, told.flags) == (RECEIVED, ("late_news", "clock_skew"))


def test_the_end_of_the_calendar_is_not_believed() -> None:
    end = datetime.max.replace(tzinfo=UTC)
    start = datetime.min.replace(tzinfo=UTC)
    assert judged(end, start, RECEIVED, REPORTED).at == RECEIVED
    assert judged(start, end, RECEIVED, REPORTED).flags == ("late_news", "clock_skew")


instants = st.datetimes(timezones=st.just(UTC))


@given(at=instants, phone_time=instants)
def test_no_phone_can_put_an_act_outside_what_may_be(at: datetime, phone_time: datetime) -> None:
    told = judged(at, phone_time, RECEIVED, REPORTED)
    assert max(REPORTED, RECEIVED - BELIEVED_FOR) <= told.at <= RECEIVED


@given(
    ago=st.timedeltas(min_value=NOTHING, max_value=BELIEVED_FOR),
    skew=st.timedeltas(min_value=timedelta(days=-400), max_value=timedelta(days=400)),
)
def test_a_wrong_clock_changes_no_verdict(ago: timedelta, skew: timedelta) -> None:
    right = judged(RECEIVED - ago, RECEIVED, RECEIVED, REPORTED)
    wrong = judged(RECEIVED - ago - skew, RECEIVED - skew, RECEIVED, REPORTED)
    assert wrong.at == right.at
