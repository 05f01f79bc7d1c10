"""How an inspection stands: what is stored, and what a day makes of it."""

from datetime import date
from enum import StrEnum
from typing import Final

from tickets.words import N_


class State(StrEnum):
    """What is stored. `not_owed` is what the API says where there is a reason for none."""

    PLANNED = "planned"
    UNDER_WAY = "under_way"
    SIGNED = "signed"
    HANDED_OVER = "handed_over"
    NOT_OWED = "not_owed"


class Standing(StrEnum):
    """What the plan shows, in words and colour."""

    NOT_OWED = "not_owed"
    TO_COME = "to_come"
    OPEN = "open"  # its quarter has begun
    UNDER_WAY = "under_way"
    SIGNED = "signed"  # the report is still with us
    OVERDUE = "overdue"
    MET = "met"
    MET_LATE = "met_late"


STATE_LABELS: Final[dict[Standing, str]] = {
    Standing.NOT_OWED: N_("not owed"),
    Standing.TO_COME: N_("to come"),
    Standing.OPEN: N_("to be done"),
    Standing.UNDER_WAY: N_("under way"),
    Standing.SIGNED: N_("signed, to be handed over"),
    Standing.OVERDUE: N_("overdue"),
    Standing.MET: N_("handed over"),
    Standing.MET_LATE: N_("handed over late"),
}


def standing(
    state: str,
    not_owed: str | None,
    starts_on: date,
    due_on: date,
    today: date,
    met_on: date | None,
) -> Standing:
    """`met_on` is the day the first report was handed over; after the quarter's last day it is
    late. What is not handed over by then is overdue, however far it is."""
    if met_on is not None:
        return Standing.MET_LATE if met_on > due_on else Standing.MET
    if not_owed is not None:
        return Standing.NOT_OWED
    if today > due_on:
        return Standing.OVERDUE
    if state == State.SIGNED:
        return Standing.SIGNED
    if state == State.UNDER_WAY:
        return Standing.UNDER_WAY
    return Standing.OPEN if today >= starts_on else Standing.TO_COME
