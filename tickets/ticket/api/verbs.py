"""What other programs do with a ticket: assign, answer, decide, call back, close, cancel, note."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

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
from tickets.ticket import actions, queries
from tickets.ticket.rules import Main

router = APIRouter(prefix="/tickets", tags=["tickets"], route_class=DoorRoute, responses=PROBLEMS)


class AssignmentIn(Strict):
    technician: Line | int
    version: int | None = None


class ResponseIn(ActIn):
    note: Passage | None = None
    technician: Line | int | None = None
    expected_at: Instant | None = None


class CallBackIn(ActIn):
    """`contact`: which of the callers was asked, where merged tickets brought several."""

    outcome: Annotated[str, Field(pattern="^(works|does_not|not_reached)$")]
    rating: Annotated[int, Field(ge=1, le=5)] | None = None
    note: Passage | None = None
    contact: Annotated[int, Field(ge=1, lt=2**31)] | None = None


class ClosureIn(ActIn):
    confirmed_by: Line | None = None
    outcome: Annotated[str, Field(pattern="^(done|out_of_scope)$")] | None = None
    told: Passage | None = None


class CancellationIn(ActIn):
    reason: Passage


class MainIn(Strict):
    main_equipment: Main
    version: int | None = None


class NoteIn(Strict):
    text: Passage
    photos: Annotated[list[UUID], Field(max_length=50)] = []


@router.post("/{ref}/assignment")
async def assign(
    who: Annotated[Who, needs(Verb.TICKET_ASSIGN)],
    session: Session,
    now: Now,
    ref: str,
    given: AssignmentIn,
) -> TicketShown:
    ticket = await actions.assign(
        session, who, ref, technician=str(given.technician), now=now, version=given.version
    )
    return await shown(session, ticket, now)


class AcknowledgementIn(Strict):
    """`upto` is the newest alert that was seen: what was called out after it, nobody has heard."""

    upto: Annotated[int, Field(ge=1, lt=2**63)] | None = None


class Heard(BaseModel):
    acknowledged: int  # how many alerts climb no further; 0 where somebody was before


@router.post("/{ref}/acknowledgement")
async def acknowledge(
    who: Annotated[Who, needs(Verb.TICKET_ACKNOWLEDGE)],
    session: Session,
    now: Now,
    ref: str,
    given: AcknowledgementIn = AcknowledgementIn(),  # noqa: B008
) -> Heard:
    """收到: it was heard, and climbs no further. It is no response."""
    ticket = await queries.find(session, who, ref, verb=Verb.TICKET_ACKNOWLEDGE)
    heard = await actions.acknowledge(session, ticket, by_id=who.id, now=now, upto=given.upto)
    return Heard(acknowledged=heard)


@router.post("/{ref}/response")
async def answer(
    who: Annotated[Who, needs(Verb.TICKET_ANSWER)],
    session: Session,
    now: Now,
    ref: str,
    given: ResponseIn = ResponseIn(),  # noqa: B008
    key: ActKey = None,
) -> TicketShown:
    """Somebody of ours has told the reporter who takes care and when he comes."""
    await actions.answer(
        session,
        who,
        ref,
        now=now,
        at=given.at,
        phone_time=given.phone_time,
        note=given.note,
        technician=str(given.technician) if given.technician is not None else None,
        expected_at=given.expected_at,
        key=key,
        photos=tuple(given.photos),
        signature=given.signature,
    )
    return await shown(session, await queries.find(session, who, ref), now)


@router.post("/{ref}/callbacks")
async def call_back(
    who: Annotated[Who, needs(Verb.TICKET_CALL_BACK)],
    session: Session,
    now: Now,
    ref: str,
    given: CallBackIn,
) -> TicketShown:
    await actions.call_back(
        session,
        who,
        ref,
        outcome=given.outcome,
        rating=given.rating,
        note=given.note,
        contact=given.contact,
        at=given.at,
        phone_time=given.phone_time,
        now=now,
        photos=given.photos,
        signature=given.signature,
    )
    return await shown(session, await queries.find(session, who, ref), now)


@router.post("/{ref}/closure")
async def close(
    who: Annotated[Who, needs(Verb.TICKET_CLOSE)],
    session: Session,
    now: Now,
    ref: str,
    given: ClosureIn = ClosureIn(),  # noqa: B008
) -> TicketShown:
    """Needs the owner's word (`confirmed_by`, or a call-back that `works`) or three tries."""
    ticket = await actions.close(
        session,
        who,
        ref,
        now=now,
        at=given.at,
        phone_time=given.phone_time,
        confirmed_by=given.confirmed_by,
        outcome=given.outcome,
        told=given.told,
        photos=given.photos,
        signature=given.signature,
    )
    return await shown(session, ticket, now)


@router.post("/{ref}/cancellation")
async def cancel(
    who: Annotated[Who, needs(Verb.TICKET_CANCEL)],
    session: Session,
    now: Now,
    ref: str,
    given: CancellationIn,
) -> TicketShown:
    ticket = await actions.cancel(
        session,
        who,
        ref,
        reason=given.reason,
        now=now,
        at=given.at,
        phone_time=given.phone_time,
        photos=given.photos,
        signature=given.signature,
    )
    return await shown(session, ticket, now)


@router.post("/{ref}/main_equipment")
async def decide_main(
    who: Annotated[Who, needs(Verb.TICKET_ANSWER)],
    session: Session,
    now: Now,
    ref: str,
    given: MainIn,
) -> TicketShown:
    """Say whether main equipment is out; `unknown` counts as yes once the repair is late."""
    ticket = await actions.decide_main(
        session, who, ref, main=given.main_equipment, now=now, version=given.version
    )
    return await shown(session, ticket, now)


@router.post("/{ref}/notes", status_code=201)
async def note(
    who: Annotated[Who, needs(Verb.TICKET_NOTE)],
    session: Session,
    now: Now,
    ref: str,
    given: NoteIn,
    key: ActKey = None,
) -> TicketShown:
    ticket = await actions.note(
        session, who, ref, text=given.text, now=now, photos=tuple(given.photos), key=key
    )
    return await shown(session, ticket, now)
