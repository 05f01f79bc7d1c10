"""Asking the owner whether it works, the calls we promise him, how loud he urges (§4)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tickets.ticket.rules.life import TRIES

APART = timedelta(hours=4)  # between two tries that reach nobody
GRACE = timedelta(minutes=10)  # after a promised call, until the hotline leads are told
DAY = timedelta(hours=24)
LEAD_FROM, MANAGERS_FROM = 2, 3  # reminders: within a day; in all


@dataclass(frozen=True)
class Tried:
    """A call-back of the present cycle; `contact` is who was asked."""

    outcome: str
    at: datetime
    contact: int | None = None


def ask_at(
    fixed_at: datetime | None, tried: Sequence[Tried], callers: Collection[int]
) -> datetime | None:
    """From when on the owner is to be asked; None when it is not repaired, when everybody who
    called has heard, or when as many tries as the rules want reached nobody."""
    if fixed_at is None:
        return None
    if not tried:
        return fixed_at
    last = tried[-1]
    if last.outcome == "does_not":
        return last.at
    heard = [each for each in tried if each.outcome != "not_reached"]
    if heard and set(callers) <= {each.contact for each in heard}:
        return None
    if sum(1 for each in tried if each.outcome == "not_reached") >= TRIES:
        return None
    return last.at + APART if last.outcome == "not_reached" else last.at


def told_of_reminder(in_all: int, within_a_day: int) -> tuple[bool, bool]:
    """Besides the technician: is the hotline lead told, are the managers?"""
    return within_a_day >= LEAD_FROM or in_all >= MANAGERS_FROM, in_all >= MANAGERS_FROM
