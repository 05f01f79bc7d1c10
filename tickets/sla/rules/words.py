"""The words of the promises: which there are, which acts keep them, how a clock may stand."""

from enum import StrEnum
from typing import Final

from tickets.words import N_


class Promise(StrEnum):
    RESPONSE = "response"
    ARRIVAL = "arrival"
    REPAIR = "repair"
    MAKE_SAFE = "make_safe"


class ActKind(StrEnum):
    RESPONSE = "response"
    ARRIVAL = "arrival"
    REPAIR = "repair"
    MADE_SAFE = "made_safe"


class Result(StrEnum):
    FIXED = "fixed"
    PARTIAL = "partial"
    TEMPORARY = "temporary"


class ClockState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    LATE = "late"
    SUPERSEDED = "superseded"
    NOT_NEEDED = "not_needed"


class PauseReason(StrEnum):
    """The owner's side or force majeure; waiting for our own parts or people is none (§3)."""

    NO_ACCESS = "no_access"
    OWNER_POSTPONES = "owner_postpones"
    OWNER_SUPPLY = "owner_supply"
    WEATHER_UNSAFE = "weather_unsafe"
    AUTHORITY = "authority"
    QUOTE_PENDING = "quote_pending"


PROMISE_LABELS: Final = {
    Promise.RESPONSE: N_("response"),
    Promise.ARRIVAL: N_("arrival on site"),
    Promise.REPAIR: N_("repair"),
    Promise.MAKE_SAFE: N_("making safe"),
}

STATE_LABELS: Final = {
    ClockState.RUNNING: N_("running"),
    ClockState.PAUSED: N_("paused"),
    ClockState.MET: N_("kept"),
    ClockState.LATE: N_("broken"),
    ClockState.SUPERSEDED: N_("superseded"),
    ClockState.NOT_NEEDED: N_("not needed"),
}

PAUSE_LABELS: Final = {
    PauseReason.NO_ACCESS: N_("no access to the site"),
    PauseReason.OWNER_POSTPONES: N_("the owner asks to wait"),
    PauseReason.OWNER_SUPPLY: N_("no power from the owner or the grid"),
    PauseReason.WEATHER_UNSAFE: N_("weather too dangerous to work"),
    PauseReason.AUTHORITY: N_("an authority forbids the work"),
    PauseReason.QUOTE_PENDING: N_("the owner has not accepted the quote yet"),
}

# The order in which people speak of them, and in which pages show them.
PROMISE_ORDER: Final = (Promise.MAKE_SAFE, Promise.RESPONSE, Promise.ARRIVAL, Promise.REPAIR)
# Only these two pause, together (rules.md §3).
PAUSING: Final = frozenset({Promise.ARRIVAL, Promise.REPAIR})


def promised(kind: str, severity: str) -> tuple[Promise, ...]:
    """A fault carries every promise, danger one more; all other calls carry `response` alone."""
    if kind != "fault":
        return (Promise.RESPONSE,)
    if severity == "S1":
        return (Promise.RESPONSE, Promise.ARRIVAL, Promise.REPAIR, Promise.MAKE_SAFE)
    return (Promise.RESPONSE, Promise.ARRIVAL, Promise.REPAIR)
