"""Around a visit, as JSON: on the way, handed back, an appointment, a signature."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from tickets.desk.queries.ticket import TicketShown, shown
from tickets.door import (
    PROBLEMS,
    ActIn,
    ActKey,
    DoorRoute,
    Instant,
    Line,
    Now,
    Passage,
    Session,
    Strict,
)
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.ticket import actions as ticket_actions
from tickets.visit import actions

router = APIRouter(prefix="/tickets", route_class=DoorRoute, responses=PROBLEMS, tags=["visit"])


class GoingIn(Strict):
    """What each of these acts may carry, as the others do; none has a signature of its own."""

    at: Instant | None = None
    phone_time: Instant | None = None
    photos: Annotated[list[UUID], Field(max_length=50)] = []


class DepartureIn(GoingIn):
    expected_at: Instant | None = None
    note: Passage | None = None


class HandBackIn(GoingIn):
    """`note` is needed for `other`, and welcome with every reason."""

    reason: Literal["skill", "parts", "away", "unsafe", "wrong", "other"]
    note: Passage | None = None


class AppointmentIn(GoingIn):
    for_at: Instant
    note: Passage | None = None


class SignatureIn(ActIn):
    """`signature` is the id of an uploaded picture, `name` who of the owner's people signed."""

    photos: Annotated[list[UUID], Field(max_length=0)] = []
    name: Line
    signature: UUID
    signed_for: Literal["visit", "repair"] = "repair"


@router.post("/{ref}/departure")
async def depart(
    ref: str,
    who: Annotated[Who, needs(Verb.TICKET_ARRIVE)],
    session: Session,
    now: Now,
    given: DepartureIn = DepartureIn(),  # noqa: B008
    key: ActKey = None,
) -> TicketShown:
    """Somebody of ours is on his way; no promise is judged by it."""
    ticket = await actions.depart(session, who, ref, **given.model_dump(), now=now, key=key)
    return await shown(session, ticket, now)


@router.post("/{ref}/handback")
async def hand_back(
    ref: str,
    who: Annotated[Who, needs(Verb.TICKET_HAND_BACK)],
    session: Session,
    now: Now,
    given: HandBackIn,
    key: ActKey = None,
) -> TicketShown:
    """退单: one's own ticket goes back to the desk; 409 where it is another's, or nobody's."""
    ticket = await ticket_actions.hand_back(
        session, who, ref, **given.model_dump(), now=now, key=key
    )
    return await shown(session, ticket, now)


@router.post("/{ref}/appointment")
async def appoint(
    ref: str,
    who: Annotated[Who, needs(Verb.TICKET_ANSWER)],
    session: Session,
    now: Now,
    given: AppointmentIn,
    key: ActKey = None,
) -> TicketShown:
    """Agreed with the owner for an instant; supersedes the one before."""
    ticket = await actions.appoint(session, who, ref, **given.model_dump(), now=now, key=key)
    return await shown(session, ticket, now)


@router.post("/{ref}/signature")
async def sign(
    ref: str,
    who: Annotated[Who, needs(Verb.TICKET_REPAIR)],
    session: Session,
    now: Now,
    given: SignatureIn,
    key: ActKey = None,
) -> TicketShown:
    """Somebody of the owner's signed on the phone."""
    fields = given.model_dump(exclude={"photos"})
    ticket = await actions.sign(session, who, ref, **fields, now=now, key=key)
    return await shown(session, ticket, now)
