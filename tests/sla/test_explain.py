"""The explanation of a clock, checked without a database: its figures, its reasons, its words."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.sla.rules import (
    ActKind,
    Begun,
    ClockState,
    Cycle,
    Episode,
    PauseReason,
    Promise,
    Result,
    Story,
)
from tickets.sla.rules.clauses import Clause, clauses
from tickets.sla.rules.explain import Explained, explain
from tickets.sla.rules.facts import (
    Deed,
    Facts,
    Graded,
    Held,
    Joined,
    Reported,
    family_of,
    happened,
    knew,
    standing,
)
from tickets.sla.rules.matter import matters
from tickets.sla.rules.pause_sentences import why
from tickets.sla.rules.said import aloud
from tickets.sla.rules.sentences import sentences
from tickets.sla.rules.taken import Why

CALL = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)  # the night Europe changes its clocks
H = timedelta(hours=1)
US = timedelta(microseconds=1)
TARGETS = {Promise.RESPONSE: H, Promise.ARRIVAL: 48 * H, Promise.REPAIR: 48 * H}
FASTER = {Promise.RESPONSE: H, Promise.ARRIVAL: 24 * H, Promise.REPAIR: 24 * H}
DANGER = FASTER | {Promise.MAKE_SAFE: 2 * H}


def at(hours: float) -> datetime:
    return CALL + hours * H


def deed(kind: ActKind, hours: float, *, told: float | None = None, **more: Any) -> Deed:
    return Deed(1, 1, kind, at(hours), at(hours if told is None else told), "Li", **more)


def fix(hours: float, **more: Any) -> Deed:
    of_it: dict[str, Any] = {"on_site": True, "result": Result.FIXED} | more
    return deed(ActKind.REPAIR, hours, **of_it)


def held(
    number: int, begin: float, end: float | None, *, told: float | None = None, **more: Any
) -> Held:
    entered = at(begin if told is None else told)
    ends = None if end is None else at(end)
    return Held(number, 1, PauseReason.NO_ACCESS, at(begin), ends, entered, entered, **more)


def facts(*parts: Any, severity: str = "S3", **more: Any) -> Facts:
    of: dict[type, list[Any]] = {Deed: [], Held: [], Graded: [], Joined: []}
    for part in parts:
        of[type(part)].append(part)
    story = Story(1, 1, "fault", severity, [Begun(1, CALL, CALL)], [1], more.pop("ended_at", None))
    return Facts(
        story, severity, [Reported(1, "T-1", CALL)], of[Deed], of[Held], of[Graded], of[Joined]
    )


def told(
    known: Facts,
    hours: float,
    *,
    repair_from: str = "report",
    after: Any = FASTER,
    now: float = 500,
) -> dict[tuple[Promise, int], Explained]:
    episodes = [Episode(1, CALL, TARGETS)]
    episodes += [Episode(g.generation, g.at, after) for g in known.graded if not g.undone_at]
    cycle = Cycle(CALL, episodes, repair_from, known.story.ended_at)
    found = matters(known, {1: cycle}, at=at(hours), now=at(now))
    return {(each.promise, each.generation): each for one in found for each in explain(one)}


def words(each: Explained) -> str:
    return aloud(sentences(each), "en", "UTC")


# --- the sum --------------------------------------------------------------------------------


def test_elapsed_and_counted_stand_side_by_side() -> None:
    repair = told(facts(held(1, 2, 8), fix(20)), 30)[Promise.REPAIR, 1]
    assert (repair.elapsed, repair.paused, repair.counted) == (20 * H, 6 * H, 14 * H)
    assert repair.verdict.due_at == at(54)
    assert "2026-03-28 23:30:00 +00:00 + 48 h + 6 h of pauses = 2026-03-31 05:30:00" in words(
        repair
    )


def test_an_open_pause_counts_up_to_the_instant_asked_about() -> None:
    repair = told(facts(held(1, 2, 8), held(2, 10, 90)), 30)[Promise.REPAIR, 1]
    assert repair.state is ClockState.PAUSED
    assert (repair.elapsed, repair.paused, repair.counted) == (30 * H, 26 * H, 4 * H)
    assert "44 h of the promised time are left" in words(repair)


@pytest.mark.parametrize(
    ("done", "state", "says"),
    [
        (48 * H - US, ClockState.MET, "less than 1 s before it was due"),
        (48 * H, ClockState.MET, "the very instant it was due: that is in time"),
        (48 * H + US, ClockState.LATE, "less than 1 s too late"),
        (49 * H, ClockState.LATE, "1 h too late"),
    ],
)
def test_around_the_due_instant(done: timedelta, state: ClockState, says: str) -> None:
    act = replace(fix(0), at=CALL + done, received_at=CALL + done)
    repair = told(facts(act), 60)[Promise.REPAIR, 1]
    assert repair.state is state
    assert says in words(repair)


@pytest.mark.parametrize(
    ("hours", "state"),
    [(0.5, "running"), (1, "running"), (1 + 1e-6, "late"), (3, "late"), (3.5, "late")],
)
def test_at_every_instant_what_had_happened_by_then(hours: float, state: str) -> None:
    response = told(facts(deed(ActKind.RESPONSE, 3)), hours)[Promise.RESPONSE, 1]
    assert response.state == state
    assert (response.kept is not None) == (hours >= 3)


# --- what a pause took off, or why nothing ------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "of", "why_", "length"),
    [
        ([held(1, 2, 8)], Promise.REPAIR, Why.COUNTS, 6),
        ([held(1, 2, None)], Promise.REPAIR, Why.STANDS, 98),
        ([held(1, 2, 8)], Promise.RESPONSE, Why.NEVER, 0),
        ([held(1, 48, 60, accepted_at=at(99))], Promise.REPAIR, Why.AFTER_DUE, 0),
        ([held(1, 47, 60, accepted_at=at(99))], Promise.REPAIR, Why.COUNTS, 13),
        ([held(1, 2, 8, told=50)], Promise.REPAIR, Why.WAITING, 0),
        ([held(1, 2, 8, told=48)], Promise.REPAIR, Why.COUNTS, 6),  # entered at the due instant
        ([held(1, 2, 8, told=50, accepted_at=at(99))], Promise.REPAIR, Why.COUNTS, 6),
        ([held(1, 2, 8, rejected_at=at(9))], Promise.REPAIR, Why.REJECTED, 0),
        ([held(1, 2, 8), fix(5)], Promise.REPAIR, Why.CUT, 3),
        ([held(1, 2, 8), deed(ActKind.ARRIVAL, 5)], Promise.ARRIVAL, Why.CUT, 3),
        ([held(1, 2, 8), deed(ActKind.ARRIVAL, 5)], Promise.REPAIR, Why.COUNTS, 6),
        ([held(1, 6, 8), deed(ActKind.ARRIVAL, 5)], Promise.ARRIVAL, Why.AFTER_ACT, 0),
        ([held(1, 5, 5), fix(4)], Promise.REPAIR, Why.AFTER_ACT, 0),
        ([held(1, 5, 5)], Promise.REPAIR, Why.EMPTY, 0),
        ([fix(4, on_site=False), held(1, 2, 8)], Promise.ARRIVAL, Why.CUT, 2),
    ],
)
def test_what_a_pause_took_off_and_why(
    parts: list[Any], of: Promise, why_: Why, length: float
) -> None:
    (taken,) = told(facts(*parts), 100)[of, 1].pauses
    assert (taken.why, taken.length) == (why_, length * H)
    assert aloud(why(taken), "en", "UTC").startswith("Nothing") == (length == 0)


def test_two_pauses_of_merged_tickets_hold_the_same_time_once() -> None:
    repair = told(facts(held(1, 2, 8), held(2, 3, 7), held(3, 6, 10)), 30)[Promise.REPAIR, 1]
    assert [(t.why, t.length / H) for t in repair.pauses] == [
        (Why.COUNTS, 6),
        (Why.OVERLAPS, 0),
        (Why.COUNTS, 2),
    ]


def test_a_pause_that_waits_names_the_breach_it_would_lift() -> None:
    (taken,) = told(facts(held(1, 2, 8, told=50)), 100)[Promise.REPAIR, 1].pauses
    assert (taken.promise, taken.at) == (Promise.ARRIVAL, at(48))
    assert "after the breach of arrival on site at 2026-03-30 23:30:00 +00:00" in aloud(
        why(taken), "en", "UTC"
    )


def test_from_the_arrival_on_a_pause_before_it_takes_nothing() -> None:
    known = facts(held(1, 2, 4), held(2, 5, 7), deed(ActKind.ARRIVAL, 6))
    repair = told(known, 30, repair_from="arrival")[Promise.REPAIR, 1]
    assert [(t.why, t.length / H) for t in repair.pauses] == [
        (Why.OVER_BEFORE, 0),
        (Why.COUNTS, 1),
    ]
    assert "It counts from our arrival on site at" in words(repair)
    before = told(known, 4.5, repair_from="arrival")[Promise.REPAIR, 1]
    assert [t.why for t in before.pauses] == [Why.NOT_BEGUN]
    assert Clause.FROM_ARRIVAL in clauses(before)
    nobody = told(facts(), 60, repair_from="arrival")[Promise.REPAIR, 1]
    assert "when the arrival was due: nobody had come" in words(nobody)


# --- verdicts that are none -------------------------------------------------------------------


def test_what_gave_way_stands_as_it_stood_and_its_successor_goes_on() -> None:
    change = Graded(2, at(10), at(10), "S3", "S2", "the street", "Zhou")
    clocks = told(facts(held(1, 4, 6), change, held(2, 20, 21)), 22)
    gone, successor = clocks[Promise.REPAIR, 1], clocks[Promise.REPAIR, 2]
    assert (gone.state, gone.elapsed, gone.counted) == (ClockState.SUPERSEDED, 10 * H, 8 * H)
    assert [t.why for t in gone.pauses] == [Why.COUNTS, Why.AFTER_END]
    assert "Zhou changed the severity from S3 to S2" in words(gone)
    assert (successor.verdict.started_at, successor.verdict.due_at) == (CALL, at(27))
    assert "It goes on from the clock it succeeded" in words(successor)
    assert (Promise.REPAIR, 2) not in told(facts(change), 9)


def test_danger_starts_at_the_rise() -> None:
    change = Graded(2, at(10), at(10), "S3", "S1", "sparks", "Zhou")
    safe = told(facts(change), 13, after=DANGER)[Promise.MAKE_SAFE, 2]
    assert (safe.state, safe.verdict.due_at) == (ClockState.LATE, at(12))
    assert "It counts from the rise to" in words(safe)
    assert Clause.DANGER in clauses(safe)
    before = facts(change, deed(ActKind.MADE_SAFE, 9))
    kept = told(before, 13, after=DANGER)[Promise.MAKE_SAFE, 2]
    assert "it had been done already" in words(kept)
    assert kept.elapsed == timedelta(0)


@pytest.mark.parametrize(
    ("parts", "hours", "state", "says"),
    [
        ([fix(5, on_site=False)], 60, "not_needed", "before anybody had to come"),
        ([fix(50, on_site=False)], 60, "late", "nobody has to come any more, the breach stays"),
    ],
)
def test_an_arrival_after_a_repair_from_afar(
    parts: list[Any], hours: float, state: str, says: str
) -> None:
    arrival = told(facts(*parts), hours)[Promise.ARRIVAL, 1]
    assert arrival.state == state
    assert says in words(arrival)
    assert arrival.until == parts[0].at  # the time goes on for nobody


def test_a_cancelled_ticket_needs_nothing_and_keeps_its_breach() -> None:
    clocks = told(facts(ended_at=at(5)), 60)
    assert clocks[Promise.REPAIR, 1].state is ClockState.NOT_NEEDED
    assert clocks[Promise.RESPONSE, 1].state is ClockState.LATE
    assert "The ticket ended at" in words(clocks[Promise.RESPONSE, 1])
    assert told(facts(ended_at=at(5)), 4)[Promise.REPAIR, 1].state is ClockState.RUNNING


def test_a_repair_that_failed_after_dark_was_none() -> None:
    assert told(facts(fix(5, failed_at=at(20))), 30)[Promise.REPAIR, 1].state == "running"
    then = knew(facts(fix(5, failed_at=at(20))), at(19))
    assert told(then, 19, now=19)[Promise.REPAIR, 1].state == "met"


# --- as we knew it ------------------------------------------------------------------------------


def test_later_news_was_not_known_then() -> None:
    known = facts(
        deed(ActKind.RESPONSE, 0.5, told=6),
        held(1, 2, 8, told=50, accepted_at=at(60), accepted_by="Zhou"),
        held(2, 10, 12, rejected_at=at(40), rejected_by="Zhou", end_received_at=at(30)),
        Graded(2, at(13), at(20), "S3", "S2"),
    )
    then = knew(known, at(19))
    assert then.deeds == known.deeds
    assert [(h.id, h.to_at, h.rejected_at) for h in then.held] == [(2, None, None)]
    assert then.graded == []
    assert knew(known, at(5)).deeds == []
    assert [h.to_at for h in knew(known, at(30)).held] == [at(12)]
    assert knew(known, at(40)).held[0].rejected_by == "Zhou"
    assert [h.accepted_at for h in knew(known, at(59)).held] == [None, None]
    assert [h.accepted_by for h in knew(known, at(60)).held] == ["Zhou", None]
    assert knew(known, at(20)).story.severity == "S2"


def test_before_we_were_told_there_is_nothing_to_know() -> None:
    late = facts()
    late = replace(late, story=replace(late.story, cycles=[Begun(1, CALL, at(2))]))
    assert knew(late, at(1)).story.cycles == []
    assert told(knew(late, at(1)), 1) == {}
    assert told(late, -0.1) == {}
    assert len(told(late, 0)) == 3


def test_what_happened_later_is_cut_off_and_a_pause_was_open() -> None:
    known = facts(held(1, 2, 8), held(2, 9, 10), deed(ActKind.ARRIVAL, 5), ended_at=at(20))
    then = happened(known, at(5))
    assert [(h.id, h.to_at) for h in then.held] == [(1, None)]
    assert len(then.deeds) == 1
    assert happened(known, at(5) - US).deeds == []
    assert happened(known, at(8)).held[0].to_at == at(8)
    assert then.story.ended_at is None
    assert happened(known, at(20)).story.ended_at == at(20)


def test_a_pause_counts_by_what_is_known_not_by_what_had_happened() -> None:
    """At the hour 49 nobody had come; we know today that he came at 47 and that the pause, entered
    later, lifts nothing. It is no waiting pause at any instant."""
    known = facts(held(1, 2, 3, told=50), deed(ActKind.ARRIVAL, 47), fix(47.5))
    for hours in (2.5, 10, 47, 49, 60):
        (taken,) = told(known, hours)[Promise.ARRIVAL, 1].pauses
        assert taken.why in (Why.COUNTS, Why.STANDS)


def test_merged_tickets_count_from_the_earliest_report_once_they_are_known_to_be_one() -> None:
    earlier = Reported(2, "T-2", at(-3))
    known = facts(Joined(2, 1, at(4), split_at=at(9)), Joined(3, 2, at(5)))
    known = replace(known, reports=[*known.reports, earlier, Reported(3, "T-3", at(-1))])
    known = replace(known, deeds=[replace(deed(ActKind.RESPONSE, 0.2), ticket_id=3)])
    assert standing(known).deeds == []  # split off again: today the ticket stands alone
    for hours, since, family in ((3, 0, [1]), (4, -3, [1, 2]), (6, -3, [1, 2, 3]), (9, 0, [1])):
        then = knew(known, at(hours))
        assert list(then.story.family) == family
        assert then.story.cycles[0].reported_at == at(since)
        assert len(then.deeds) == (3 in family)
    assert family_of(1, [Joined(2, 1, CALL), Joined(1, 9, CALL)]) == [1, 2]
    then = knew(known, at(6))
    assert then.earliest == earlier


def test_a_duplicate_gives_way_to_the_survivor() -> None:
    known = facts(Joined(1, 9, at(6)), held(1, 5, None))
    known = replace(known, reports=[*known.reports, Reported(9, "T-9", CALL)])
    repair = told(known, 10)[Promise.REPAIR, 1]
    assert (repair.state, repair.elapsed, repair.counted) == (ClockState.SUPERSEDED, 6 * H, 5 * H)
    assert "merged into T-9" in words(repair)
    assert clauses(repair)[0] is Clause.MERGED
    assert told(known, 5.5)[Promise.REPAIR, 1].state is ClockState.PAUSED


# --- whatever happened ----------------------------------------------------------------------------

HOURS = st.integers(0, 120).map(lambda n: n / 2)
KINDS = st.sampled_from(list(ActKind))
DEEDS = st.builds(
    lambda kind, hours, on_site: deed(
        kind, hours, on_site=on_site, result=Result.FIXED if kind is ActKind.REPAIR else None
    ),
    KINDS,
    HOURS,
    st.booleans(),
)


@st.composite
def pauses(draw: st.DrawFn) -> Sequence[Held]:
    edges = sorted(draw(st.lists(HOURS, max_size=8, unique=True)))
    found = []
    for n, (begin, end) in enumerate(zip(edges[::2], edges[1::2], strict=False), start=1):
        late = draw(st.sampled_from([None, 50.0, 70.0]))
        accepted = at(80) if draw(st.booleans()) else None
        rejected = at(81) if draw(st.booleans()) else None
        told_at = max(late, begin) if late is not None else None
        more = {"accepted_at": accepted, "rejected_at": rejected}
        found.append(held(n, begin, end, told=told_at, **more))
    return found


@given(
    st.lists(DEEDS, max_size=4),
    pauses(),
    st.none() | HOURS,
    st.sampled_from(["report", "arrival"]),
    st.integers(0, 200).map(lambda n: n / 2),
    st.none() | HOURS,
)
def test_every_clock_adds_up_and_can_be_said(
    deeds: list[Deed],
    held_: list[Held],
    change: float | None,
    repair_from: str,
    hours: float,
    ended: float | None,
) -> None:
    # What came after the end of a ticket is refused.
    change = None if ended and change and change > ended else change
    graded = [Graded(2, at(change), at(change), "S3", "S1", "sparks")] if change else []
    done = [each for each in deeds if not ended or each.at <= at(ended)]
    known = facts(*done, *held_, *graded, ended_at=at(ended) if ended else None)
    for each in told(known, hours, repair_from=repair_from, after=DANGER).values():
        assert each.elapsed == each.counted + each.paused
        assert each.elapsed >= each.counted >= timedelta(0)
        verdict = each.verdict
        if verdict.closed_as is None and verdict.due_at and verdict.started_at:
            taken = sum((t.length for t in each.pauses), timedelta(0))
            assert verdict.due_at == verdict.started_at + verdict.target + taken
            assert verdict.paused == taken
        for locale in ("en", "zh-CN"):
            said = [aloud(sentences(each), locale, "Asia/Shanghai")]
            said += [aloud(why(taken), locale, "Asia/Shanghai") for taken in each.pauses]
            said += [aloud([clause.told], locale, "Asia/Shanghai") for clause in clauses(each)]
            assert all(text and "{" not in text for text in said)
