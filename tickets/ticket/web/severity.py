"""改级: the effect of each other severity is shown first; nothing is written until it is asked."""

from datetime import datetime
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import Field

from tickets.door import DoorRoute, Now, Passage, Session, Typed
from tickets.pages import page
from tickets.phone.forms import ActForm, Brought, attempted
from tickets.project import queries as projects
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.ticket import actions, queries
from tickets.ticket.rules import FAULTS, OPEN_STATUSES, SEVERITY_LABELS, Severity, Status
from tickets.ticket.web.act import alone, read_form

router = APIRouter(route_class=DoorRoute)

Grader = Annotated[Who, needs(Verb.TICKET_GRADE)]


class SeverityForm(ActForm):
    severity: Severity
    reason: Passage
    version: Annotated[int, Field(ge=0, lt=2**31)] | None = None


@router.get("/tickets/{ref}/severity")
async def show(request: Request, ref: str, who: Grader, session: Session, now: Now) -> Response:
    """What would be due when, and what would be late now, for each other severity."""
    return await _shown(request, who, session, now, ref)


@router.post("/tickets/{ref}/severity")
async def change(request: Request, ref: str, who: Grader, session: Session, now: Now) -> Response:
    async def do(form: SeverityForm, read: Brought[SeverityForm]) -> None:
        await actions.change_severity(
            session,
            who,
            ref,
            severity=form.severity,
            reason=form.reason,
            version=form.version,
            at=read.at,
            now=now,
            key=form.key,
            photos=tuple(read.photos),
        )

    read = await read_form(request, who, session, ref, SeverityForm)
    if done := await attempted(session, who, read, do):
        return done
    if read.next.startswith("/round"):
        return await alone(request, who, session, ref, "severity", read)
    return await _shown(request, who, session, now, ref, status=read.status, typed=read.typed)


async def _shown(
    request: Request,
    who: Who,
    session: Session,
    now: datetime,
    ref: str,
    *,
    status: int = 200,
    typed: Typed[Any] | None = None,
) -> Response:
    ticket = await queries.find(session, who, ref, Verb.TICKET_GRADE)
    may = ticket.status in OPEN_STATUSES and ticket.status != Status.REPAIRED
    return page(
        request,
        "ticket/severity.html",
        status=status,
        ticket=ticket,
        project=await projects.find_by_id(session, who, ticket.project_id),
        effects=await queries.severity_effects(session, ticket, now) if may else {},
        typed=typed,
        fresh_key=uuid4,
        faults=FAULTS,
        severities=SEVERITY_LABELS,
    )
