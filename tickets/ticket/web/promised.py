"""Forms about calls: one is promised, it was made; the owner urges."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field

from tickets.door import DoorRoute, Line, Now, Passage, Session, typed
from tickets.phone.forms import ActForm, Brought, instant_typed, local
from tickets.refusals import Forbidden, Invalid, Missing, Refused
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.ticket import actions
from tickets.ticket.web.act import acted
from tickets.ticket.web.page import shown

router = APIRouter(route_class=DoorRoute)

Promises = Annotated[Who, needs(Verb.CALL_PROMISE)]


class CallPromiseForm(ActForm):
    """`call_at` is of the project's zone; `at` is for acts that have happened."""

    call_at: Line
    note: Passage | None = None
    contact: Annotated[int, Field(ge=1, lt=2**31)] | None = None


@router.post("/tickets/{ref}/call_promises")
async def promise(
    request: Request, ref: str, who: Promises, session: Session, now: Now
) -> Response:
    async def do(form: CallPromiseForm, read: Brought[CallPromiseForm]) -> None:
        try:
            at = instant_typed(form.call_at, read.zone, now)
            assert at is not None
            await actions.promise_call(
                session,
                who,
                ref,
                at=at,
                note=form.note,
                contact=form.contact,
                now=now,
                key=form.key,
            )
        except Invalid as wrong:
            if wrong.field != "at":
                raise
            raise Invalid("call_at", wrong.sentence) from None

    return await acted(request, who, session, now, ref, "call_promises", CallPromiseForm, do)


class KeptForm(BaseModel):
    next: str = ""


@router.post("/tickets/{ref}/call_promises/{promise_id}/kept")
async def keep(
    request: Request,
    ref: str,
    promise_id: Annotated[int, Path(ge=1, lt=2**63)],
    who: Promises,
    session: Session,
    now: Now,
) -> Response:
    form = await typed(request, KeptForm)
    await actions.keep_call(session, who, ref, promise_id, now=now)
    return RedirectResponse(local(str(form.values.get("next", "")), f"/tickets/{ref}"), 303)


class ReminderForm(BaseModel):
    """From the ticket's page a note; from the call screen as much of the call as says who urges."""

    key: Any = None
    next: str = ""
    note: Passage | None = None
    description: Passage | None = None
    reporter_name: Line | None = None
    reporter_phone: Line | None = None


@router.post("/tickets/{ref}/reminders")
async def remind(
    request: Request,
    ref: str,
    who: Annotated[Who, needs(Verb.TICKET_REMIND)],
    session: Session,
    now: Now,
) -> Response:
    """The owner calls again and urges; no second ticket."""
    form = await typed(request, ReminderForm)
    status = 422
    if form.model is not None:
        given = form.model
        try:
            async with session.begin_nested():
                await actions.remind(
                    session,
                    who,
                    ref,
                    note=given.note or given.description,
                    name=given.reporter_name,
                    phone=given.reporter_phone,
                    now=now,
                    key=_key(given.key),
                )
            draft = f"&draft={_key(given.key)}" if _key(given.key) else ""
            called = f"/desk/call?joined={ref}{draft}"
            return RedirectResponse(local(given.next, called), 303)
        except (Missing, Forbidden):
            raise
        except Refused as refusal:
            status = form.refuse(who.locale, refusal)
    return await shown(request, who, session, now, ref, status=status, act="reminders", typed=form)


def _key(text: object) -> UUID | None:
    try:
        return UUID(text) if isinstance(text, str) else None
    except ValueError:
        return None
