"""What may be done with a duty or an absence."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from tickets.refusals import Invalid, Refused
from tickets.rota.rules.turns import DAY, Away, Shift, days_away
from tickets.words import N_

LONGEST: Final = timedelta(days=60)  # a duty by hand
FURTHEST: Final = timedelta(days=366)  # how far ahead one gives a duty or is away


class AbsenceReason(StrEnum):
    LEAVE = "leave"
    HOLIDAY = "holiday"
    TRAINING = "training"
    SICK = "sick"
    OTHER = "other"


REASON_LABELS: Final[dict[AbsenceReason, str]] = {
    AbsenceReason.LEAVE: N_("leave"),
    AbsenceReason.HOLIDAY: N_("holiday"),
    AbsenceReason.TRAINING: N_("training"),
    AbsenceReason.SICK: N_("sick"),
    AbsenceReason.OTHER: N_("other reason"),
}


def is_away(absences: Iterable[Away], shift: Shift, timezone: str) -> bool:
    """At any instant of it."""
    spans = (days_away(a, timezone) for a in absences if a.person_id == shift.person_id)
    return any(s.from_at < shift.to_at and s.to_at > shift.from_at for s in spans)


def check_takes(
    shift: Shift, name: str, *, members: Iterable[int], absences: Iterable[Away], timezone: str
) -> None:
    """May this person be on duty then?"""
    if shift.person_id not in members:
        raise Refused(N_("{name} is not in this group."), name=name)
    if is_away(absences, shift, timezone):
        raise Refused(N_("{name} is away then."), name=name)


def check_swap(first: Shift, second: Shift, now: datetime) -> None:
    if first.person_id == second.person_id:
        raise Refused(N_("Both duties are the same person's."))
    if first.from_at <= now or second.from_at <= now:
        raise Refused(N_("A duty that has begun cannot be swapped; give the rest of it by hand."))


def check_given(from_at: datetime, to_at: datetime, now: datetime) -> datetime:
    """When it begins: what is past of it cannot be given any more."""
    if to_at <= from_at:
        raise Invalid("to_at", N_("The end must come after the beginning."))
    if to_at <= now:
        raise Invalid("to_at", N_("That is past; a duty can be given only from now on."))
    if to_at - from_at > LONGEST:
        raise Invalid("to_at", N_("A duty by hand lasts 60 days at most."))
    if from_at > now + FURTHEST:
        raise Invalid("from_at", N_("That is more than a year ahead."))
    return max(from_at, now)


def check_absence(from_on: date, to_on: date, today: date) -> None:
    if to_on < from_on:
        raise Invalid("to_on", N_("The last day must not come before the first."))
    if to_on < today:
        raise Invalid("to_on", N_("These days are over."))
    if from_on < today - FURTHEST or to_on > today + 2 * FURTHEST:
        raise Invalid("from_on", N_("That is more than a year away."))


def ended(from_on: date, to_on: date, back_on: date, today: date) -> date:
    """The last day of an absence that ends early; the day before the first: it never began."""
    if to_on < today:
        raise Refused(N_("This absence is over already."))
    if back_on < today:
        raise Invalid("back_on", N_("Who was away stays away: choose today or a later day."))
    return max(min(to_on, back_on - DAY), from_on - DAY)
