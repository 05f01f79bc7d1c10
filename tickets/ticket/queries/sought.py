"""Finding by words in the order of the lists: soonest due first, a page at a time.

What is open is a tenth of everything and stands first in the list, so it has indexes of its own:
most searches end there. Only where that is no full page, everything is asked
(docs/decisions/0004).
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Row,
    ScalarSelect,
    Select,
    Text,
    TextClause,
    any_,
    bindparam,
    case,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.db import fixed
from tickets.grams import digits, fold, wanted
from tickets.project.models import Contact
from tickets.refusals import Invalid
from tickets.staff.rules import Scope, Verb, Who
from tickets.ticket.models import Ticket
from tickets.ticket.queries.seen import visible_in
from tickets.ticket.rules import NOTHING_BREAKS

# Said as the indexes of what is open say it: `IS true` would not be recognized.
OPEN = Ticket.__table__.c.is_open


@dataclass(frozen=True, eq=False)
class Asked:
    """A list as it is asked for: what its rows show, and which tickets are in it. The same object
    each time the same is asked; what differs is left open."""

    shown: Select[*tuple[Any, ...]]
    where: Sequence[ColumnElement[bool]]
    head: ScalarSelect[Any] | None = None  # told besides, in a last column of the first row alone


@dataclass(frozen=True)
class _Way:
    """How a list is narrowed and cut; each way is put into words once."""

    most: int
    is_further: bool = False  # behind a cursor
    is_ref: bool = False  # nothing to slice: only a whole number can be meant
    is_worded: bool = False
    is_among_open: bool = False  # of what is open, as far as promises are left to break
    callers: Scope | None = None  # where one may know who called; None for nowhere
    is_number: bool = False


async def nearest(
    session: AsyncSession,
    asked: Asked,
    who: Who,
    *,
    values: Mapping[str, Any],
    q: str | None,
    is_open: bool | None,
    cursor: str | None,
    most: int,
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The first `most` rows behind the cursor that hold the words of `q`; `values` fill what
    `asked` leaves open."""
    way = _Way(most)
    given = dict(values)
    if cursor:  # an empty one is none
        way = replace(way, is_further=True)
        given["after_at"], given["after_id"] = key_of(cursor)
    text = (q or "")[:200]
    slices = wanted(text) if text else []
    if slices:
        way = _worded(way, who, text)
        given["slices"] = slices
        if way.is_number:
            given["number"] = f"%{digits(text)}%"
    elif text:
        way = replace(way, is_ref=True)
        given["ref"] = text

    async def rows(way: _Way) -> Sequence[Row[*tuple[Any, ...]]]:
        return (await session.execute(_in_words(asked, way), given)).all()

    is_past_open = bool(cursor) and given["after_at"] >= NOTHING_BREAKS
    if slices and not is_open and not is_past_open:
        first = await rows(replace(way, is_among_open=True))
        if len(first) == most:
            return first
    return await rows(way)


def _worded(way: _Way, who: Who, text: str) -> _Way:
    """The people the words may name; a bare number is looked for as it is."""
    number = digits(text)
    way = replace(way, is_worded=True)
    if not who.may(Verb.CALLER_READ) or (number and len(number) < 3):
        return way
    is_number = bool(number) and number == fold(text).strip()
    return replace(way, callers=who.scope(Verb.CALLER_READ), is_number=is_number)


@lru_cache(maxsize=500)
def _in_words(asked: Asked, way: _Way) -> TextClause:
    where = list(asked.where)
    key = (Ticket.breaks_at, Ticket.id)
    if way.is_further:
        after = tuple_(
            bindparam("after_at", type_=DateTime(timezone=True)),
            bindparam("after_id", type_=BigInteger()),
        )
        where.append(tuple_(*key) > after)
    if way.is_ref:
        where.append(Ticket.ref == bindparam("ref", type_=Text()))
    shown = asked.shown
    if asked.head is not None:
        is_first = func.row_number().over(order_by=key) == 1
        shown = shown.add_columns(case((is_first, asked.head)))
    elif not way.is_worded:
        return fixed(shown.where(*where).order_by(*key).limit(way.most))
    if way.is_worded:
        where.append(_holds(way))
    if way.is_among_open:
        where += [OPEN, Ticket.breaks_at < NOTHING_BREAKS]
    # Sorted first, by themselves: what a row shows of other tables is asked for a page only.
    few = select(Ticket.id).where(*where).order_by(*key).limit(way.most).subquery()
    return fixed(shown.join(few, few.c.id == Ticket.id).order_by(*key))


def _holds(way: _Way) -> ColumnElement[bool]:
    slices = bindparam("slices", type_=ARRAY(Text()))
    words: ColumnElement[bool] = Ticket.grams.contains(slices)
    if way.callers is None:
        return words
    people = select(Contact.id).where(Contact.grams.contains(slices))
    if way.is_number:
        people = people.where(Contact.digits.like(bindparam("number", type_=Text())))
    # An array, so that words and callers are looked up in two indexes and put together. Only where
    # one may know callers: who calls about other projects is not found out here.
    theirs = Ticket.reporter_id == any_(func.array(people.scalar_subquery()))
    return or_(words, theirs & visible_in(way.callers))


def cursor_of(breaks_at: datetime, ticket_id: int) -> str:
    key = json.dumps([breaks_at.isoformat(), ticket_id])
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def key_of(cursor: str) -> tuple[Any, Any]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        at, ticket_id = json.loads(text)
        if not isinstance(ticket_id, int) or abs(ticket_id) >= 2**63:
            raise ValueError
        instant = datetime.fromisoformat(at)
        if instant.tzinfo is None:
            raise ValueError
        return instant, ticket_id
    except (ValueError, TypeError):
        raise Invalid("cursor", "This cursor is not one of ours.") from None
