"""The technician's pages: his round, and one ticket with everything needed at the cabinet."""

from typing import Annotated
from uuid import uuid4
from zoneinfo import ZoneInfo

from fastapi import Query, Request
from fastapi.responses import Response

from tickets.door import DoorRoute, Now, RoomRouter, Session
from tickets.inspection import queries as inspections
from tickets.inspection.rules import STATE_LABELS
from tickets.loan.rules import SUBSTITUTION_LABELS, is_owed
from tickets.pages import page
from tickets.round import queries
from tickets.round.rules import Standing, Step, coming, later, map_links, steps
from tickets.sla.rules import PAUSE_LABELS
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.ticket.rules import CAUSES, FAULTS, HAND_BACK_LABELS, Doable, Stands, may_now
from tickets.visit.rules import MEASURED, PAYS_LABELS, RESULT_LABELS, SIGNED_FOR, plain

router = RoomRouter("/round", route_class=DoorRoute)

Technician = Annotated[Who, needs(Verb.ROUND_SEE)]

_VERBS = {
    Doable.ANSWER: Verb.TICKET_ANSWER,
    Doable.ARRIVE: Verb.TICKET_ARRIVE,
    Doable.REPAIR: Verb.TICKET_REPAIR,
    Doable.MAKE_SAFE: Verb.TICKET_MAKE_SAFE,
    Doable.SUBSTITUTE: Verb.SUBSTITUTION_SETTLE,
    Doable.NOTE: Verb.TICKET_NOTE,
    Doable.PAUSE: Verb.TICKET_PAUSE,
    Doable.END_PAUSE: Verb.TICKET_PAUSE,
    Doable.GRADE: Verb.TICKET_GRADE,
    Doable.CHECK: Verb.TICKET_REPAIR,
    Doable.DEPART: Verb.TICKET_ARRIVE,
    Doable.APPOINT: Verb.TICKET_ANSWER,
    Doable.HAND_BACK: Verb.TICKET_HAND_BACK,
    Doable.SIGN: Verb.TICKET_REPAIR,
}


@router.get("/round")
async def show(
    request: Request,
    who: Technician,
    session: Session,
    now: Now,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """My open tickets, soonest promise first; then those of my projects that nobody has."""
    found = await queries.round_of(session, who, now, cursor=cursor)
    response = page(
        request,
        "round/round.html",
        round=found,
        checks=await inspections.mine(session, who, now) if cursor is None else [],
        check_labels=STATE_LABELS,
        is_first=cursor is None,
        faults=FAULTS,
        map_links=map_links,
    )
    response.headers["X-Person"] = str(who.id)  # whose page the phone may keep
    return response


@router.get("/round/{ref}")
async def show_ticket(
    request: Request,
    ref: str,
    who: Technician,
    session: Session,
    now: Now,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """One column for one thumb; only what may be done now is there."""
    at = await queries.at(session, who, ref, now)
    ticket, project = at.stop.ticket, at.stop.project
    stands = Stands(
        is_paused=at.open_pause is not None, awaits_look=at.awaits_look, cycle=ticket.cycle
    )
    doable = [
        each
        for each in may_now(ticket.kind, ticket.severity, ticket.status, at.done, stands)
        if each in _VERBS and who.may_for(_VERBS[each], project.id, project.group_id)
    ]
    possible = steps(
        doable,
        Standing(
            severity=ticket.severity,
            may_be_owed=is_owed(ticket.cover, ticket.main_equipment),
            is_on_site=ticket.status == "on_site",
            is_mine=ticket.technician_id == who.id,
            has_departed=ticket.departed_at is not None,
            is_signed=at.is_signed,
        ),
    )
    response = page(
        request,
        "round/ticket.html",
        at=at,
        stop=at.stop,
        ticket=ticket,
        project=project,
        zone=project.timezone,
        steps=possible,
        later=later(possible),
        next_step=next((s for s in possible if s is not Step.NOTE), None),
        map=map_links(at.stop.spot),
        coming=coming(now, project.timezone),
        latest=now.astimezone(ZoneInfo(project.timezone)).strftime("%Y-%m-%dT%H:%M"),
        may_call=who.may_for(Verb.CALLER_READ, project.id, project.group_id),
        done=done,
        new_key=uuid4,
        faults=FAULTS,
        causes=CAUSES,
        pause_labels=PAUSE_LABELS,
        results=RESULT_LABELS,
        measured=MEASURED,
        plain=plain,
        signed_for=SIGNED_FOR,
        hand_back_labels=HAND_BACK_LABELS,
        pays=PAYS_LABELS,
        substitution_labels=SUBSTITUTION_LABELS,
    )
    response.headers["X-Person"] = str(who.id)
    return response
