"""并案: of which ticket this is a duplicate, and what the survivor's clocks would say then."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from tickets.door import DoorRoute, Line, Now, Passage, Session, Typed
from tickets.pages import page
from tickets.phone.forms import ActForm, Brought, attempted
from tickets.project import queries as projects
from tickets.refusals import Invalid, Missing
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.ticket import actions, queries
from tickets.ticket.models import Ticket
from tickets.ticket.queries import Effect
from tickets.ticket.rules import FAULTS, Severity
from tickets.ticket.web.act import read_form
from tickets.words import say

router = APIRouter(route_class=DoorRoute)

Merger = Annotated[Who, needs(Verb.TICKET_MERGE)]


class MergeForm(ActForm):
    into: Line
    reason: Passage | None = None


@dataclass(frozen=True)
class Preview:
    survivor: Ticket
    effects: list[Effect]


@router.get("/tickets/{ref}/duplicate_of")
async def show(
    request: Request,
    ref: str,
    who: Merger,
    session: Session,
    now: Now,
    into: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Candidates; with `into` what merging would do, before one confirms it."""
    return await _shown(request, who, session, now, ref, into.strip())


@router.post("/tickets/{ref}/duplicate_of")
async def merge(request: Request, ref: str, who: Merger, session: Session, now: Now) -> Response:
    """Goes on to the survivor."""

    async def do(form: MergeForm, read: Brought[MergeForm]) -> None:
        try:
            survivor = await actions.merge(
                session, who, ref, into=form.into, reason=form.reason, now=now
            )
        except Missing as missing:
            raise Invalid("into", missing.sentence, **missing.places) from None
        except Invalid as wrong:
            field = "into" if wrong.field == "ref" else wrong.field
            raise Invalid(field, wrong.sentence, **wrong.places) from None
        read.next = f"/tickets/{survivor.ref}"

    read = await read_form(request, who, session, ref, MergeForm)
    if done := await attempted(session, who, read, do):
        return done
    into = str(read.typed.values.get("into", ""))
    return await _shown(request, who, session, now, ref, into, status=read.status, typed=read.typed)


async def _shown(
    request: Request,
    who: Who,
    session: Session,
    now: datetime,
    ref: str,
    into: str,
    *,
    status: int = 200,
    typed: Typed[Any] | None = None,
) -> Response:
    ticket = await queries.find(session, who, ref, Verb.TICKET_MERGE)
    preview = wrong = None
    if into:
        try:
            preview = await _preview(session, who, ticket, into, now)
        except Missing as missing:
            wrong = say(who.locale, missing.sentence, **missing.places)
    return page(
        request,
        "ticket/duplicate_of.html",
        status=status,
        ticket=ticket,
        project=await projects.find_by_id(session, who, ticket.project_id),
        candidates=await queries.candidates(session, who, ticket),
        preview=preview,
        needs_reason=preview is not None
        and Severity.S1 in (ticket.severity, preview.survivor.severity),
        into=into,
        wrong=wrong,
        typed=typed,
        fresh_key=uuid4,
        faults=FAULTS,
    )


async def _preview(
    session: Session, who: Who, ticket: Ticket, into: str, now: datetime
) -> Preview | None:
    """None where there is nothing to show: itself, or one that is no ticket of the same place."""
    survivor = await queries.find(session, who, into, Verb.TICKET_MERGE)
    if survivor.id == ticket.id or survivor.project_id != ticket.project_id:
        return Preview(survivor, [])
    if not (ticket.is_open and survivor.is_open):
        return Preview(survivor, [])
    return Preview(survivor, list(await queries.merge_effects(session, ticket, survivor, now)))
