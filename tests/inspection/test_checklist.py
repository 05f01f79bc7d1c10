"""Values judged by their limits, items laid out where they stand, rates with their counts."""

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.inspection.rules import (
    CLASSES,
    SECTION_LABELS,
    Frequency,
    Item,
    Place,
    Rate,
    Value,
    Verdict,
    coverage,
    is_due,
    items_of,
    judge,
    limit_at,
    lines_of,
    lit_rate,
    sampled,
    severity_of,
)
from tickets.pages import ROOT

FIRST = json.loads((ROOT / "tickets/inspection/first_checklist.json").read_text("utf-8"))
ITEMS = {item.id: item for item in items_of(FIRST["items"])}


def test_the_first_checklist_is_whole_and_says_what_is_not_verified() -> None:
    assert len(ITEMS) == 60
    assert sum(item.is_safety for item in ITEMS.values()) == 26
    assert sum(not item.is_verified for item in ITEMS.values()) == 22
    for item in ITEMS.values():
        assert item.section in SECTION_LABELS
        assert item.asset_class in CLASSES
        assert item.zh
        assert item.en


@pytest.mark.parametrize(
    ("item", "row", "values", "verdict"),
    [
        ("POL-01", None, [5.0], Verdict.PASS),  # the limit itself holds
        ("POL-01", None, [5.01], Verdict.FAIL),
        ("BOX-04", None, [-10.0], Verdict.PASS),
        ("BOX-04", None, [-10.1], Verdict.FAIL),
        ("BOX-04", None, [5.1], Verdict.FAIL),
        ("CTL-03", None, [-3.0], Verdict.PASS),
        ("CTL-03", None, [-3.5], Verdict.FAIL),
        ("STA-04", None, [0.0], Verdict.PASS),
        ("STA-04", None, [1.0], Verdict.FAIL),
        # All three of them must hold.
        ("CAB-03", "low_voltage_circuit", [1.0, 2.0, 0.5], Verdict.PASS),
        ("CAB-03", "low_voltage_circuit", [1.0, 2.0, 0.49], Verdict.FAIL),
        ("CAB-03", "underwater", [25.0, 25.0, 19.0], Verdict.FAIL),
        # Nobody has said which row holds, or what the contract asks: it cannot pass.
        ("CAB-03", None, [100.0, 100.0, 100.0], None),
        ("BOX-07", "main", [1.0], None),
        ("EFF-03", "limit", [1.0], None),
        ("POL-01", None, [], None),
        ("POL-01", None, [float("nan")], None),
    ],
)
def test_a_value_is_judged_by_the_limit_that_holds_there(
    item: str, row: str | None, values: list[float], verdict: Verdict | None
) -> None:
    assert judge(limit_at(ITEMS[item], row), values) is verdict


def test_beyond_the_alert_it_is_a_danger() -> None:
    item = ITEMS["POL-01"]
    limit = limit_at(item, None)
    assert severity_of(item, limit, [6.0]) == "S2"
    assert severity_of(item, limit, [20.5]) == "S1"


@given(
    op=st.sampled_from([">=", "<=", "==", "abs<="]),
    limit=st.floats(-1e6, 1e6),
    value=st.floats(-1e6, 1e6),
)
def test_a_limit_says_what_arithmetic_says(op: str, limit: float, value: float) -> None:
    item = Item(
        "X", "luminaire", "luminaire", "x", "x", Value.NUMBER, limit={"op": op, "value": limit}
    )
    holds = {
        ">=": value >= limit,
        "<=": value <= limit,
        "==": value == limit,
        "abs<=": abs(value) <= limit,
    }[op]
    assert judge(limit_at(item, None), [value]) is (Verdict.PASS if holds else Verdict.FAIL)


