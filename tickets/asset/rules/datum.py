"""Where a place lies on which map: WGS-84 as satellites say it, GCJ-02 as maps in China draw it.

GCJ-02 (火星坐标) shifts a place by some hundred metres, by a formula the map makers share and
nobody published; this is the one everybody's software uses. It is applied inside the usual
rectangle around China and nowhere else, so beside its edge, at sea and abroad, the way back is
not certain. Degrees throughout, latitude first.
"""

from math import cos, pi, sin, sqrt
from typing import Final, NamedTuple
from urllib.parse import quote, urlencode

from tickets.words import N_

WGS84: Final = "WGS-84"
GCJ02: Final = "GCJ-02"
DATUMS: Final[dict[str, str]] = {
    WGS84: N_("WGS-84 (GPS, a phone's raw position)"),
    GCJ02: N_("GCJ-02 (read from AMap, Tencent or WeChat)"),
}

# Krasovsky 1940, on which GCJ-02 is reckoned.
_AXIS: Final = 6378245.0
_EXCENTRICITY: Final = 0.00669342162296594323
_SOUTH, _NORTH, _WEST, _EAST = 0.8293, 55.8271, 72.004, 137.8347


class Point(NamedTuple):
    lat: float
    lon: float


class Opens(NamedTuple):
    """A map app with the address that opens the place in it, on the datum it wants."""

    label: str
    href: str


def is_shifted(at: Point) -> bool:
    """Inside the rectangle in which maps are drawn on GCJ-02."""
    return _SOUTH <= at.lat <= _NORTH and _WEST <= at.lon <= _EAST


def to_gcj02(at: Point) -> Point:
    return _shift(at) if is_shifted(at) else at


def to_wgs84(at: Point) -> Point:
    """The place whose GCJ-02 this is, found by coming nearer; outside China the place itself."""
    found = at
    for _ in range(30):
        there = _shift(found)
        nearer = Point(found.lat + at.lat - there.lat, found.lon + at.lon - there.lon)
        is_near = abs(nearer.lat - found.lat) + abs(nearer.lon - found.lon) < 1e-10
        found = nearer
        if is_near:
            break
    return found if is_shifted(found) else at


def on(datum: str, at: Point, wanted: str) -> Point:
    """A place told on one datum, told on another."""
    if datum == wanted:
        return at
    return to_gcj02(at) if wanted == GCJ02 else to_wgs84(at)


def maps(datum: str, at: Point, name: str) -> list[Opens]:
    """Where it can be opened. AMap and Tencent draw on GCJ-02, Baidu is told that it is one;
    OpenStreetMap and `geo:` (RFC 5870) take WGS-84."""
    lat, lon = (f"{degrees:.6f}" for degrees in on(datum, at, GCJ02))
    plain_lat, plain_lon = (f"{degrees:.6f}" for degrees in on(datum, at, WGS84))
    said = name[:60]
    amap = {"position": f"{lon},{lat}", "name": said, "coordinate": "gaode", "callnative": "1"}
    baidu = {
        "location": f"{lat},{lon}",
        "title": said,
        "content": said,
        "output": "html",
        "coord_type": "gcj02",
        "src": "afterglow",
    }
    # In a marker of Tencent's these separate its parts.
    marked = said.translate({ord(mark): " " for mark in ";:|"})
    tencent = {"marker": f"coord:{lat},{lon};title:{marked};addr:{marked}", "referer": "afterglow"}
    return [
        Opens(N_("AMap"), f"https://uri.amap.com/marker?{urlencode(amap)}"),
        Opens(N_("Baidu Maps"), f"https://api.map.baidu.com/marker?{urlencode(baidu)}"),
        Opens(N_("Tencent Maps"), f"https://apis.map.qq.com/uri/v1/marker?{urlencode(tencent)}"),
        Opens(
            "OpenStreetMap",
            f"https://www.openstreetmap.org/?mlat={plain_lat}&mlon={plain_lon}"
            f"#map=18/{plain_lat}/{plain_lon}",
        ),
        Opens(
            N_("another map app"),
            f"geo:{plain_lat},{plain_lon}?q={plain_lat},{plain_lon}({quote(said, safe='')})",
        ),
    ]


def _shift(at: Point) -> Point:
    x, y = at.lon - 105.0, at.lat - 35.0
    waves = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    root = sqrt(abs(x))
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + waves
    north += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + waves
    east += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    turned = at.lat / 180.0 * pi
    curve = 1 - _EXCENTRICITY * sin(turned) ** 2
    meridian = _AXIS * (1 - _EXCENTRICITY) / (curve * sqrt(curve))
    return Point(
        at.lat + north * 180.0 / (meridian * pi),
        at.lon + east * 180.0 / (_AXIS / sqrt(curve) * cos(turned) * pi),
    )
