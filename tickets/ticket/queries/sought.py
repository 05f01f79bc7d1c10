"""Finding by words in the order of the lists: soonest due first, a page at a time.

Common words are found among the nearest tickets at once, by walking the list's own index; only
what is rare there is asked of the GIN index (docs/decisions/0004). The planner cannot choose:
it takes the pairs of one word for independent and expects far too few.
"""

import base64
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, or_, select, tuple_, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.grams import digits, fold, wanted
from tickets.project.models import Contact
from tickets.refusals import Invalid
from tickets.staff.rules import Verb, Who
from tickets.ticket.models import Ticket
from tickets.ticket.queries.seen import visible

NEAR = 1500  # tickets looked through in order before the index is asked


async def nearest(
    session: AsyncSession,
    asked: Select[*tuple[Any, ...]],
    who: Who,
    *,
    q: str | None,
    is_open: bool | None,
    cursor: str | None,
    most: int,
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The first `most` rows of `asked` behind the cursor that hold the words of `q`."""
    key = tuple_(Ticket.breaks_at, Ticket.id)
    if cursor:
        asked = asked.where(key > tuple_(*key_of(cursor)))
    asked = asked.limit(most)
    if not q:
        return (await session.execute(asked)).all()
    text = q[:200]
    slices = wanted(text)
    if not slices:
        return (await session.execute(asked.where(Ticket.ref == text))).all()
    callers = _callers(who, text, slices)
    end = await _end_of_the_near(session, is_open, cursor)
    hit: ColumnElement[bool] = Ticket.grams.contains(slices)
    if callers is not None:
        hit = or_(hit, Ticket.reporter_id.in_(callers) & _known(who))
    # IS TRUE keeps the planner from the GIN index: here the list's own order is the quick way.
    near = asked.where(hit.is_(True))
    if end is None:
        return (await session.execute(near)).all()
    found = (await session.execute(near.where(key <= tuple_(*end)))).all()
    if len(found) == most:
        return found
    ids = select(Ticket.id).where(Ticket.grams.contains(slices))
    if callers is not None:
        theirs = select(Ticket.id).where(Ticket.reporter_id.in_(callers), _known(who))
        every = union_all(ids, theirs).subquery()
        ids = select(every.c.id)
    return (await session.execute(asked.where(Ticket.id.in_(ids)))).all()


def _known(who: Who) -> ColumnElement[bool]:
    """Only where one may know callers: who calls about other projects is not found out here."""
    return visible(who, Verb.CALLER_READ)


def _callers(who: Who, text: str, slices: list[str]) -> Select[int] | None:
    """The people the words may name; a bare number is looked for as it is."""
    number = digits(text)
    if not who.may(Verb.CALLER_READ) or (number and len(number) < 3):
        return None
    asked = select(Contact.id).where(Contact.grams.contains(slices))
    if number and number == fold(text).strip():
        asked = asked.where(Contact.digits.contains(number, autoescape=True))
    return asked


async def _end_of_the_near(
    session: AsyncSession, is_open: bool | None, cursor: str | None
) -> tuple[datetime, int] | None:
    """The key up to which one looks first; None when all there is is nearer."""
    asked = (
        select(Ticket.breaks_at, Ticket.id)
        .order_by(Ticket.breaks_at, Ticket.id)
        .offset(NEAR)
        .limit(1)
    )
    if is_open:
        asked = asked.where(Ticket.is_open)
    if cursor:
        asked = asked.where(tuple_(Ticket.breaks_at, Ticket.id) > tuple_(*key_of(cursor)))
    row = (await session.execute(asked)).first()
    return (row[0], row[1]) if row else None


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
