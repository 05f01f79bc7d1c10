"""One ticket: what was promised, what happened, what may be done now."""

from datetime import datetime
from typing import Annotated, Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response

from tickets.desk.queries.dossier import Dossier, dossier
from tickets.door import DoorRoute, Now, Session, Typed
from tickets.loan.rules import SUBSTITUTION_LABELS
from tickets.pages import page
from tickets.project.rules import said_again
from tickets.sla.rules import PAUSE_LABELS
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.ticket import queries
from tickets.ticket.rules import (
    CAUSES,
    CHANNELS,
    FAULTS,
    HAND_BACK_LABELS,
    KIND_LABELS,
    MAIN_LABELS,
    SEVERITY_LABELS,
    Doable,
)
from tickets.visit.rules import (
    MEASURED,
    NEARNESS_LABELS,
    PAYS_LABELS,
    RESULT_LABELS,
    SIGNED_FOR,
    plain,
)
from tickets.words import exact

router = APIRouter(route_class=DoorRoute)

Reader = Annotated[Who, needs(Verb.TICKET_READ)]


def minute(at: datetime, zone: str) -> str:
    """As a datetime-local field wants it."""
    return at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")


# Which form belongs to which thing to do.
FORMS = {
    Doable.ASSIGN: ("assignment",),
    Doable.ANSWER: ("response",),
    Doable.MAKE_SAFE: ("made_safe",),
    Doable.ARRIVE: ("arrival",),
    Doable.REPAIR: ("repair",),
    Doable.CALL_BACK: ("callbacks",),
    Doable.CLOSE: ("closure",),
    Doable.CANCEL: ("cancellation",),
    Doable.NOTE: ("notes",),
    Doable.SUBSTITUTE: ("measures", "substitution_declined"),
    Doable.PAUSE: ("pauses",),
    Doable.END_PAUSE: ("pause_end",),
    Doable.REVIEW_PAUSE: ("pause_acceptance", "pause_rejection"),
    Doable.GRADE: (),  # a page of its own shows the effect first
    Doable.MERGE: (),  # a page of its own, with the candidates
    Doable.SPLIT: ("split",),
    Doable.RECUR: ("recurrence",),
    Doable.CHECK: ("check",),
    Doable.PROMISE_CALL: ("call_promises",),
    Doable.REMIND: ("reminders",),
    # Refused, these are shown by themselves (tickets/visit/web).
    Doable.DEPART: (),
    Doable.HAND_BACK: (),
    Doable.APPOINT: (),
    Doable.SIGN: (),
}


def shown_forms(told: Dossier) -> set[str]:
    """The forms that are on the page; a refusal of any other is told at the top."""
    forms = {name for each in told.may for name in FORMS[each]}
    return forms | ({"main_equipment"} if told.may_decide_main else set())


async def shown(
    request: Request,
    who: Who,
    session: Session,
    now: datetime,
    ref: str,
    *,
    template: str = "ticket/page.html",
    status: int = 200,
    act: str = "",
    typed: Typed[Any] | None = None,
) -> Response:
    """The page; `act` names the form that was refused, `typed` what was typed into it."""
    told = await dossier(session, who, ref, now)
    return page(
        request,
        template,
        status=status,
        d=told,
        t=told.ticket,
        zone=told.project.timezone,
        act=act,
        typed=typed,
        exact=exact,
        minute=minute,
        when=datetime.fromisoformat,
        fresh_key=uuid4,
        shown_forms=shown_forms,
        said_again=said_again,
        faults=FAULTS,
        causes=CAUSES,
        channels=CHANNELS,
        kind_labels=KIND_LABELS,
        main_labels=MAIN_LABELS,
        severity_labels=SEVERITY_LABELS,
        pause_labels=PAUSE_LABELS,
        pays_labels=PAYS_LABELS,
        result_labels=RESULT_LABELS,
        measured=MEASURED,
        signed_for=SIGNED_FOR,
        nearness_labels=NEARNESS_LABELS,
        hand_back_labels=HAND_BACK_LABELS,
        plain=plain,
        substitution_labels=SUBSTITUTION_LABELS,
        tag=_tag(told.ticket.version, max((line.event.id for line in told.lines), default=0)),
    )


def _tag(version: int, last_event: int) -> str:
    return f"{version}.{last_event}"


@router.get("/tickets/{ref}")
async def show(request: Request, ref: str, who: Reader, session: Session, now: Now) -> Response:
    return await shown(request, who, session, now, ref)


@router.get("/tickets/{ref}/live")
async def live(request: Request, ref: str, who: Reader, session: Session, now: Now) -> Response:
    """The page's moving parts, asked every few seconds; 304 while nothing has happened."""
    ticket = await queries.find(session, who, ref)
    last = await queries.last_event_id(session, ticket.id)
    tag = f'"{_tag(ticket.version, last)}.{who.id}.{who.locale}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    answer = await shown(request, who, session, now, ref, template="ticket/live.html")
    answer.headers.update(headers)
    return answer
