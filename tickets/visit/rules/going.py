"""Going there: when somebody may be expected, and for when an appointment can be made."""

from datetime import datetime, timedelta
from typing import Final

from tickets.refusals import Invalid
from tickets.words import N_

AHEAD: Final = timedelta(days=366)  # beyond lies a slip of the year
REMIND_BEFORE: Final = timedelta(hours=1)

SIGNED_FOR: Final = {"visit": N_("this visit"), "repair": N_("this repair")}


def check_expected(at: datetime, expected_at: datetime) -> None:
    """`at`: when he set off."""
    if expected_at < at:
        raise Invalid("expected_at", "Nobody is there before he sets off.")
    if expected_at > at + AHEAD:
        raise Invalid("expected_at", "This is more than a year ahead.")


def check_appointment(made_at: datetime, for_at: datetime) -> None:
    if for_at <= made_at:
        raise Invalid("for_at", "An appointment is for an instant that is still to come.")
    if for_at > made_at + AHEAD:
        raise Invalid("for_at", "This is more than a year ahead.")


def remind_at(for_at: datetime, now: datetime) -> datetime | None:
    """An hour before; None where that is over already: whoever makes it knows it now."""
    at = for_at - REMIND_BEFORE
    return at if at > now else None
