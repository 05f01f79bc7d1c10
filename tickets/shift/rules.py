"""Handing over and taking over: who may, what may stand in the notes, when it is late."""

from datetime import datetime, timedelta
from typing import Final

from tickets.refusals import Refused
from tickets.words import N_

TAKEN_WITHIN: Final = timedelta(minutes=30)

# What is written by hand, line by line.
NOTES: Final[dict[str, str]] = {
    "vehicles": N_("Vehicles"),
    "weather": N_("Unusual weather"),
    "parts": N_("Borrowed spare parts"),
    "other": N_("What else the next one must know"),
}


def is_late(handed_over_at: datetime, taken_over_at: datetime | None, now: datetime) -> bool:
    """Nobody has signed for it in time."""
    return taken_over_at is None and now - handed_over_at > TAKEN_WITHIN


def check_taker(handed_over_by: int, taken_over_by: int) -> None:
    if handed_over_by == taken_over_by:
        raise Refused("Whoever hands over cannot take over himself: somebody else signs.")


def lines_of(text: str | None) -> list[str]:
    """What was typed, a line each; empty ones are none."""
    return [line.strip() for line in (text or "").splitlines() if line.strip()]
