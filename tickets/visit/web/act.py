"""On site and made safe, as forms posted from the ticket's page and from the phone alike."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import Field

from tickets.door import DoorRoute, Line, Now, Passage, Session
from tickets.phone.forms import ActForm, Brought
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.visit import actions
from tickets.visit.rules import Stood
from tickets.visit.web.tried import tried

router = APIRouter(route_class=DoorRoute)


class ArrivalForm(ActForm):
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] | None = None
    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)] | None = None
    accuracy_m: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)] | None = None


class MadeSafeForm(ActForm):
    note: Passage
    isolated: Line | None = None
    isolated_by: Line | None = None


@router.post("/tickets/{ref}/arrival")
async def arrive(
    request: Request,
    ref: str,
    who: Annotated[Who, needs(Verb.TICKET_ARRIVE)],
    session: Session,
    now: Now,
) -> Response:
    async def do(form: ArrivalForm, read: Brought[ArrivalForm]) -> None:
        stood = None
        if form.lat is not None and form.lon is not None:
            stood = Stood(form.lat, form.lon, form.accuracy_m)
        await actions.arrive(
            session,
            who,
            ref,
            now=now,
            at=read.at,
            key=form.key,
            position=stood,
            photos=read.photos,
        )

    return await tried(request, who, session, now, ref, "arrival", ArrivalForm, do)


@router.post("/tickets/{ref}/made_safe")
async def make_safe(
    request: Request,
    ref: str,
    who: Annotated[Who, needs(Verb.TICKET_MAKE_SAFE)],
    session: Session,
    now: Now,
) -> Response:
    async def do(form: MadeSafeForm, read: Brought[MadeSafeForm]) -> None:
        await actions.make_safe(
            session,
            who,
            ref,
            note=form.note,
            isolated=form.isolated,
            isolated_by=form.isolated_by,
            now=now,
            at=read.at,
            key=form.key,
            photos=read.photos,
        )

    return await tried(request, who, session, now, ref, "made_safe", MadeSafeForm, do)
