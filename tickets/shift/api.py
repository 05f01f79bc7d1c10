"""Shifts for other programs: the sheets, handing over, taking over."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import Field

from tickets.desk.queries import shift as desk
from tickets.door import PROBLEMS, ActKey, DoorRoute, Line, Now, RoomRouter, Session, Strict
from tickets.shift import actions, queries
from tickets.shift.queries import Sheet
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs

router = RoomRouter(
    "/api/", prefix="/handovers", tags=["handovers"], route_class=DoorRoute, responses=PROBLEMS
)

Hands = Annotated[Who, needs(Verb.SHIFT_HAND_OVER)]
Number = Annotated[int, Path(ge=1, lt=2**31)]
Notes = Annotated[list[Line], Field(max_length=100)]


class HandoverIn(Strict):
    """What is written by hand, a line each; the rest of the sheet is gathered."""

    vehicles: Notes = []
    weather: Notes = []
    parts: Notes = []
    other: Notes = []


@dataclass(frozen=True)
class HandoverOut:
    """`sheet` is what was handed over, as it stood then; in a list its `counts` alone."""

    number: int
    since: datetime | None
    at: datetime
    by: str
    taken_over_at: datetime | None
    taken_over_by: str | None
    sheet: dict[str, Any]


@dataclass(frozen=True)
class HandoverList:
    items: list[HandoverOut]
    next: int | None


def _told(sheet: Sheet) -> HandoverOut:
    return HandoverOut(
        sheet.number,
        sheet.since_at,
        sheet.at,
        sheet.by,
        sheet.taken_over_at,
        sheet.taken_over_by,
        sheet.sheet,
    )


@router.get("")
async def index(
    who: Hands,
    session: Session,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
) -> HandoverList:
    sheets, following = await queries.page(session, who, before=cursor, limit=limit)
    return HandoverList([_told(sheet) for sheet in sheets], following)


@router.post("", status_code=201)
async def hand_over(
    who: Hands, session: Session, now: Now, given: HandoverIn, key: ActKey = None
) -> HandoverOut:
    since = await queries.last_at(session, who)
    sheet = await desk.compose(session, who, since=since, now=now)
    number = await actions.hand_over(
        session,
        who,
        sheet | {"notes": given.model_dump()},
        since_at=since,
        now=now,
        key=key,
    )
    return _told(await queries.one(session, who, number))


@router.get("/{number}")
async def one(who: Hands, session: Session, number: Number) -> HandoverOut:
    return _told(await queries.one(session, who, number))


@router.post("/{number}/takeover", status_code=201)
async def take_over(who: Hands, session: Session, now: Now, number: Number) -> HandoverOut:
    """By somebody else than who handed over, and once."""
    return _told(await actions.take_over(session, who, number, now=now))