def test_what_is_due_when() -> None:
    winter, spring, summer = (
        (D(2025, 12, 1), D(2026, 2, 28)),
        (D(2026, 3, 1), D(2026, 5, 30)),
        (D(2026, 5, 31), D(2026, 8, 30)),
    )
    assert is_due(Frequency.QUARTERLY, 1, *winter)
    assert [is_due(Frequency.FLOOD, 2, *each) for each in (winter, spring, summer)] == [
        False,
        True,
        False,
    ]
    assert [is_due(Frequency.SUMMER, 3, *each) for each in (winter, spring, summer)] == [
        False,
        False,
        True,
    ]
    assert [is_due(Frequency.ANNUAL, n, *winter) for n in (1, 2, 3, 4, 8)] == [
        False,
        False,
        False,
        True,
        True,
    ]
    assert not is_due(Frequency.COMPLAINT, 4, *spring)


D = date


@given(accepted=st.dates(D(2020, 1, 1), D(2027, 12, 31)))
def test_yearly_items_come_once_in_every_year_of_cover(accepted: date) -> None:
    from tickets.inspection.rules import Run, quarters_of
    from tickets.project.rules import warranty_end

    quarters = quarters_of(Run(accepted, warranty_end(accepted, 24)), "acceptance")
    for frequency in (Frequency.ANNUAL, Frequency.FLOOD, Frequency.SUMMER):
        due = [is_due(frequency, each.number, each.starts_on, each.due_on) for each in quarters]
        assert sum(due[:4]) >= 1
        assert sum(due) in (2, 3)  # a day met on both its anniversaries


def town(circuits: int, *, lamps: str = "LUM_FLOOD") -> list[Place]:
    cabinet = Place(2, "BOX", frozenset({"BOX", "CIRC", lamps}))
    area = Place(1, "AREA", frozenset({"AREA", "BOX", "CIRC", lamps}))
    return [area, cabinet] + [
        Place(3 + n, "CIRC", frozenset({"CIRC", lamps})) for n in range(circuits)
    ]


def test_lines_stand_where_the_equipment_stands() -> None:
    lines = lines_of(ITEMS.values(), town(4))
    where = {item: [line.asset_id for line in lines if line.item == item] for item in ITEMS}
    assert where["LUM-01"] == [3, 4, 5, 6]  # lamps circuit by circuit
    assert where["STA-01"] == [3, 4, 5, 6]  # the lit rate too
    assert where["BOX-01"] == [2]
    assert where["EFF-04"] == [1]
    assert where["DOC-01"] == [None]
    assert where["POL-01"] == []  # no pole in this register
    assert where["CTL-01"] == []
    assert len(set(lines)) == len(lines)


def test_an_empty_register_is_asked_for_everything_once() -> None:
    lines = lines_of(ITEMS.values(), [])
    assert [line.item for line in lines] == list(ITEMS)
    assert {line.asset_id for line in lines} == {None}


def test_sampling_draws_the_same_again_and_never_safety() -> None:
    lines = lines_of(ITEMS.values(), town(40))
    drawn = sampled(lines, list(ITEMS.values()), 20, "BJ-01:7")
    assert drawn == sampled(lines, list(ITEMS.values()), 20, "BJ-01:7")
    assert drawn != sampled(lines, list(ITEMS.values()), 20, "BJ-01:8")
    number = {item: sum(line.item == item for line in drawn) for item in ITEMS}
    assert number["LUM-01"] == 8
    assert number["LUM-08"] == 40  # it may fall: all of them
    assert number["BOX-01"] == 1
    assert sampled(lines, list(ITEMS.values()), 100, "any") == lines


def test_rates_show_their_counts_and_never_round_up_to_all() -> None:
    assert lit_rate([(120, 118), (30, 30)]) == Rate(148, 150)
    assert Rate(148, 150).in_words() == "98.6 % (148/150)"
    assert Rate(9999, 10000).in_words() == "99.9 % (9999/10000)"
    assert Rate(0, 0).in_words() == "— (0/0)"
    assert coverage(["pass", "fail", "not_applicable", "not_accessible", None]) == Rate(3, 5)
