"""Whose turn it is: the order of a group, its days and weeks, its handover hour, who is away."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from tickets.refusals import Invalid
from tickets.words import N_

DAY: Final = timedelta(days=1)


class Turn(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"


TURN_LABELS: Final[dict[Turn, str]] = {Turn.DAILY: N_("every day"), Turn.WEEKLY: N_("every week")}


@dataclass(frozen=True)
class Plan:
    """`order` are ids of people; the first has the turn that begins on `begins_on`."""

    turn: Turn
    order: tuple[int, ...]
    begins_on: date
    handover: time = time(8)
    timezone: str = "Asia/Shanghai"


@dataclass(frozen=True)
class Away:
    """Whole local days, the last included."""

    person_id: int
    from_on: date
    to_on: date


@dataclass(frozen=True)
class Span:
    from_at: datetime
    to_at: datetime


@dataclass(frozen=True)
class Shift(Span):
    person_id: int


def instant_of(day: date, hour: time, timezone: str) -> datetime:
    """A local hour in UTC; one that the change of the clock leaves out is the hour after."""
    return datetime.combine(day, hour, ZoneInfo(timezone)).astimezone(UTC)


def local_day(at: datetime, timezone: str) -> date:
    return at.astimezone(ZoneInfo(timezone)).date()


def duty_day(plan: Plan, at: datetime) -> date:
    """The day whose turn covers the instant: before the handover it is still yesterday's."""
    day = local_day(at, plan.timezone)
    return day - DAY if at < instant_of(day, plan.handover, plan.timezone) else day


def turn_no(plan: Plan, day: date) -> int:
    days = (day - plan.begins_on).days
    return days if plan.turn is Turn.DAILY else days // 7


def whose_turn(
    plan: Plan, day: date, *, away: Collection[int] = (), gone: Collection[int] = ()
) -> int | None:
    """The turn that begins on `day`; who is away gives it to the next in order who is there.
    None before the plan begins, or with nobody there."""
    if day < plan.begins_on or not plan.order:
        return None
    first = turn_no(plan, day) % len(plan.order)
    for person_id in plan.order[first:] + plan.order[:first]:
        if person_id not in away and person_id not in gone:
            return person_id
    return None


def away_on(absences: Iterable[Away], day: date) -> frozenset[int]:
    return frozenset(a.person_id for a in absences if a.from_on <= day <= a.to_on)


def turns(
    plan: Plan,
    absences: Sequence[Away],
    first: date,
    last: date,
    *,
    gone: Collection[int] = (),
) -> list[Shift]:
    """Who is on duty from the handover of `first` to the one after `last`.

    A turn passes midnight: whoever is away on the second day hands over at midnight. Where
    nobody is there, there is nothing: a gap. Neighbours of one person are joined.
    """
    return joined(_pieces(plan, absences, first, last, frozenset(gone)))


def _pieces(
    plan: Plan, absences: Sequence[Away], first: date, last: date, gone: frozenset[int]
) -> Iterator[Shift]:
    day = max(first, plan.begins_on)
    while day <= last:
        begins = instant_of(day, plan.handover, plan.timezone)
        midnight = instant_of(day + DAY, time(0), plan.timezone)
        ends = instant_of(day + DAY, plan.handover, plan.timezone)
        for from_at, to_at, of in ((begins, midnight, day), (midnight, ends, day + DAY)):
            person_id = whose_turn(plan, day, away=away_on(absences, of), gone=gone)
            if person_id is not None and from_at < to_at:
                yield Shift(from_at, to_at, person_id)
        day += DAY


def joined(shifts: Iterable[Shift]) -> list[Shift]:
    whole: list[Shift] = []
    for shift in shifts:
        if whole and whole[-1].person_id == shift.person_id and whole[-1].to_at == shift.from_at:
            whole[-1] = replace(whole[-1], to_at=shift.to_at)
        else:
            whole.append(shift)
    return whole


def without(shifts: Iterable[Shift], taken: Sequence[Span]) -> list[Shift]:
    """What is left of them outside the spans."""
    left = list(shifts)
    for span in taken:
        cut: list[Shift] = []
        for shift in left:
            if shift.to_at <= span.from_at or shift.from_at >= span.to_at:
                cut.append(shift)
                continue
            if shift.from_at < span.from_at:
                cut.append(replace(shift, to_at=span.from_at))
            if shift.to_at > span.to_at:
                cut.append(replace(shift, from_at=span.to_at))
        left = cut
    return left


def within(shifts: Iterable[Shift], from_at: datetime, to_at: datetime) -> list[Shift]:
    return [
        replace(s, from_at=max(s.from_at, from_at), to_at=min(s.to_at, to_at))
        for s in shifts
        if s.from_at < to_at and s.to_at > from_at
    ]


def days_away(away: Away, timezone: str) -> Span:
    """An absence as instants."""
    return Span(
        instant_of(away.from_on, time(0), timezone),
        instant_of(away.to_on + DAY, time(0), timezone),
    )


def on_duty(shifts: Iterable[Shift], at: datetime) -> int | None:
    return next((s.person_id for s in shifts if s.from_at <= at < s.to_at), None)


def next_on(shifts: Iterable[Shift], at: datetime, besides: Collection[int]) -> int | None:
    """Who begins next after the instant, somebody else."""
    ahead = sorted((s for s in shifts if s.from_at > at), key=lambda s: s.from_at)
    return next((s.person_id for s in ahead if s.person_id not in besides), None)


def gaps(shifts: Iterable[Span], from_at: datetime, to_at: datetime) -> list[Span]:
    """When nobody is on duty."""
    open_: list[Span] = []
    at = from_at
    for shift in sorted(shifts, key=lambda s: s.from_at):
        if shift.to_at <= at:
            continue
        if shift.from_at >= to_at:
            break
        if shift.from_at > at:
            open_.append(Span(at, shift.from_at))
        at = shift.to_at
    if at < to_at:
        open_.append(Span(at, to_at))
    return open_


def shared(spans: Iterable[Span], others: Sequence[Span]) -> list[Span]:
    """The parts of the ones that lie in the others."""
    return [
        Span(max(span.from_at, other.from_at), min(span.to_at, other.to_at))
        for span in spans
        for other in others
        if span.from_at < other.to_at and other.from_at < span.to_at
    ]


def check_plan(plan: Plan, members: Collection[int]) -> None:
    if not plan.order:
        raise Invalid("order", N_("Name at least one person who takes a turn."))
    if len(set(plan.order)) != len(plan.order):
        raise Invalid("order", N_("Nobody takes two turns in one round."))
    if not set(plan.order) <= set(members):
        raise Invalid("order", N_("Only members of the group take turns."))
