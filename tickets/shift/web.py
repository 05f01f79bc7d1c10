"""交接班 on screen and on paper: the list, the sheet to be handed over, the sheets that were."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import Path, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel

from tickets import pages
from tickets.desk.queries import shift as desk
from tickets.door import DoorRoute, Now, Passage, RoomRouter, Session, Typed, typed
from tickets.refusals import Forbidden, Missing, Refused
from tickets.settings import settings
from tickets.shift import actions, queries, rules
from tickets.sla.rules import PAUSE_LABELS
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.ticket.rules import FAULTS

router = RoomRouter("/handovers", route_class=DoorRoute)

Hands = Annotated[Who, needs(Verb.SHIFT_HAND_OVER)]
Number = Annotated[int, Path(ge=1, lt=2**31)]


class NotesForm(BaseModel):
    key: UUID | None = None
    vehicles: Passage | None = None
    weather: Passage | None = None
    parts: Passage | None = None
    other: Passage | None = None


def _sheet(request: Request, template: str, sheet: dict[str, Any], **more: Any) -> Response:
    return pages.page(
        request,
        template,
        sheet=sheet,
        zone=settings().timezone,
        when=datetime.fromisoformat,
        note_labels=rules.NOTES,
        pause_labels=PAUSE_LABELS,
        faults=FAULTS,
        **more,
    )


@router.get("/handovers")
async def show(
    request: Request,
    who: Hands,
    session: Session,
    now: Now,
    before: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
) -> Response:
    sheets, following = await queries.page(session, who, before=before)
    return pages.page(
        request,
        "shift/list.html",
        sheets=sheets,
        before=before,
        next=following,
        is_late=lambda sheet: rules.is_late(sheet.at, sheet.taken_over_at, now),
        zone=settings().timezone,
    )


@router.get("/handovers/new")
async def compose(request: Request, who: Hands, session: Session, now: Now) -> Response:
    return await _new(request, who, session, now, Typed({}))


async def _new(
    request: Request,
    who: Who,
    session: Session,
    now: datetime,
    form: Typed[Any],
    status: int = 200,
) -> Response:
    since = await queries.last_at(session, who)
    sheet = await desk.compose(session, who, since=since, now=now)
    return _sheet(
        request,
        "shift/new.html",
        sheet | {"notes": {}},
        typed=form,
        status=status,
        fresh_key=str(uuid4()),
    )


@router.post("/handovers")
async def hand_over(request: Request, who: Hands, session: Session, now: Now) -> Response:
    """Composed once more, at the instant at which it is handed over, and kept."""
    form = await typed(request, NotesForm)
    if form.model is None:
        return await _new(request, who, session, now, form, 422)
    notes = {name: rules.lines_of(getattr(form.model, name)) for name in rules.NOTES}
    since = await queries.last_at(session, who)
    sheet = await desk.compose(session, who, since=since, now=now)
    number = await actions.hand_over(
        session, who, sheet | {"notes": notes}, since_at=since, now=now, key=form.model.key
    )
    return RedirectResponse(f"/handovers/{number}", 303)


@router.get("/handovers/{number}")
async def one(request: Request, who: Hands, session: Session, now: Now, number: Number) -> Response:
    return await _one(request, who, session, now, number)


async def _one(
    request: Request,
    who: Who,
    session: Session,
    now: datetime,
    number: int,
    refused: Typed[Any] | None = None,
    status: int = 200,
) -> Response:
    told = await queries.one(session, who, number)
    return _sheet(
        request,
        "shift/sheet.html",
        told.sheet,
        told=told,
        is_late=rules.is_late(told.at, told.taken_over_at, now),
        may_take_over=told.taken_over_at is None and told.by_id != who.id,
        typed=refused,
        status=status,
    )


@router.post("/handovers/{number}/takeover")
async def take_over(
    request: Request, who: Hands, session: Session, now: Now, number: Number
) -> Response:
    form: Typed[Any] = Typed({})
    try:
        async with session.begin_nested():
            await actions.take_over(session, who, number, now=now)
    except (Missing, Forbidden):
        raise
    except Refused as refusal:
        status = form.refuse(who.locale, refusal)
        return await _one(request, who, session, now, number, form, status)
    return RedirectResponse(f"/handovers/{number}", 303)
