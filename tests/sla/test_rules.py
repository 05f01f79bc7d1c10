"""The promises, checked without a database (rules.md §2, §3)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.sla.rules import (
    ActKind,
    ClockState,
    Done,
    Promise,
    Promised,
    Result,
    Verdict,
    due_at,
    due_of,
    judge,
    promised,
    state,
)

CALL = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)  # the night Europe changes its clocks
H = timedelta(hours=1)
US = timedelta(microseconds=1)


@dataclass(frozen=True)
class Running:
    target: timedelta = 48 * H
    started_at: datetime | None = CALL
    starts_by: datetime | None = None
    due_at: datetime | None = CALL + 48 * H
    met_at: datetime | None = None
    closed_as: str | None = None
    paused_since: datetime | None = None


@dataclass(frozen=True)
class Span:
    from_at: datetime
    to_at: datetime | None


PLAIN = (
    Promised(Promise.RESPONSE, CALL, 1 * H),
    Promised(Promise.ARRIVAL, CALL, 48 * H),
    Promised(Promise.REPAIR, CALL, 48 * H),
)
S1 = (*PLAIN, Promised(Promise.MAKE_SAFE, CALL, 2 * H))
FROM_ARRIVAL = (*PLAIN[:2], Promised(Promise.REPAIR, CALL, 48 * H, "arrival"))


def respond(hours: float) -> Done:
    return Done(ActKind.RESPONSE, CALL + hours * H)


def arrive(hours: float) -> Done:
    return Done(ActKind.ARRIVAL, CALL + hours * H)


def repair(hours: float, *, on_site: bool = False, result: Result = Result.FIXED) -> Done:
    return Done(ActKind.REPAIR, CALL + hours * H, on_site, result)


def as_clock(verdict: Verdict, target: timedelta = 48 * H) -> Running:
    return Running(
        target,
        verdict.started_at,
        verdict.starts_by,
        verdict.due_at,
        verdict.met_at,
        verdict.closed_as,
    )


def states(promises: tuple[Promised, ...], acts: list[Done], *, at: float = 1000) -> dict[str, str]:
    now = CALL + at * H
    made = judge(promises, acts, now=now)
    return {p.promise: state(as_clock(made[p.promise], p.target), now) for p in promises}


def test_48_hours_are_48_hours_over_midnights_months_and_changed_clocks() -> None:  # E1
    begun = datetime(2026, 10, 8, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai
    assert due_at(begun, 48 * H) == datetime(2026, 10, 10, 2, 0, tzinfo=UTC)
    assert due_at(begun, timedelta(days=30)) == begun + timedelta(days=30)
    assert due_at(CALL, 48 * H) == CALL + 48 * H


@pytest.mark.parametrize(
    ("kind", "severity", "promises"),
    [
        ("fault", "S3", {"response", "arrival", "repair"}),
        ("fault", "S1", {"response", "arrival", "repair", "make_safe"}),
        ("request", "S4", {"response"}),
        ("consultation", "S4", {"response"}),
        ("complaint", "S1", {"response"}),
    ],
)
def test_each_kind_of_call_carries_its_promises(
    kind: str, severity: str, promises: set[str]
) -> None:
    assert set(promised(kind, severity)) == promises


@pytest.mark.parametrize(
    ("off", "expected"),
    [(-US, ClockState.MET), (0 * US, ClockState.MET), (US, ClockState.LATE)],
)
def test_met_at_the_very_due_instant_is_met(off: timedelta, expected: ClockState) -> None:  # E2
    due = CALL + 48 * H
    clock = Running(met_at=due + off)
    for now in (due, due + US, due + 1000 * H):
        assert state(clock, now) is expected


def test_an_unmet_clock_is_late_only_past_its_due() -> None:
    due = CALL + 48 * H
    assert state(Running(), due) is ClockState.RUNNING
    assert state(Running(), due + US) is ClockState.LATE


@pytest.mark.parametrize("word", ["superseded", "not_needed"])
def test_a_closed_clock_says_how_it_was_closed(word: str) -> None:
    assert state(Running(closed_as=word), CALL + 999 * H) == word


def test_taking_the_report_is_no_response() -> None:
    assert states(PLAIN, [], at=1) == {
        "response": "running",
        "arrival": "running",
        "repair": "running",
    }
    assert states(PLAIN, [], at=1.1)["response"] == "late"


def test_an_arrival_implies_the_response_at_its_instant() -> None:
    made = judge(PLAIN, [arrive(0.5)], now=CALL + H)
    assert made[Promise.RESPONSE].met_at == made[Promise.ARRIVAL].met_at == CALL + 0.5 * H
    assert made[Promise.RESPONSE].met_by is ActKind.ARRIVAL


def test_a_response_met_earlier_stays() -> None:
    made = judge(PLAIN, [arrive(5), respond(0.2)], now=CALL + 9 * H)
    assert made[Promise.RESPONSE].met_at == CALL + 0.2 * H


def test_a_repair_on_site_implies_arrival_and_response() -> None:
    made = judge(PLAIN, [repair(3, on_site=True)], now=CALL + 9 * H)
    assert {v.met_at for v in made.values()} == {CALL + 3 * H}


def test_a_repair_from_afar_implies_response_and_needs_no_arrival() -> None:
    assert states(PLAIN, [repair(0.5)]) == {
        "response": "met",
        "arrival": "not_needed",
        "repair": "met",
    }


def test_an_arrival_past_due_at_the_repair_from_afar_stays_late() -> None:
    assert states(PLAIN, [respond(1), repair(48)])["arrival"] == "not_needed"
    acts = [respond(1), Done(ActKind.REPAIR, CALL + 48 * H + US, result=Result.FIXED)]
    assert states(PLAIN, acts) == {"response": "met", "arrival": "late", "repair": "late"}


@pytest.mark.parametrize("result", [Result.PARTIAL, Result.TEMPORARY])
def test_a_partial_or_temporary_repair_does_not_keep_the_promise(result: Result) -> None:
    acts = [repair(3, on_site=True, result=result)]
    assert states(PLAIN, acts, at=5) == {
        "response": "late",
        "arrival": "met",
        "repair": "running",
    }
    assert states(PLAIN, [repair(3, result=result)], at=5)["arrival"] == "running"
    assert states(PLAIN, [*acts, repair(40, on_site=True)], at=99)["repair"] == "met"


def test_danger_must_be_made_safe_within_two_hours() -> None:
    safe = Done(ActKind.MADE_SAFE, CALL + 2 * H)
    assert states(S1, [safe], at=3)["make_safe"] == "met"
    assert states(S1, [], at=2)["make_safe"] == "running"
    assert states(S1, [], at=2.001)["make_safe"] == "late"
    assert states(S1, [arrive(1)], at=3)["make_safe"] == "late"
    assert states(S1, [repair(1, on_site=True)], at=3)["make_safe"] == "met"


class TestRepairCountedFromTheArrival:
    def test_it_runs_without_start_or_due_until_somebody_comes(self) -> None:
        verdict = judge(FROM_ARRIVAL, [], now=CALL + H)[Promise.REPAIR]
        assert (verdict.started_at, verdict.due_at) == (None, None)
        assert state(as_clock(verdict), CALL + H) is ClockState.RUNNING

    def test_it_starts_at_the_arrival(self) -> None:
        verdict = judge(FROM_ARRIVAL, [arrive(10)], now=CALL + 11 * H)[Promise.REPAIR]
        assert (verdict.started_at, verdict.due_at) == (CALL + 10 * H, CALL + 58 * H)

    def test_it_starts_at_the_arrivals_due_instant_when_that_is_earlier(self) -> None:
        for acts, at in (([], 49), ([arrive(60)], 61)):
            verdict = judge(FROM_ARRIVAL, acts, now=CALL + at * H)[Promise.REPAIR]
            assert (verdict.started_at, verdict.due_at) == (CALL + 48 * H, CALL + 96 * H)

    def test_it_starts_by_itself_even_before_a_sweep_has_written_it_down(self) -> None:
        stored = as_clock(judge(FROM_ARRIVAL, [], now=CALL + H)[Promise.REPAIR])
        assert due_of(stored, CALL + 48 * H - US) is None
        assert due_of(stored, CALL + 48 * H) == CALL + 96 * H
        assert state(stored, CALL + 96 * H) is ClockState.RUNNING
        assert state(stored, CALL + 96 * H + US) is ClockState.LATE

    def test_repaired_before_any_start_it_is_met(self) -> None:
        verdict = judge(FROM_ARRIVAL, [repair(5)], now=CALL + 500 * H)[Promise.REPAIR]
        assert (verdict.started_at, verdict.due_at) == (None, None)
        assert state(as_clock(verdict), CALL + 500 * H) is ClockState.MET


def test_cancelling_leaves_a_breach_and_needs_no_more_of_the_rest() -> None:
    now = CALL + 5 * H
    made = judge(PLAIN, [], now=now, ended_at=now)
    after = {p: state(as_clock(v), CALL + 999 * H) for p, v in made.items()}
    assert after == {"response": "late", "arrival": "not_needed", "repair": "not_needed"}


def test_what_is_kept_stays_kept_when_the_ticket_ends() -> None:
    now = CALL + 5 * H
    made = judge(PLAIN, [respond(0.5)], now=now, ended_at=now)
    assert state(as_clock(made[Promise.RESPONSE]), now) is ClockState.MET


def test_a_pause_carries_its_length_to_the_due_instant() -> None:  # E4, E7
    two = [Span(CALL + 10 * H, CALL + 12 * H), Span(CALL + 15 * H, CALL + 16 * H)]
    assert due_at(CALL, 48 * H, two) == CALL + 51 * H
    assert due_at(CALL, 48 * H, [Span(CALL + 10 * H, None)]) is None
    assert due_at(CALL, 48 * H, [Span(CALL + 48 * H, None)]) == CALL + 48 * H


instants = st.integers(0, 400).map(lambda half_hours: CALL + half_hours * H / 2)
acts = st.lists(
    st.one_of(
        st.builds(Done, st.just(ActKind.RESPONSE), instants),
        st.builds(Done, st.just(ActKind.ARRIVAL), instants),
        st.builds(Done, st.just(ActKind.MADE_SAFE), instants),
        st.builds(
            Done, st.just(ActKind.REPAIR), instants, st.booleans(), st.sampled_from(list(Result))
        ),
    ),
    max_size=5,
)


@given(acts, st.sampled_from([S1, FROM_ARRIVAL]), instants)
def test_the_order_in_which_news_comes_changes_no_verdict(
    acts: list[Done], promises: tuple[Promised, ...], now: datetime
) -> None:
    wanted = judge(promises, acts, now=now)
    for order in list(permutations(acts))[:24]:
        assert judge(promises, order, now=now) == wanted


@given(acts, st.sampled_from([S1, FROM_ARRIVAL]), instants)
def test_there_is_always_exactly_one_answer_and_what_is_stored_gives_it(
    acts: list[Done], promises: tuple[Promised, ...], now: datetime
) -> None:
    known = [act for act in acts if act.at <= now]
    for promise, verdict in judge(promises, known, now=now).items():
        target = next(p.target for p in promises if p.promise is promise)
        clock = as_clock(verdict, target)
        assert state(clock, now) in ClockState
        if state(clock, now) is ClockState.LATE:
            # Late is never taken back by waiting.
            assert state(clock, now + 500 * H) is ClockState.LATE


spans = st.lists(st.tuples(st.integers(0, 100), st.integers(1, 30)), max_size=4)


@given(spans, st.integers(0, 100), st.integers(1, 50))
def test_a_pause_never_makes_a_due_instant_earlier(  # E21
    gaps: list[tuple[int, int]], begin: int, length: int
) -> None:
    pauses, cursor = [], CALL
    for gap, pause in gaps:
        begins = cursor + gap * H
        cursor = begins + pause * H
        pauses.append(Span(begins, cursor))
    before = due_at(CALL, 48 * H, pauses)
    more = Span(cursor + begin * H, cursor + (begin + length) * H)
    after = due_at(CALL, 48 * H, [*pauses, more])
    assert before is not None
    assert after is not None
    assert after >= before
