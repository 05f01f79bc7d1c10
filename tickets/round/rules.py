"""What the technician needs to know next: which promise, what to do, when he comes, the map."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeVar
from urllib.parse import quote
from zoneinfo import ZoneInfo

from tickets.sla.rules import Clock, due_of
from tickets.ticket.rules import Doable

C = TypeVar("C", bound=Clock)


def breaks_next(clocks: Iterable[C], now: datetime) -> C | None:
    """The open promise that breaks first, or broke longest ago."""
    owed = [c for c in clocks if c.met_at is None and c.closed_as is None]
    dated = [(due, n, c) for n, c in enumerate(owed) if (due := due_of(c, now)) is not None]
    return min(dated, default=(None, 0, None))[2]


class Step(StrEnum):
    """A form on the page of one ticket, in the order the work goes."""

    MAKE_SAFE = "make_safe"
    ANSWER = "answer"
    DEPART = "depart"
    ARRIVE = "arrive"
    REPAIR = "repair"
    SIGN = "sign"
    MEASURE = "measure"
    DECLINED = "declined"
    CHECK = "check"
    APPOINT = "appoint"
    PAUSE = "pause"
    PAUSE_END = "pause_end"
    HAND_BACK = "hand_back"
    DANGER = "danger"
    NOTE = "note"


_STEPS: Final = {
    Step.CHECK: Doable.CHECK,
    Step.PAUSE_END: Doable.END_PAUSE,
    Step.ANSWER: Doable.ANSWER,
    Step.DEPART: Doable.DEPART,
    Step.ARRIVE: Doable.ARRIVE,
    Step.REPAIR: Doable.REPAIR,
    Step.SIGN: Doable.SIGN,
    Step.MEASURE: Doable.SUBSTITUTE,
    Step.DECLINED: Doable.SUBSTITUTE,
    Step.MAKE_SAFE: Doable.MAKE_SAFE,
    Step.APPOINT: Doable.APPOINT,
    Step.PAUSE: Doable.PAUSE,
    Step.HAND_BACK: Doable.HAND_BACK,
    Step.DANGER: Doable.GRADE,
    Step.NOTE: Doable.NOTE,
}


@dataclass(frozen=True)
class Standing:
    """What decides the order besides what may be done."""

    severity: str = "S3"
    may_be_owed: bool = False
    is_on_site: bool = False
    is_mine: bool = True
    has_departed: bool = False
    is_signed: bool = False  # for the work that was recorded last, or there is none yet


def steps(doable: Iterable[Doable], stands: Standing) -> Sequence[Step]:
    """What may be done now, what comes first first: in danger that is to make it safe.

    A substitution is spoken of only where one could be owed; only one's own ticket is handed back.
    """
    may = set(doable)
    found = [step for step, needs in _STEPS.items() if needs in may]
    gone = {
        Step.DANGER: stands.severity == "S1",  # it is known already
        Step.PAUSE: Step.PAUSE_END in found or Step.REPAIR not in found,  # earlier ones: the desk
        Step.MEASURE: not stands.may_be_owed,
        Step.DECLINED: not stands.may_be_owed,
        Step.DEPART: stands.has_departed or stands.is_on_site or Step.ARRIVE not in found,
        Step.HAND_BACK: not stands.is_mine,
        Step.SIGN: stands.is_signed or Step.ANSWER in found,
    }
    found = [step for step in found if not gone.get(step)]
    if stands.severity == "S1" and Step.MAKE_SAFE in found:
        found.remove(Step.MAKE_SAFE)
        found.insert(0, Step.MAKE_SAFE)
    if stands.is_on_site and Step.ARRIVE in found:
        # He is there already (a repair said so): a second visit is rare.
        found.remove(Step.ARRIVE)
        found.insert(found.index(Step.NOTE) if Step.NOTE in found else len(found), Step.ARRIVE)
    return found


# What waits on the phone may open another step before the server hears of it.
_OPENED: Final = {
    Step.ANSWER: (Step.HAND_BACK, Step.SIGN),
    Step.PAUSE: (Step.PAUSE_END,),
    Step.PAUSE_END: (Step.PAUSE,),
    Step.REPAIR: (Step.CHECK, Step.SIGN),
    Step.CHECK: (Step.REPAIR, Step.PAUSE),
}


def later(possible: Sequence[Step]) -> Sequence[Step]:
    """Steps whose forms go along unseen: an act that waits on the phone may open them."""
    opened: list[Step] = []
    for step in possible:
        opened += [each for each in _OPENED.get(step, ()) if each not in (*possible, *opened)]
    for step in tuple(opened):  # a look that fails opens the repair, which may be paused
        opened += [each for each in _OPENED.get(step, ()) if each not in (*possible, *opened)]
    return opened


_AWAY: Final = (timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2), timedelta(hours=4))
_FIVE: Final = 300


def coming(now: datetime, zone: str) -> Sequence[tuple[datetime, timedelta]]:
    """When he may say that he comes: round times of the project's zone, and how far they are."""
    base = now.timestamp()
    times = [math.ceil((base + away.total_seconds()) / _FIVE) * _FIVE for away in _AWAY]
    return [
        (datetime.fromtimestamp(at, ZoneInfo(zone)), away)
        for at, away in zip(times, _AWAY, strict=True)
    ]


