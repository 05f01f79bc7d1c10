"""A sheet to hand to an owner in a dispute: every clock of a ticket at an instant, and why."""

import re
from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response
from markupsafe import Markup, escape

from tickets.door import DoorRoute, Now, Session, Typed, in_utc
from tickets.pages import page
from tickets.refusals import Invalid
from tickets.sla.rules import PAUSE_LABELS, PROMISE_LABELS, STATE_LABELS
from tickets.sla.rules.clauses import clauses
from tickets.sla.rules.pause_sentences import why
from tickets.sla.rules.said import Said, aloud
from tickets.sla.rules.sentences import diary, promised, start, verdict
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.ticket.queries.explained import place_of, sheet
from tickets.ticket.rules import FAULTS, KIND_LABELS, Kind
from tickets.ticket.web.course import course
from tickets.words import exact, length, say

router = APIRouter(route_class=DoorRoute)

Asked = Annotated[str, Query(max_length=40)]


@router.get("/tickets/{ref}/why")
async def show_why(
    request: Request,
    ref: str,
    who: Annotated[Who, needs(Verb.TICKET_READ)],
    session: Session,
    now: Now,
    at: Asked = "",
    known_at: Asked = "",
) -> Response:
    """`at` and `known_at` are times of the project's zone as the fields give them; empty: now."""
    place = await place_of(session, who, ref)
    zone = place.project.timezone
    typed: Typed[Any] = Typed({"at": at, "known_at": known_at})
    status = 200
    try:
        told = await sheet(
            session,
            place,
            now=now,
            at=_instant("at", at, zone),
            known_at=_instant("known_at", known_at, zone),
        )
    except Invalid as refusal:
        status = typed.refuse(who.locale, refusal)
        told = await sheet(session, place, now=now)

    def speak(sentences: Said | Iterable[Said]) -> Markup:
        said = [sentences] if isinstance(sentences, Said) else sentences
        return _whole_instants(aloud(said, who.locale, zone))

    return page(
        request,
        "ticket/sheet.html",
        status=status,
        sheet=told,
        t=place.ticket,
        place=place,
        zone=zone,
        typed=typed,
        cycles=[
            (number, clocks := list(each), course(clocks))
            for number, each in groupby(told.clocks, key=lambda clock: clock.cycle)
        ],
        speak=speak,
        exact=lambda moment: exact(moment, zone),
        length=lambda span: length(who.locale, span),
        label=lambda word: say(who.locale, word),
        start=start,
        promised=promised,
        verdict=verdict,
        diary=diary,
        clauses=clauses,
        why=why,
        fault=FAULTS.get(place.ticket.fault) if place.ticket.fault else None,
        kind=KIND_LABELS[Kind(place.ticket.kind)],
        promise_labels=PROMISE_LABELS,
        pause_labels=PAUSE_LABELS,
        state_labels=STATE_LABELS,
    )


_EXACT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d\d:\d\d")


def _whole_instants(text: str) -> Markup:
    """A date is not broken at its hyphens."""
    return Markup(_EXACT.sub(r'<span class="nowrap">\g<0></span>', str(escape(text))))


def _instant(field: str, text: str, zone: str) -> datetime | None:
    if not text.strip():
        return None
    try:
        at = datetime.fromisoformat(text.strip())
        return in_utc(at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone)))
    except ValueError:
        raise Invalid(field, "This is not a date and time.") from None
