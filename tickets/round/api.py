"""What the phone asks for: as whom it is signed in, what it takes along, what its acts came to."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request
from pydantic import BaseModel

from tickets.door import PROBLEMS, DoorRoute, Now, RoomRouter, Session
from tickets.round import queries
from tickets.round.queries import CheckPage, Packed, Verdict
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs

router = RoomRouter("/api/", route_class=DoorRoute, responses=PROBLEMS, tags=["round"])

Technician = Annotated[Who, needs(Verb.ROUND_SEE)]


class MeOut(BaseModel):
    """`csrf` proves a page of ours; empty for a token, which needs none."""

    person: int
    name: str
    csrf: str
    now: datetime


class PackOut(MeOut):
    """`pages` are to be kept besides those of the tickets and of the inspections (`checks`)."""

    pages: list[str]
    tickets: list[Packed]
    checks: list[CheckPage]


class VerdictsOut(BaseModel):
    items: list[Verdict]


def _csrf(request: Request) -> str:
    return str(getattr(request.state, "csrf", ""))


@router.get("/round/me")
async def me(request: Request, who: Technician, now: Now) -> MeOut:
    """Who is signed in here, and what time it is."""
    return MeOut(person=who.id, name=who.name, csrf=_csrf(request), now=now)


@router.get("/round/pack")
async def pack(request: Request, who: Technician, session: Session, now: Now) -> PackOut:
    """Everything for the next 24 hours: a ticket whose `stamp` has not changed need not be
    fetched anew."""
    return PackOut(
        person=who.id,
        name=who.name,
        csrf=_csrf(request),
        now=now,
        pages=["/round", "/round/queue", "/round/scan", "/round/phone", "/round/offline"],
        tickets=list(await queries.pack_of(session, who, now)),
        checks=list(await queries.checks_of(session, who, now)),
    )


@router.get("/round/verdicts")
async def verdicts(
    who: Technician,
    session: Session,
    key: Annotated[list[UUID], Query(max_length=100)],
) -> VerdictsOut:
    """From which instant one's own acts count, by the keys they were sent with; an act that is
    not known here is left out."""
    return VerdictsOut(items=list(await queries.verdicts_of(session, who, key)))