# --- the map ---------------------------------------------------------------------------------

_AXIS: Final = 6378245.0  # Krasovsky 1940, on which GCJ-02 is drawn
_FLAT: Final = 0.00669342162296594323


@dataclass(frozen=True)
class Spot:
    """Where it is: degrees of a datum, or only words."""

    name: str
    lat: float | None = None
    lon: float | None = None
    datum: str = "WGS-84"


@dataclass(frozen=True)
class MapLinks:
    """`amap` opens 高德 or its page; `geo` asks the phone which map it should be."""

    amap: str
    geo: str


def is_in_china(lat: float, lon: float) -> bool:
    """Where Chinese maps are shifted, as roughly as those maps themselves decide it."""
    return 0.8293 <= lat <= 55.8271 and 72.004 <= lon <= 137.8347


def gcj02(lat: float, lon: float) -> tuple[float, float]:
    """WGS-84 as Chinese phone maps draw it, some 300 to 600 m away; elsewhere unchanged."""
    if not is_in_china(lat, lon):
        return lat, lon
    x, y = lon - 105.0, lat - 35.0
    both = (20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)) * 2.0 / 3.0
    d_lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    d_lat += both + _waves(y, (20.0, 1.0), (40.0, 3.0)) + _waves(y, (160.0, 12.0), (320.0, 30.0))
    d_lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    d_lon += both + _waves(x, (20.0, 1.0), (40.0, 3.0)) + _waves(x, (150.0, 12.0), (300.0, 30.0))
    radians = math.radians(lat)
    magic = 1 - _FLAT * math.sin(radians) ** 2
    root = math.sqrt(magic)
    d_lat = math.degrees(d_lat / ((_AXIS * (1 - _FLAT)) / (magic * root)))
    d_lon = math.degrees(d_lon / (_AXIS / root * math.cos(radians)))
    return lat + d_lat, lon + d_lon


def _waves(along: float, *pairs: tuple[float, float]) -> float:
    return sum(size * math.sin(along / width * math.pi) for size, width in pairs) * 2.0 / 3.0


def map_links(spot: Spot) -> MapLinks:
    """The place in the phone's map: 高德 wants GCJ-02, `geo:` wants WGS-84 by its definition."""
    name = quote(spot.name, safe="")
    if spot.lat is None or spot.lon is None:
        return MapLinks(
            f"https://uri.amap.com/search?keyword={name}&src=afterglow&callnative=1",
            f"geo:0,0?q={name}",
        )
    is_shifted = spot.datum == "GCJ-02"
    lat, lon = (spot.lat, spot.lon) if is_shifted else gcj02(spot.lat, spot.lon)
    marker = f"position={lon:.6f},{lat:.6f}&name={name}&src=afterglow&callnative=1"
    true_lat, true_lon = wgs84(spot.lat, spot.lon) if is_shifted else (spot.lat, spot.lon)
    at = f"{true_lat:.6f},{true_lon:.6f}"
    return MapLinks(f"https://uri.amap.com/marker?{marker}", f"geo:{at}?q={at}({name})")


def wgs84(lat: float, lon: float) -> tuple[float, float]:
    """GCJ-02 taken back; the shift changes so slowly that two steps find it to a centimetre."""
    true_lat, true_lon = lat, lon
    for _ in range(3):
        drawn_lat, drawn_lon = gcj02(true_lat, true_lon)
        true_lat, true_lon = true_lat + lat - drawn_lat, true_lon + lon - drawn_lon
    return true_lat, true_lon
