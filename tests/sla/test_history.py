"""A cycle with its changes of severity and its pauses, at the edges (rules.md §2, §3)."""

from datetime import UTC, datetime, timedelta

import pytest

from tickets.sla.rules import (
    ActKind,
    Cycle,
    Derived,
    Done,
    Entered,
    Episode,
    Lived,
    Promise,
    Result,
    derive,
    derive_all,
    state,
)

CALL = datetime(2026, 2, 27, 20, 0, tzinfo=UTC)  # over the end of a month
H = timedelta(hours=1)
US = timedelta(microseconds=1)
TARGETS: dict[str, dict[str, float]] = {
    "S1": {"response": 0.5, "arrival": 4, "repair": 24, "make_safe": 2},
    "S2": {"response": 1, "arrival": 24, "repair": 24},
    "S3": {"response": 1, "arrival": 48, "repair": 48},
}


def cycle(*severities: tuple[float, str], repair_from: str = "report") -> Cycle:
    """`cycle((0, "S3"), (30, "S2"))`: hours after the report, and the severity from then on."""
    return Cycle(
        CALL,
        [
            Episode(
                number + 1,
                CALL + since * H,
                {Promise(name): n * H for name, n in TARGETS[severity].items()},
            )
            for number, (since, severity) in enumerate(severities)
        ],
        repair_from,
    )


def act(kind: str, hours: float, *, on_site: bool = False, result: str = "fixed") -> Done:
    is_repair = kind == "repair"
    return Done(ActKind(kind), CALL + hours * H, on_site, Result(result) if is_repair else None)


def pause(
    begin: float, end: float | None, *, entered: float | None = None, accepted: bool = False
) -> Entered:
    """Entered when it began, unless it is said when."""
    told = begin if entered is None else entered
    to_at = None if end is None else CALL + end * H
    return Entered(CALL + begin * H, to_at, CALL + told * H, accepted)


def chain(derived: Derived, promise: str, *, at: float) -> list[tuple[int, str, float | None]]:
    """(generation, state, hours to the due instant), oldest first."""
    return [
        (
            generation,
            str(state(verdict, CALL + at * H)),
            (verdict.due_at - CALL) / H if verdict.due_at else None,
        )
        for (name, generation), verdict in sorted(derived.clocks.items())
        if name == promise
    ]


def made(
    life: Cycle, *acts: Done, pauses: tuple[Entered, ...] = (), at: float = 1000
) -> dict[str, list[tuple[int, str, float | None]]]:
    derived = derive(life, acts, pauses, now=CALL + at * H)
    return {name: chain(derived, name, at=at) for name in Promise}


@pytest.mark.parametrize(
    ("change", "now", "expected"),
    [
        (10, 11, [(1, "superseded", 48), (2, "running", 24)]),
        # Already past the new due instant: late from there.
        (30, 30, [(1, "superseded", 48), (2, "late", 24)]),
        # At the very due instant it is not late yet.
        (48, 48, [(1, "superseded", 48), (2, "late", 24)]),
        # A microsecond later it is, and is left alone.
        (48 + US / H, 49, [(1, "late", 48)]),
        (60, 60, [(1, "late", 48)]),
    ],
)
def test_a_running_clock_gives_way_and_a_late_one_is_left_alone(
    change: float, now: float, expected: list[tuple[int, str, float]]
) -> None:
    assert made(cycle((0, "S3"), (change, "S2")), at=now)["repair"] == expected


def test_a_paused_clock_gives_way_and_its_successor_is_paused() -> None:
    found = made(cycle((0, "S3"), (10, "S2")), pauses=(pause(5, None),), at=100)
    assert found["repair"] == [(1, "superseded", None), (2, "paused", None)]
    ended = made(cycle((0, "S3"), (10, "S2")), pauses=(pause(5, 20),), at=21)
    assert ended["repair"] == [(1, "superseded", None), (2, "running", 39)]


def test_a_met_clock_has_no_successor() -> None:
    found = made(cycle((0, "S3"), (10, "S2")), act("arrival", 3), at=11)
    assert found["arrival"] == [(1, "met", 48)]
    assert found["response"] == [(1, "late", 1)]


@pytest.mark.parametrize(
    ("arrived", "expected"),
    [
        (10, [(1, "met", 48)]),  # at the very instant: it precedes the change
        (10 + US / H, [(1, "superseded", 48), (2, "met", 24)]),
        (24, [(1, "superseded", 48), (2, "met", 24)]),
        (24 + US / H, [(1, "superseded", 48), (2, "late", 24)]),
    ],
)
def test_an_act_meets_the_clock_that_ran_at_its_instant(
    arrived: float, expected: list[tuple[int, str, float]]
) -> None:
    assert made(cycle((0, "S3"), (10, "S2")), act("arrival", arrived))["arrival"] == expected


def test_a_late_clock_that_was_left_alone_is_late_however_it_ends() -> None:
    found = made(cycle((0, "S2"), (30, "S3")), act("repair", 40, on_site=True))
    assert found["repair"] == [(1, "late", 24)]


def test_a_pause_accepted_afterwards_lets_a_clock_that_was_left_alone_give_way() -> None:
    life = cycle((0, "S2"), (30, "S3"))
    waits = made(life, pauses=(pause(1, 11, entered=40),), at=50)
    assert waits["repair"] == [(1, "late", 24)]
    counts = made(life, pauses=(pause(1, 11, entered=40, accepted=True),), at=50)
    assert counts["repair"] == [(1, "superseded", 34), (2, "running", 58)]


