"""A manager's word on a pause, from his own page or the ticket's: accepted or rejected."""

from datetime import datetime
from typing import Annotated, TypeVar

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import Field

from tickets.door import DoorRoute, Now, Passage, Session
from tickets.phone.forms import ActForm, Brought, Do, attempted, brought
from tickets.project import queries as projects
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.ticket import actions, queries
from tickets.ticket.web.page import shown

router = APIRouter(route_class=DoorRoute)

F = TypeVar("F", bound=ActForm)
Reviewer = Annotated[Who, needs(Verb.PAUSE_REVIEW)]


class AcceptanceForm(ActForm):
    pause: Annotated[int, Field(ge=1, lt=2**63)]
    reason: Passage | None = None


class RejectionForm(AcceptanceForm):
    reason: Passage


@router.post("/tickets/{ref}/pause_acceptance")
async def accept_pause(
    request: Request, ref: str, who: Reviewer, session: Session, now: Now
) -> Response:
    async def do(form: AcceptanceForm, read: Brought[AcceptanceForm]) -> None:
        await actions.accept_pause(session, who, form.pause, reason=form.reason, now=now)

    return await _act(request, who, session, now, ref, "pause_acceptance", AcceptanceForm, do)


@router.post("/tickets/{ref}/pause_rejection")
async def reject_pause(
    request: Request, ref: str, who: Reviewer, session: Session, now: Now
) -> Response:
    async def do(form: RejectionForm, read: Brought[RejectionForm]) -> None:
        await actions.reject_pause(session, who, form.pause, reason=form.reason, now=now)

    return await _act(request, who, session, now, ref, "pause_rejection", RejectionForm, do)


async def _act(
    request: Request,
    who: Who,
    session: Session,
    now: datetime,
    ref: str,
    name: str,
    form: type[F],
    do: Do[F],
) -> Response:
    ticket = await queries.find(session, who, ref)
    project = await projects.find_by_id(session, who, ticket.project_id)
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
    return await shown(
        request, who, session, now, ref, status=read.status, act=name, typed=read.typed
    )
