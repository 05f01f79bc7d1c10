"""Where an arrival was: distances over two datums, and what is said of them."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.asset import make_asset
from tests.makers.project import make_project
from tests.makers.ticket import make_ticket
from tickets.asset.rules import GCJ02, WGS84, Point, on
from tickets.visit.models import Position
from tickets.visit.rules import Nearness, Spot, Stood, judged, metres_between

LAT, LON = 31.2304, 121.4737  # Shanghai, WGS-84
METRE = 1 / 111_195  # of latitude, in degrees


def spot(metres_north: float, datum: str = WGS84) -> Spot:
    there = on(WGS84, Point(LAT + metres_north * METRE, LON), datum)
    return Spot("L-01", there.lat, there.lon, datum)


# Lesson E31: a phone says WGS-84, a register GCJ-02; after conversion they are within 30 m.
@given(st.floats(20, 50), st.floats(75, 130))
def test_the_same_place_on_two_datums_is_the_same_place(lat: float, lon: float) -> None:
    drawn = on(WGS84, Point(lat, lon), GCJ02)
    found = judged(Stood(lat, lon, 5), [Spot("L", drawn.lat, drawn.lon, GCJ02)], 200)
    assert found.distance_m is not None
    assert found.distance_m < 30
    assert found.nearness is Nearness.NEAR


def test_without_conversion_it_would_be_hundreds_of_metres() -> None:
    drawn = on(WGS84, Point(LAT, LON), GCJ02)
    assert 300 < metres_between(Point(LAT, LON), drawn) < 700


@pytest.mark.parametrize(
    ("metres", "accuracy", "nearness"),
    [
        (0, 5, "near"),
        (199, 5, "near"),
        (201, 0, "far"),
        (201, None, "far"),
        (260, 59, "far"),
        (260, 61, "weak"),  # it may be near
        (5000, 200, "far"),
        (5000, 201, "weak"),  # less exact than the radius it says nothing
        (0, 2000, "weak"),
    ],
)
def test_far_is_said_only_where_there_is_no_doubt(
    metres: float, accuracy: float | None, nearness: str
) -> None:
    assert judged(Stood(LAT, LON, accuracy), [spot(metres)], 200).nearness == nearness


def test_the_nearest_of_several_counts_and_without_any_nothing_is_known() -> None:
    found = judged(Stood(LAT, LON, 5), [spot(900), spot(40, GCJ02)], 200)
    assert found.nearness is Nearness.NEAR
    assert found.distance_m == pytest.approx(40, abs=1)
    assert judged(Stood(LAT, LON, 5), [], 200).nearness is Nearness.UNKNOWN


@given(st.floats(-89, 89), st.floats(-179, 179), st.floats(-89, 89), st.floats(-179, 179))
def test_distances_are_the_same_both_ways(a: float, b: float, c: float, d: float) -> None:
    there, back = metres_between(Point(a, b), Point(c, d)), metres_between(Point(c, d), Point(a, b))
    assert there == pytest.approx(back)
    assert 0 <= there <= 20_037_600


@pytest.mark.parametrize(
    ("metres", "more", "words"),
    [
        (38, {}, "at the asset · 38 m from L-01 · exact to 12 m"),
        (900, {}, "far from the asset · 900 m from L-01"),
        (38, {"accuracy_m": 900}, "too inexact to tell"),
        (38, {"mock": True}, "the phone says that this position was made up"),
    ],
)
async def test_an_arrival_says_how_far_it_was_and_is_never_refused(
    session: AsyncSession,
    as_role: SignedIn,
    now: datetime,
    metres: float,
    more: dict[str, Any],
    words: str,
) -> None:
    project = await make_project(session)
    drawn = on(WGS84, Point(LAT, LON), GCJ02)
    lamp = await make_asset(session, project=project, code="L-01")
    lamp.lat, lamp.lon, lamp.datum = drawn.lat, drawn.lon, GCJ02
    ticket = await make_ticket(
        session, project=project, now=now, reported_at=now - timedelta(hours=1), assets=("L-01",)
    )
    await session.commit()
    client = await as_role("technician")
    where = {"lat": LAT + metres * METRE, "lon": LON, "accuracy_m": 12} | more
    answer = await client.post(f"/api/v1/tickets/{ticket.ref}/arrival", json={"position": where})
    assert answer.status_code == 200, answer.text
    kept = (await session.scalars(select(Position))).one()
    assert kept.distance_m == pytest.approx(metres, abs=3)
    page = (await client.get(f"/tickets/{ticket.ref}")).text
    assert words in " ".join(page.split())


async def test_the_radius_is_a_term_and_a_doubtful_place_says_nothing(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    project = await make_project(session, terms={"arrival_radius_m": 50})
    client = await as_role("technician")
    for code, is_doubtful in (("L-01", False), ("L-02", True)):
        lamp = await make_asset(session, project=project, code=code)
        lamp.lat, lamp.lon, lamp.is_place_doubtful = LAT, LON, is_doubtful
        ticket = await make_ticket(session, project=project, now=now, assets=(code,))
        await session.commit()
        where = {"lat": LAT + 100 * METRE, "lon": LON, "accuracy_m": 5}
        await client.post(f"/api/v1/tickets/{ticket.ref}/arrival", json={"position": where})
    verdicts = await session.scalars(select(Position.verdict).order_by(Position.act_id))
    assert list(verdicts) == ["far", "unknown"]
