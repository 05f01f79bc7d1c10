"""The desk's acts as forms; a refusal shows the page again with the form as it was typed."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field

from tickets.door import DoorRoute, Line, Now, Passage, Session, typed
from tickets.phone.forms import ActForm, Brought, instant_typed
from tickets.refusals import Forbidden, Invalid, Missing, Refused
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.ticket import actions
from tickets.ticket.rules import Main
from tickets.ticket.web.act import acted
from tickets.ticket.web.page import shown

router = APIRouter(route_class=DoorRoute)


class AssignmentForm(ActForm):
    technician: Line
    version: Annotated[int, Field(ge=0, lt=2**31)] | None = None


@router.post("/tickets/{ref}/assignment")
async def assign(
    request: Request,
    ref: str,
    who: Annotated[Who, needs(Verb.TICKET_ASSIGN)],
    session: Session,
    now: Now,
) -> Response:
    async def do(form: AssignmentForm, read: Brought[AssignmentForm]) -> None:
        await actions.assign(
            session, who, ref, technician=form.technician, version=form.version, now=now
        )

    return await acted(request, who, session, now, ref, "assignment", AssignmentForm, do)


class ResponseForm(ActForm):
    note: Passage | None = None
    technician: Line | None = None
    expected_at: Line | None = None


@router.post("/tickets/{ref}/response")
async def answer(
    request: Request,
    ref: str,
    who: Annotated[Who, needs(Verb.TICKET_ANSWER)],
    session: Session,
    now: Now,
) -> Response:
    async def do(form: ResponseForm, read: Brought[ResponseForm]) -> None:
        expected_at = instant_typed(form.expected_at, read.zone, now, field="expected_at")
        await actions.answer(
            session,
            who,
            ref,
            now=now,
            at=read.at,
            note=form.note,
            technician=form.technician,
            expected_at=expected_at,
            key=form.key,
            photos=tuple(read.photos),
        )

    return await acted(request, who, session, now, ref, "response", ResponseForm, do)


class CallBackForm(ActForm):
    outcome: Literal["works", "does_not", "not_reached"]
    rating: Annotated[int, Field(ge=1, le=5)] | None = None
    note: Passage | None = None
    contact: Annotated[int, Field(ge=1, lt=2**31)] | None = None


@router.post("/tickets/{ref}/callbacks")
async def call_back(
    request: Request,
    ref: str,
    who: Annotated[Who, needs(Verb.TICKET_CALL_BACK)],
    session: Session,
    now: Now,
) -> Response:
    async def do(form: CallBackForm, read: Brought[CallBackForm]) -> None:
        await actions.call_back(
            session,
            who,
            ref,
            outcome=form.outcome,
            rating=form.rating,
            note=form.note,
            contact=form.contact,
            at=read.at,
            now=now,
            key=form.key,
            photos=read.photos,
        )

    return await acted(request, who, session, now, ref, "callbacks", CallBackForm, do)


class ClosureForm(ActForm):
    confirmed_by: Line | None = None
    outcome: Literal["out_of_scope"] | None = None
    told: Passage | None = None


@router.post("/tickets/{ref}/closure")
async def close(
    request: Request,
    ref: str,
    who: Annotated[Who, needs(Verb.TICKET_CLOSE)],
    session: Session,
    now: Now,
) -> Response:
    async def do(form: ClosureForm, read: Brought[ClosureForm]) -> None:
        await actions.close(
            session,
            who,
            ref,
            confirmed_by=form.confirmed_by,
            outcome=form.outcome,
            told=form.told,
            at=read.at,
            now=now,
            photos=read.photos,
        )

    return await acted(request, who, session, now, ref, "closure", ClosureForm, do)


class CancellationForm(ActForm):
    reason: Passage


@router.post("/tickets/{ref}/cancellation")
async def cancel(
    request: Request,
    ref: str,
    who: Annotated[Who, needs(Verb.TICKET_CANCEL)],
    session: Session,
    now: Now,
) -> Response:
    async def do(form: CancellationForm, read: Brought[CancellationForm]) -> None:
        await actions.cancel(
            session, who, ref, reason=form.reason, at=read.at, now=now, photos=read.photos
        )

    return await acted(request, who, session, now, ref, "cancellation", CancellationForm, do)


class NoteForm(ActForm):
    text: Passage


@router.post("/tickets/{ref}/notes")
async def note(
    request: Request,
    ref: str,
    who: Annotated[Who, needs(Verb.TICKET_NOTE)],
    session: Session,
    now: Now,
) -> Response:
    async def do(form: NoteForm, read: Brought[NoteForm]) -> None:
        photos = tuple(read.photos)
        await actions.note(session, who, ref, text=form.text, now=now, photos=photos, key=form.key)

    return await acted(request, who, session, now, ref, "notes", NoteForm, do)


class MainForm(ActForm):
    main_equipment: Main
    version: Annotated[int, Field(ge=0, lt=2**31)] | None = None


@router.post("/tickets/{ref}/main_equipment")
async def decide_main(
    request: Request,
    ref: str,
    who: Annotated[Who, needs(Verb.TICKET_ANSWER)],
    session: Session,
    now: Now,
) -> Response:
    async def do(form: MainForm, read: Brought[MainForm]) -> None:
        await actions.decide_main(
            session, who, ref, main=form.main_equipment, version=form.version, now=now
        )

    return await acted(request, who, session, now, ref, "main_equipment", MainForm, do)


class FurtherCallForm(BaseModel):
    """As much of the call screen's form as joins a ticket that is open already."""

    key: Any = None
    reporter_name: Line | None = None
    reporter_phone: Line | None = None
    description: Passage | None = None
    fault: Line | None = None


@router.post("/tickets/{ref}/calls")
async def add_call(
    request: Request,
    ref: str,
    who: Annotated[Who, needs(Verb.TICKET_NOTE)],
    session: Session,
    now: Now,
) -> Response:
    """From the call screen: somebody calls about what is open already; no second ticket."""
    form = await typed(request, FurtherCallForm)
    status = 422
    if form.model is not None:
        call = form.model
        try:
            if not (call.reporter_name or call.reporter_phone):
                raise Invalid("reporter_name", "Who calls? A name or a number.")
            async with session.begin_nested():
                await actions.add_call(
                    session,
                    who,
                    ref,
                    name=call.reporter_name or call.reporter_phone or "",
                    phone=call.reporter_phone or "",
                    text=call.description or call.fault,
                    now=now,
                    key=UUID(call.key) if call.key and _is_key(call.key) else None,
                )
            draft = f"&draft={call.key}" if _is_key(call.key) else ""
            return RedirectResponse(f"/desk/call?joined={ref}{draft}", 303)
        except (Missing, Forbidden):
            raise
        except Refused as refusal:
            status = form.refuse(who.locale, refusal)
    return await shown(request, who, session, now, ref, status=status, act="calls", typed=form)


def _is_key(key: object) -> bool:
    return isinstance(key, str) and len(key) == 36 and set(key) <= set("0123456789abcdef-")
