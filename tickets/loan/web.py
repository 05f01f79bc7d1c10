"""The forms that settle a substitution, posted from the ticket's page and from the phone."""

from datetime import datetime
from typing import Annotated, TypeVar

from fastapi import Request
from fastapi.responses import Response

from tickets.door import DoorRoute, Line, Now, Passage, RoomRouter, Session
from tickets.loan import actions
from tickets.pages import page
from tickets.phone.forms import ActForm, Brought, Do, attempted, brought
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.ticket.rules import FAULTS
from tickets.visit import queries as visits

router = RoomRouter("/tickets", route_class=DoorRoute)

F = TypeVar("F", bound=ActForm)
Settler = Annotated[Who, needs(Verb.SUBSTITUTION_SETTLE)]


class MeasureForm(ActForm):
    description: Passage


class RefusalForm(ActForm):
    by: Line
    note: Passage | None = None


@router.post("/tickets/{ref}/measures")
async def record_measure(
    request: Request, ref: str, who: Settler, session: Session, now: Now
) -> Response:
    async def do(form: MeasureForm, read: Brought[MeasureForm]) -> None:
        await actions.record_measure(
            session,
            who,
            ref,
            description=form.description,
            now=now,
            at=read.at,
            key=form.key,
            photos=read.photos,
        )

    return await _act(request, who, session, now, ref, "measure", MeasureForm, do)


@router.post("/tickets/{ref}/substitution_declined")
async def record_refusal(
    request: Request, ref: str, who: Settler, session: Session, now: Now
) -> Response:
    async def do(form: RefusalForm, read: Brought[RefusalForm]) -> None:
        await actions.record_refusal(
            session,
            who,
            ref,
            by=form.by,
            note=form.note,
            now=now,
            at=read.at,
            key=form.key,
            photos=read.photos,
        )

    return await _act(request, who, session, now, ref, "declined", RefusalForm, do)


async def _act(
    request: Request,
    who: Who,
    session: Session,
    now: datetime,
    ref: str,
    act: str,
    form: type[F],
    do: Do[F],
) -> Response:
    ticket, project = await visits.subject(session, who, ref)
    read = await brought(
        request,
        session,
        who,
        form,
        zone=project.timezone,
        reported_at=ticket.reported_at,
        otherwise=f"/tickets/{ref}",
    )
    if done := await attempted(session, who, read, do):
        return done
    ticket, project = await visits.subject(session, who, ref)
    return page(
        request,
        "loan/act.html",
        status=read.status,
        act=act,
        typed=read.typed,
        next=read.next,
        ticket=ticket,
        project=project,
        zone=project.timezone,
        faults=FAULTS,
    )
