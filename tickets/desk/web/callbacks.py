"""The page of call-backs: one after the other, the outcome in one click."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field

from tickets import pages
from tickets.desk.queries import callbacks
from tickets.desk.queries.callbacks import CallBackFilter, ToAsk
from tickets.door import DoorRoute, Now, Passage, Session, Typed, Words, typed
from tickets.phone.forms import local
from tickets.refusals import Forbidden, Invalid, Missing, Refused
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.ticket import actions
from tickets.ticket.rules import FAULTS, TRIES

router = APIRouter(route_class=DoorRoute)

Asks = Annotated[Who, needs(Verb.TICKET_CALL_BACK)]
Ref = Annotated[str, Path(max_length=100)]


async def _filter(project: Words = "", mine: bool = False, state: Words = "") -> CallBackFilter:
    return CallBackFilter(project or None, mine, "closing" if state == "closing" else None)


Wanted = Annotated[CallBackFilter, Depends(_filter)]


def _address(wanted: CallBackFilter, **more: Any) -> str:
    asked = vars(wanted) | more
    given = {name: 1 if value is True else value for name, value in asked.items() if value}
    return f"/callbacks?{urlencode(given)}" if given else "/callbacks"


@dataclass(frozen=True)
class Done:
    """What has just become of a row; `into` is the ticket in which it came again."""

    row: ToAsk
    into: str | None = None
    form: Typed[Any] | None = None


def _shown(done: Done, next: str) -> dict[str, Any]:
    return {
        "row": done.row,
        "into": done.into,
        "typed": done.form,
        "next": next,
        "faults": FAULTS,
        "tries_wanted": TRIES,
        "fresh_key": uuid4,
        "is_done": done.form is None,
    }


@router.get("/callbacks")
async def show(
    request: Request,
    who: Asks,
    session: Session,
    wanted: Wanted,
    cursor: Words = "",
    done: Words = "",
    into: Words = "",
) -> Response:
    last = await callbacks.one(session, who, done) if done else None
    return await _page(
        request,
        who,
        session,
        wanted,
        cursor=cursor,
        last=Done(last, into or None) if last else None,
    )


async def _page(
    request: Request,
    who: Who,
    session: Session,
    wanted: CallBackFilter,
    *,
    cursor: str = "",
    last: Done | None = None,
    status: int = 200,
) -> Response:
    rows, following = await callbacks.queue(session, who, wanted, cursor=cursor or None)
    is_head = not cursor and wanted.state is None
    return pages.page(
        request,
        "desk/callbacks.html",
        status=status,
        rows=[row for row in rows if last is None or row.ref != last.row.ref],
        last=_shown(last, _address(wanted)) if last else None,
        promised=await callbacks.promised(session, who, wanted, besides_queue=True)
        if is_head
        else (),
        projects=await callbacks.projects(session, who),
        wanted=wanted,
        address=_address,
        cursor=cursor,
        next_page=_address(wanted, cursor=following) if following else None,
        shown=lambda row: _shown(Done(row, form=Typed({})), _address(wanted)),
    )


class OutcomeForm(BaseModel):
    """`note` is needed where it does not work: it is the reason with which it comes again."""

    outcome: Literal["works", "does_not", "not_reached"]
    rating: Annotated[int, Field(ge=1, le=5)] | None = None
    note: Passage | None = None
    contact: Annotated[int, Field(ge=1, lt=2**31)] | None = None
    key: UUID | None = None


@router.post("/callbacks/{ref}")
async def call_back(request: Request, who: Asks, session: Session, now: Now, ref: Ref) -> Response:
    """The row again, with what is to be done next; without JavaScript the page, it at the top."""
    form = await typed(request, OutcomeForm)
    is_row = request.headers.get("hx-request") == "true"
    next = local(str(form.values.get("next", "")), "/callbacks")
    status, into = 422, None
    if form.model is not None:
        try:
            async with session.begin_nested():
                into = await _record(session, who, ref, form.model, now)
            if not is_row:
                told = {"done": ref} | ({"into": into} if into else {})
                mark = "&" if "?" in next else "?"
                return RedirectResponse(f"{next}{mark}{urlencode(told)}", 303)
            form, status = None, 200  # type: ignore[assignment]
        except (Missing, Forbidden):
            raise
        except Refused as refusal:
            status = form.refuse(who.locale, refusal)
    session.expire_all()
    row = await callbacks.one(session, who, ref)
    if row is None:
        raise Missing("There is no ticket {ref}.", ref=ref.replace("\0", ""))
    last = Done(row, into, form)
    if is_row:
        return pages.page(request, "desk/callback_row.html", status=status, **_shown(last, next))
    return await _page(request, who, session, CallBackFilter(), last=last, status=status)


async def _record(session: Session, who: Who, ref: str, given: OutcomeForm, now: Now) -> str | None:
    """The call-back; what does not work comes again in the same step, under the same lock."""
    if given.outcome == "does_not" and not given.note:
        raise Invalid("note", "What does not work? It comes again with this as its reason.")
    made = await actions.call_back(
        session,
        who,
        ref,
        outcome=given.outcome,
        rating=given.rating,
        note=given.note,
        contact=given.contact,
        key=given.key,
        now=now,
    )
    if made is None or given.outcome != "does_not":
        return None
    assert given.note is not None
    again = await actions.recur(session, who, ref, reason=given.note, now=now)
    return again.ref
