"""The inbox: what one was told, and that one has read it."""

from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field

from tickets import pages
from tickets.door import DoorRoute, Now, RoomRouter, Session, Typed, typed
from tickets.notice import actions, queries
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs

router = RoomRouter("/inbox", route_class=DoorRoute)

Reader = Annotated[Who, needs(Verb.INBOX_READ)]
_Before = Annotated[int | None, Query(ge=1, lt=2**63)]


@router.get("/inbox")
async def show(
    request: Request, who: Reader, session: Session, before: _Before = None, unread: bool = False
) -> Response:
    found, following = await queries.inbox(session, who, before=before, only_unread=unread)
    return pages.page(
        request,
        "notice/inbox.html",
        notices=found,
        unheard=await queries.unheard_of(session, found),
        before=before,
        unread=unread,
        next=following,
    )


class ReadForm(BaseModel):
    upto: Annotated[int | None, Field(ge=1, lt=2**63)] = None


@router.post("/inbox/{notice_id}/reading")
async def read(who: Reader, session: Session, now: Now, notice_id: int) -> Response:
    """Reading a message opens what it is about."""
    notice = await queries.one(session, who, notice_id)
    await actions.read(session, notice, now)
    return RedirectResponse(str(notice.facts.get("link") or "/inbox"), 303)


@router.post("/inbox/reading")
async def read_all(request: Request, who: Reader, session: Session, now: Now) -> Response:
    """Everything up to the newest one that was on the page: what came meanwhile stays unread."""
    form: Typed[ReadForm] = await typed(request, ReadForm)
    if form.model and form.model.upto:
        await actions.read_upto(session, who, form.model.upto, now)
    return RedirectResponse("/inbox", 303)
