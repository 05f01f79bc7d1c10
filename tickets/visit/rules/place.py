"""Where a phone was when somebody arrived, and whether that is at what he came for.

A verdict is for people to look at; it never stands in anybody's way.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from math import asin, cos, radians, sin, sqrt
from typing import Final

from tickets.asset.rules import WGS84, Point, on
from tickets.words import N_

_EARTH: Final = 6_371_008.8  # mean radius in metres


@dataclass(frozen=True)
class Stood:
    """Where the phone was; WGS-84 degrees, accuracy in metres. `is_mock`: the phone itself says
    that the position was made up."""

    lat: float
    lon: float
    accuracy_m: float | None = None
    is_mock: bool = False


class Nearness(StrEnum):
    NEAR = "near"
    FAR = "far"
    WEAK = "weak"  # too inexact to say either
    UNKNOWN = "unknown"  # nobody wrote down where the asset is


NEARNESS_LABELS: Final = {
    Nearness.NEAR: N_("at the asset"),
    Nearness.FAR: N_("far from the asset"),
    Nearness.WEAK: N_("too inexact to tell"),
    Nearness.UNKNOWN: N_("the asset's place is not known"),
}


@dataclass(frozen=True)
class Spot:
    """Where an asset is: degrees of a datum."""

    code: str
    lat: float
    lon: float
    datum: str = WGS84


@dataclass(frozen=True)
class Judged:
    nearness: Nearness
    distance_m: float | None = None
    code: str | None = None  # of the asset it was measured to


def metres_between(one: Point, other: Point) -> float:
    """Along the earth, both of one datum."""
    north = radians(other.lat - one.lat) / 2
    east = radians(other.lon - one.lon) / 2
    half = sin(north) ** 2 + cos(radians(one.lat)) * cos(radians(other.lat)) * sin(east) ** 2
    return 2 * _EARTH * asin(min(1.0, sqrt(half)))


def judged(stood: Stood, spots: Iterable[Spot], radius_m: float) -> Judged:
    """To the nearest asset. Less exact than the radius it says nothing; and far is said only where
    the accuracy leaves no doubt."""
    here = Point(stood.lat, stood.lon)
    found = [(metres_between(here, on(s.datum, Point(s.lat, s.lon), WGS84)), s) for s in spots]
    if not found:
        return Judged(Nearness.UNKNOWN)
    distance, spot = min(found, key=lambda each: each[0])
    accuracy = stood.accuracy_m or 0.0
    if accuracy > radius_m:
        nearness = Nearness.WEAK
    elif distance <= radius_m:
        nearness = Nearness.NEAR
    elif distance - accuracy <= radius_m:
        nearness = Nearness.WEAK
    else:
        nearness = Nearness.FAR
    return Judged(nearness, distance, spot.code)
