"""What was promised: defaults, other targets per severity, and numbers that cannot be."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.project.rules import ServiceTerms, target
from tickets.refusals import Invalid


def test_the_defaults_are_those_of_the_plan() -> None:
    terms = ServiceTerms.from_json({})
    assert terms == ServiceTerms()
    assert target(terms, "response", "S3") == timedelta(minutes=60)
    assert target(terms, "arrival", "S3") == timedelta(hours=48)
    assert target(terms, "repair", "S3") == timedelta(hours=48)
    assert target(terms, "make_safe", "S1") == timedelta(hours=2)
    assert (terms.repair_from, terms.inspection_quarters) == ("report", "acceptance")


def test_a_severity_may_have_targets_of_its_own() -> None:
    terms = ServiceTerms.from_json(
        {"arrival_hours": 24, "severities": {"S1": {"arrival_hours": 0.5}}}
    )
    assert target(terms, "arrival", "S1") == timedelta(minutes=30)
    assert target(terms, "arrival", "S2") == timedelta(hours=24)
    assert target(terms, "repair", "S1") == timedelta(hours=48)


def test_what_is_absent_stays_as_it_was() -> None:
    before = ServiceTerms.from_json({"repair_hours": 24, "repair_from": "arrival"})
    after = ServiceTerms.from_json({"response_minutes": 30}, base=before)
    assert after.repair == timedelta(hours=24)
    assert after.repair_from == "arrival"
    assert after.response == timedelta(minutes=30)


@pytest.mark.parametrize(
    ("numbers", "field"),
    [
        ({"response_minutes": 0}, "terms.response_minutes"),
        ({"response_minutes": -1}, "terms.response_minutes"),
        ({"response_minutes": 1.5}, "terms.response_minutes"),
        ({"arrival_hours": 0.001}, "terms.arrival_hours"),
        ({"repair_hours": 87_601}, "terms.repair_hours"),
        ({"repair_hours": float("nan")}, "terms.repair_hours"),
        ({"repair_hours": float("inf")}, "terms.repair_hours"),
        ({"repair_hours": True}, "terms.repair_hours"),
        ({"repair_hours": "48"}, "terms.repair_hours"),
        ({"make_safe_minutes": 10**30}, "terms.make_safe_minutes"),
        ({"repair_from": "dawn"}, "terms.repair_from"),
        ({"inspection_quarters": "moon"}, "terms.inspection_quarters"),
        ({"severities": {"S9": {}}}, "terms.severities.S9"),
        ({"severities": {"S1": 5}}, "terms.severities.S1"),
        ({"severities": {"S1": {"speed": 5}}}, "terms.severities.S1.speed"),
        ({"severities": []}, "terms.severities"),
        ({"speed": 1}, "terms.speed"),
    ],
)
def test_numbers_that_cannot_be_are_named(numbers: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        ServiceTerms.from_json(numbers)
    assert refused.value.field == field


def test_ten_years_is_the_longest_promise() -> None:
    assert ServiceTerms.from_json({"repair_hours": 87_600}).repair == timedelta(days=3650)


@given(
    st.integers(1, 5_256_000),
    st.integers(1, 5_256_000),
    st.sampled_from(["report", "arrival"]),
    st.integers(1, 5_256_000),
)
def test_terms_survive_being_written_down(
    response: int, repair: int, repair_from: str, safe: int
) -> None:
    terms = ServiceTerms(
        response=timedelta(minutes=response),
        repair=timedelta(minutes=repair),
        repair_from=repair_from,
        severities={"S1": {"make_safe": timedelta(minutes=safe)}},
    )
    assert ServiceTerms.from_json(terms.to_json()) == terms