def test_every_rise_to_danger_has_its_own_make_safe() -> None:
    life = cycle((0, "S3"), (5, "S1"), (6, "S3"), (10, "S1"))
    found = made(life, at=11)
    assert found["make_safe"] == [(2, "superseded", 7), (4, "running", 12)]
    # Left alone once it was late, and the second danger has its own.
    late = made(cycle((0, "S3"), (5, "S1"), (8, "S3"), (10, "S1")), at=11)
    assert late["make_safe"] == [(2, "late", 7), (4, "running", 12)]


@pytest.mark.parametrize(
    ("safe", "first", "second"),
    [
        (4, "met", "late"),  # before the first rise: it was for that danger
        (5.5, "met", "late"),
        (6, "met", "late"),  # at the very instant of leaving
        (8, "superseded", "met"),  # between the two
        (11, "superseded", "met"),
        (12.5, "superseded", "late"),
    ],
)
def test_what_was_made_safe_counts_for_the_danger_it_was_made_for(
    safe: float, first: str, second: str
) -> None:
    life = cycle((0, "S3"), (5, "S1"), (6, "S3"), (10, "S1"))
    found = made(life, act("made_safe", safe))["make_safe"]
    assert [says for _, says, _ in found] == [first, second]


def test_a_repair_keeps_the_make_safe_of_every_danger() -> None:
    life = cycle((0, "S1"), (1, "S3"), (2, "S1"))
    found = made(life, act("repair", 0.5))["make_safe"]
    assert [says for _, says, _ in found] == ["met", "met"]


@pytest.mark.parametrize(
    ("pauses", "due"),
    [
        ([(1, 3), (3, 4)], 51),  # they touch
        ([(1, 3), (5, 6)], 51),
        ([(47, 49)], 50),
        ([(48, 49)], 48),  # begins at the due instant
        ([(49, 50)], 48),
        ([(48 - US / H, 50)], 50 + US / H),
        ([(0, 48)], 96),  # from the report on
        ([(1, 3), (50, 51)], 50),  # the second begins at the due instant the first has moved
        ([(1, 3), (49, 51)], 52),
        ([(1, None)], None),
        ([(1, 3), (60, None)], 50),
    ],
)
def test_the_due_instant_is_when_unpaused_time_reaches_the_target(
    pauses: list[tuple[float, float | None]], due: float | None
) -> None:
    told = tuple(pause(begin, end) for begin, end in pauses)
    (found,) = made(cycle((0, "S3")), pauses=told)["repair"]
    assert found[2] == (pytest.approx(due, abs=1e-12) if due is not None else None)
    assert found[1] == ("late" if due is not None else "paused")


@pytest.mark.parametrize(
    ("entered", "state_of"), [(48, "running"), (48 + US / H, "late"), (60, "late")]
)
def test_entered_after_the_breach_it_would_lift_it_waits(entered: float, state_of: str) -> None:
    derived = derive(cycle((0, "S3")), [], [pause(10, 30, entered=entered)], now=CALL + 60 * H)
    assert chain(derived, "repair", at=60)[0][1] == state_of
    assert len(derived.waiting) == (state_of == "late")


def test_of_two_that_wait_one_accepted_lets_the_other_count_only_where_it_lifts_nothing() -> None:
    life, now = cycle((0, "S3")), CALL + 70 * H
    first, second = pause(10, 30, entered=55), pause(40, 44, entered=60)
    both = derive(life, [], [first, second], now=now)
    assert (list(both.counted), list(both.waiting)) == ([], [first, second])
    accepted = pause(10, 30, entered=55, accepted=True)
    one = derive(life, [], [accepted, second], now=now)
    # Due at 68 by the first alone, the second was entered before that: there was no breach.
    assert (list(one.counted), list(one.waiting)) == ([accepted, second], [])
    assert chain(one, "repair", at=70) == [(1, "running", 72)]
    other = derive(life, [], [first, pause(40, 44, entered=60, accepted=True)], now=now)
    assert chain(other, "repair", at=70) == [(1, "late", 52)]


def test_a_pause_that_lifts_only_the_arrival_waits_for_both() -> None:
    found = derive(cycle((0, "S1")), [], [pause(3, 10, entered=12)], now=CALL + 13 * H)
    assert chain(found, "arrival", at=13) == [(1, "late", 4)]
    assert chain(found, "repair", at=13) == [(1, "running", 24)]


def test_a_pause_is_judged_under_the_severity_of_the_time_it_was_entered() -> None:
    life = cycle((0, "S3"), (40, "S2"))
    found = made(life, pauses=(pause(10, 22, entered=30),), at=41)
    assert found["repair"] == [(1, "superseded", 60), (2, "late", 36)]


def test_a_pause_across_two_cycles_counts_in_both_or_in_neither() -> None:
    first, second = cycle((0, "S3")), Cycle(CALL + 20 * H, cycle((0, "S3")).episodes[:1])
    across = pause(7, 30, entered=90)
    lived = [Lived(first, [act("repair", 8)], [across]), Lived(second, [], [across])]
    assert [list(each.counted) for each in derive_all(lived, now=CALL + 91 * H)] == [[], []]
    backed = pause(7, 30, entered=90, accepted=True)
    lived = [Lived(each.cycle, each.acts, [backed]) for each in lived]
    counted = derive_all(lived, now=CALL + 91 * H)
    assert chain(counted[0], "repair", at=91) == [(1, "met", 49)]
    assert chain(counted[1], "repair", at=91) == [(1, "late", 78)]


def test_the_repair_that_starts_at_the_arrival_is_moved_by_pauses_after_it_alone() -> None:
    life = cycle((0, "S1"), repair_from="arrival")
    found = made(life, act("arrival", 3), pauses=(pause(1, 2, entered=50),), at=51)
    assert found["arrival"] == [(1, "met", 5)]
    assert found["repair"] == [(1, "late", 27)]
