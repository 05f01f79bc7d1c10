"""Who hears of a promise that is running out, and who next if nobody says that he heard it
(rules.md §5)."""

from datetime import datetime, time, timedelta
from enum import IntEnum
from typing import Final
from zoneinfo import ZoneInfo

MORNING: Final = time(7, 30)  # when the list of the day is read, in the project's zone
SHORT: Final = timedelta(hours=24)  # a promise of less may break before the next list is read


class Rung(IntEnum):
    ON_DUTY = 0
    NEXT = 1
    LEAD = 2
    MANAGERS = 3
    EVERYONE = 4


def is_short(promise: str, target: timedelta) -> bool:
    """Minutes and hours count, not days."""
    return promise in ("response", "make_safe") or target < SHORT


def climbs(promise: str, target: timedelta, threshold: str) -> bool:
    """Pushed and to be acknowledged; else it stands on the board and in the morning's list."""
    return is_short(promise, target) or threshold.startswith(("breach", "+", "open"))


def rung_of(threshold: str, *, is_first: bool) -> Rung:
    """How far up it is heard at once; `is_first` tells the first warning from the second."""
    if threshold == "open":
        return Rung.ON_DUTY
    if threshold.startswith(("breach", "+")):
        return Rung.MANAGERS
    return Rung.NEXT if is_first else Rung.LEAD


def heard_by(promise: str, target: timedelta, severity: str, top: Rung) -> list[Rung]:
    """The rungs that hear it. The next on the rota is of use where minutes count; a broken
    promise of days is his whose ticket it is, and theirs who answer for it."""
    rungs = [rung for rung in Rung if rung <= top]
    if not is_short(promise, target) and severity != "S1":
        return [rung for rung in rungs if rung is not Rung.NEXT]
    return rungs


def next_rung(severity: str, rung: int) -> Rung | None:
    """Not acknowledged in time: the next one; of an S1 everyone, again and again. None: nobody
    is left who has not heard it."""
    if severity == "S1":
        return Rung.EVERYONE
    return Rung(rung + 1) if rung < Rung.MANAGERS else None


def next_morning(at: datetime, timezone: str) -> datetime:
    """The first morning after an instant, where the lamps stand."""
    zone = ZoneInfo(timezone)
    local = at.astimezone(zone)
    day = local.date() if local.time() < MORNING else local.date() + timedelta(days=1)
    return datetime.combine(day, MORNING, zone).astimezone(at.tzinfo)
