"""A page of tickets as other programs see them: each made into JSON once, until it is another."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic_core import to_json
from sqlalchemy import Text, cast, extract, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.desk.queries.ticket import ClockRow, named_by, told_as
from tickets.loan import queries as loans
from tickets.loan.models import Substitution
from tickets.loan.queries import SubstitutionShown
from tickets.loan.rules import SubstitutionState
from tickets.sla.models import Clock
from tickets.sla.rules import PROMISE_ORDER
from tickets.ticket import queries as tickets
from tickets.ticket.models import Ticket
from tickets.ticket.queries import Listed, listing

_LENGTHS = ("target", "paused")
_INSTANTS = (
    *("started_at", "starts_by", "due_at", "met_at", "paused_since", "breached_at"),
    *("owed_at", "settled_at"),
)


def _cell(name: str) -> Any:
    if name in ("owed_at", "settled_at"):
        return Substitution.__table__.c[name]
    if name == "owed":
        return Substitution.state
    column = Clock.__table__.c[name]
    return extract("epoch", column) if name in _LENGTHS else column


# The clocks of each ticket and what they made owed. They come as one text: that it is the same
# again is seen without reading it.
_CLOCKS = (
    select(func.json_agg(func.json_build_array(*map(_cell, ClockRow._fields))))
    .select_from(Clock)
    .outerjoin(
        Substitution,
        (Substitution.ticket_id == Clock.ticket_id) & (Substitution.cycle == Clock.cycle),
    )
    .where(Clock.ticket_id == Ticket.id)
    .correlate(Ticket)
    .scalar_subquery()
)
# What the JSON does not show stays where it is.
_UNSHOWN = {"grams", "reporter_id", "opened_by_id", "key", "external_ref", "confirmed_by", "flags"}
_UNSHOWN |= {"ask_at", "own_terms"}
WHOLE = listing(
    *(column.name for column in Ticket.__table__.c if column.name not in _UNSHOWN),
    besides=cast(func.json_build_array(func.to_json(Ticket.flags), _CLOCKS), Text),
)
_PLACE = {promise.value: place for place, promise in enumerate(PROMISE_ORDER)}
_LAST = datetime.max.replace(tzinfo=UTC)


class _Made(NamedTuple):
    """The JSON of a ticket, and from when until when time changes nothing about it."""

    json: bytes
    since: datetime
    until: datetime


async def shown_listed(
    session: AsyncSession, listed: Sequence[Listed], now: datetime
) -> list[bytes]:
    """A page of `TicketShown`, each as its JSON; a statement only where they name others."""
    refs = await tickets.refs_of(session, named_by(each.ticket for each in listed))
    found = []
    for each in listed:
        names = tuple((id_, refs[id_]) for id_ in named_by([each.ticket])) if refs else ()
        kept = _kept(each, names)
        if not kept or not kept[0].since <= now < kept[0].until:
            kept[:] = [_make(each, dict(names), now)]
        found.append(kept[0].json)
    return found


@lru_cache(maxsize=4000)
def _kept(_each: Listed, _names: tuple[tuple[int, str], ...]) -> list[_Made]:
    """Where the JSON of exactly this is kept, once it is made."""
    return []


def _make(each: Listed, names: Mapping[int, str], now: datetime) -> _Made:
    flags, cells = json.loads(each.besides)
    clocks = sorted(map(_clock, cells or ()), key=_spoken)
    told = told_as(
        each.ticket,
        each.project_code,
        (each.login, each.technician),
        clocks,
        each.assets,
        flags,
        _debt(clocks),
        names,
        now,
    )
    return _Made(to_json(told), now, _next_change(clocks, now))


def _clock(cells: Sequence[Any]) -> ClockRow:
    told = dict(zip(ClockRow._fields, cells, strict=True))
    for name in _LENGTHS:
        told[name] = timedelta(seconds=told[name])
    for name in _INSTANTS:
        if told[name] is not None:
            told[name] = datetime.fromisoformat(told[name])
    return ClockRow(**told)


def _next_change(clocks: Sequence[ClockRow], now: datetime) -> datetime:
    """When a clock starts by itself or is broken next; at once where one is paused, which counts
    on. The very instant is no change yet, so it is told anew."""
    if any(clock.paused_since is not None for clock in clocks):
        return now
    instants = [
        instant
        for c in clocks
        for instant in (c.starts_by, c.due_at, c.starts_by and c.starts_by + c.target)
    ]
    return min((each for each in instants if each is not None and each >= now), default=_LAST)


def _spoken(clock: ClockRow) -> tuple[int, int, int]:
    return clock.cycle, clock.generation, _PLACE[clock.promise]


def _debt(clocks: Sequence[ClockRow]) -> SubstitutionShown:
    """Of the newest cycle that has one."""
    for clock in reversed(clocks):
        if clock.owed is not None:
            return SubstitutionShown(SubstitutionState(clock.owed), clock.owed_at, clock.settled_at)
    return loans.NOT_OWED
