"""A place on one datum and on another: there, back, and which a map app is given."""

from math import cos, radians
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.asset.rules import GCJ02, WGS84, Point, maps, on
from tickets.asset.rules.datum import is_shifted, to_gcj02, to_wgs84

METRES = 111_320  # of a degree of latitude


def metres(one: Point, other: Point) -> float:
    north = (one.lat - other.lat) * METRES
    east = (one.lon - other.lon) * METRES * cos(radians(one.lat))
    return float((north**2 + east**2) ** 0.5)


INSIDE = st.builds(Point, st.floats(0.84, 55.82), st.floats(72.02, 137.82))
OUTSIDE = st.one_of(
    st.builds(Point, st.floats(-89, 0.8), st.floats(-179, 179)),
    st.builds(Point, st.floats(55.9, 89), st.floats(-179, 179)),
    st.builds(Point, st.floats(-89, 89), st.floats(-179, 71.9)),
    st.builds(Point, st.floats(-89, 89), st.floats(137.9, 179)),
)


@given(INSIDE)
def test_there_and_back_is_the_same_place_to_a_millimetre(at: Point) -> None:
    assert metres(to_wgs84(to_gcj02(at)), at) < 0.001
    assert metres(to_gcj02(to_wgs84(at)), at) < 0.001 or not is_shifted(to_wgs84(at))


@given(INSIDE)
def test_inside_china_the_maps_are_some_hundred_metres_off(at: Point) -> None:
    assert 1 < metres(to_gcj02(at), at) < 2000


@given(OUTSIDE)
def test_outside_china_nothing_is_shifted(at: Point) -> None:
    assert to_gcj02(at) == at
    assert to_wgs84(at) == at


# Tiananmen and two more as the widely used converters (coordtransform, gcoord, eviltransform) give
# them in their own tests and examples.
@pytest.mark.parametrize(
    ("wgs", "gcj"),
    [
        (Point(39.915, 116.404), Point(39.91640428150164, 116.41024449916938)),
        (Point(31.1774276, 121.5272106), Point(31.17530398364597, 121.531541859215)),
        (Point(22.543847, 113.912316), Point(22.540796131694766, 113.9171764808363)),
    ],
)
def test_known_places_are_where_other_software_puts_them(wgs: Point, gcj: Point) -> None:
    # E31: the shift between the datums is not an error of the place.
    assert metres(to_gcj02(wgs), gcj) < 0.01
    assert metres(to_wgs84(gcj), wgs) < 0.01
    assert on(WGS84, wgs, GCJ02) == to_gcj02(wgs)
    assert on(GCJ02, gcj, WGS84) == to_wgs84(gcj)
    assert on(WGS84, wgs, WGS84) is wgs


@pytest.mark.parametrize("datum", [WGS84, GCJ02])
def test_each_map_app_gets_the_datum_it_draws_on(datum: str) -> None:
    wgs, gcj = Point(39.915, 116.404), Point(39.916404, 116.410244)
    name = "3号楼;东:侧|灯 <b>"
    amap, baidu, tencent, osm, other = maps(datum, wgs if datum == WGS84 else gcj, name)
    asked = parse_qs(urlsplit(amap.href).query)
    assert asked["position"] == ["116.410244,39.916404"]
    assert asked["coordinate"] == ["gaode"]
    asked = parse_qs(urlsplit(baidu.href).query)
    assert (asked["location"], asked["coord_type"]) == (["39.916404,116.410244"], ["gcj02"])
    marker = parse_qs(urlsplit(tencent.href).query)["marker"][0]
    assert marker.startswith("coord:39.916404,116.410244;title:3号楼 东 侧 灯 <b>;addr:")
    asked = parse_qs(urlsplit(osm.href).query)
    assert [float(asked[axis][0]) for axis in ("mlat", "mlon")] == pytest.approx(wgs, abs=2e-6)
    assert other.href.startswith("geo:39.9")
    assert all("<" not in each.href for each in (amap, baidu, tencent, osm, other))
