"""What comes first on the phone, and where the map is opened."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.round.rules import Spot, Standing, Step, coming, gcj02, later, map_links, steps, wgs84
from tickets.sla.rules import ActKind
from tickets.ticket.rules import may_now


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    north = (a[0] - b[0]) * 111_320
    east = (a[1] - b[1]) * 111_320 * math.cos(math.radians(a[0]))
    return math.hypot(north, east)


@pytest.mark.parametrize(
    ("true", "drawn"),
    [
        # Published pairs: Tian'anmen, and a point of Shanghai.
        ((39.907375, 116.391349), (39.908777, 116.397592)),
        ((31.1774276, 121.5272106), (31.17530398364597, 121.531541859215)),
    ],
)
def test_a_place_is_drawn_where_chinese_maps_draw_it(
    true: tuple[float, float], drawn: tuple[float, float]
) -> None:
    assert metres(gcj02(*true), drawn) < 30


def test_outside_china_nothing_is_shifted() -> None:
    assert gcj02(42.36, -71.06) == (42.36, -71.06)


@given(lat=st.floats(min_value=18.5, max_value=53), lon=st.floats(min_value=74, max_value=134))
def test_a_shifted_place_is_found_again(lat: float, lon: float) -> None:
    assert metres(wgs84(*gcj02(lat, lon)), (lat, lon)) < 0.01
    assert 10 < metres(gcj02(lat, lon), (lat, lon)) < 1000


def test_the_map_opens_at_the_cabinet() -> None:
    links = map_links(Spot("DB03 东门 & 桥", 39.907375, 116.391349))
    assert links.amap.startswith("https://uri.amap.com/marker?position=116.397")
    assert "%E4%B8%9C%E9%97%A8%20%26" in links.amap
    assert links.geo.startswith("geo:39.907375,116.391349?q=39.907375,116.391349(DB03")


def test_a_place_kept_as_the_map_draws_it_is_not_shifted_twice() -> None:
    links = map_links(Spot("x", 39.908777, 116.397592, "GCJ-02"))
    assert "position=116.397592,39.908777" in links.amap
    assert links.geo.startswith("geo:39.907")


def test_without_a_position_the_words_are_looked_for() -> None:
    links = map_links(Spot("滨河路 12 号"))
    assert links.amap.startswith("https://uri.amap.com/search?keyword=%E6%BB%A8")
    assert links.geo.startswith("geo:0,0?q=%E6%BB%A8")


def order(
    severity: str, status: str, done: list[str], *, may_be_owed: bool = True, **more: bool
) -> list[Step]:
    doable = may_now("fault", severity, status, [ActKind(kind) for kind in done])
    stands = Standing(severity, may_be_owed=may_be_owed, is_on_site=status == "on_site", **more)
    return list(steps(doable, stands))


def test_in_danger_the_first_thing_is_to_make_it_safe() -> None:
    assert order("S1", "open", [])[:2] == [Step.MAKE_SAFE, Step.ANSWER]
    assert order("S1", "answered", ["response", "made_safe"])[0] is Step.DEPART


def test_the_next_step_comes_first() -> None:
    assert order("S3", "open", [])[0] is Step.ANSWER
    assert order("S3", "answered", ["response"])[:2] == [Step.DEPART, Step.ARRIVE]
    assert order("S3", "answered", ["response"], has_departed=True)[0] is Step.ARRIVE
    assert order("S3", "on_site", ["response", "arrival"])[0] is Step.REPAIR
    assert order("S3", "on_site", ["repair"])[0] is Step.REPAIR
    assert order("S3", "repaired", ["repair"])[0] is Step.SIGN


def test_what_is_over_is_not_offered_again() -> None:
    assert Step.DEPART not in order("S3", "on_site", ["arrival"])
    assert Step.SIGN not in order("S3", "repaired", ["repair"], is_signed=True)
    assert Step.SIGN not in order("S3", "open", [])  # nobody has spoken with the owner yet


def test_only_ones_own_ticket_is_handed_back() -> None:
    assert Step.HAND_BACK in order("S3", "answered", ["response"])
    assert Step.HAND_BACK not in order("S3", "answered", ["response"], is_mine=False)
    assert Step.HAND_BACK not in order("S3", "repaired", ["repair"])


def test_a_step_that_the_phone_may_open_goes_along_unseen() -> None:
    free = order("S3", "open", [], is_mine=False)
    assert Step.HAND_BACK not in free
    assert {Step.HAND_BACK, Step.SIGN, Step.CHECK, Step.PAUSE_END} <= {*later(free)}
    assert not {*free} & {*later(free)}


def test_what_cannot_be_owed_is_not_spoken_of() -> None:
    assert Step.MEASURE in order("S3", "open", [])
    assert Step.MEASURE not in order("S3", "open", [], may_be_owed=False)


@pytest.mark.parametrize("status", ["closed", "cancelled", "merged"])
def test_on_a_closed_ticket_there_is_only_the_note(status: str) -> None:
    assert order("S1", status, []) == [Step.NOTE]


def test_he_comes_at_round_times() -> None:
    now = datetime(2026, 11, 24, 1, 2, 3, tzinfo=UTC)
    times = coming(now, "Asia/Shanghai")
    assert [f"{at:%H:%M}" for at, _ in times] == ["09:35", "10:05", "11:05", "13:05"]
    assert times[0][1] == timedelta(minutes=30)
