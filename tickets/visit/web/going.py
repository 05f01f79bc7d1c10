"""Around a visit, as forms: on the way, handed back, an appointment, a signature."""

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tickets.door import DoorRoute, Line, Now, Passage, Session
from tickets.phone.forms import ActForm, Brought, instant_typed
from tickets.refusals import Invalid
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.ticket import actions as ticket_actions
from tickets.visit import actions
from tickets.visit.web.tried import tried

router = APIRouter(route_class=DoorRoute)


class DepartureForm(ActForm):
    expected_at: Line | None = None
    note: Passage | None = None


class HandBackForm(ActForm):
    reason: Literal["skill", "parts", "away", "unsafe", "wrong", "other"]
    note: Passage | None = None


class AppointmentForm(ActForm):
    for_at: Line
    note: Passage | None = None


class SignatureForm(ActForm):
    name: Line
    signed_for: Literal["visit", "repair"] = "repair"


@router.post("/tickets/{ref}/departure")
async def depart(
    request: Request,
    ref: str,
    who: Annotated[Who, needs(Verb.TICKET_ARRIVE)],
    session: Session,
    now: Now,
) -> Response:
    async def do(form: DepartureForm, read: Brought[DepartureForm]) -> None:
        expected_at = instant_typed(form.expected_at, read.zone, now, field="expected_at")
        await actions.depart(
            session,
            who,
            ref,
            expected_at=expected_at,
            note=form.note,
            at=read.at,
            now=now,
            key=form.key,
            photos=read.photos,
        )

    return await tried(request, who, session, now, ref, "departure", DepartureForm, do)


@router.post("/tickets/{ref}/handback")
async def hand_back(
    request: Request,
    ref: str,
    who: Annotated[Who, needs(Verb.TICKET_HAND_BACK)],
    session: Session,
    now: Now,
) -> Response:
    async def do(form: HandBackForm, read: Brought[HandBackForm]) -> None:
        await ticket_actions.hand_back(
            session,
            who,
            ref,
            reason=form.reason,
            note=form.note,
            at=read.at,
            now=now,
            key=form.key,
            photos=read.photos,
        )

    return await tried(request, who, session, now, ref, "handback", HandBackForm, do)


@router.post("/tickets/{ref}/appointment")
async def appoint(
    request: Request,
    ref: str,
    who: Annotated[Who, needs(Verb.TICKET_ANSWER)],
    session: Session,
    now: Now,
) -> Response:
    async def do(form: AppointmentForm, read: Brought[AppointmentForm]) -> None:
        for_at = instant_typed(form.for_at, read.zone, now, field="for_at")
        assert for_at is not None
        await actions.appoint(
            session,
            who,
            ref,
            for_at=for_at,
            note=form.note,
            at=read.at,
            now=now,
            key=form.key,
            photos=read.photos,
        )

    return await tried(request, who, session, now, ref, "appointment", AppointmentForm, do)


@router.post("/tickets/{ref}/signature")
async def sign(
    request: Request,
    ref: str,
    who: Annotated[Who, needs(Verb.TICKET_REPAIR)],
    session: Session,
    now: Now,
) -> Response:
    """Without JavaScript it is a photo of a signature on paper; the last picture counts."""

    async def do(form: SignatureForm, read: Brought[SignatureForm]) -> None:
        if not read.photos:
            raise Invalid(
                "photos", "The signature is needed: drawn here, or photographed on paper."
            )
        await actions.sign(
            session,
            who,
            ref,
            name=form.name,
            signature=read.photos[-1],
            signed_for=form.signed_for,
            at=read.at,
            now=now,
            key=form.key,
        )

    return await tried(request, who, session, now, ref, "signature", SignatureForm, do)
