"""One's own channels, in the account: which, when not, at which address; and a test."""

import re
from datetime import time
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field

from tickets import pages
from tickets.channel import actions, queries
from tickets.channel.web.channels import send_test
from tickets.door import DoorRoute, Line, Now, Session, typed
from tickets.refusals import Invalid, Missing, Refused
from tickets.staff import actions as staff_actions
from tickets.staff import queries as staff
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.words import N_

router = APIRouter(route_class=DoorRoute)
Me = Annotated[Who, needs(Verb.INBOX_READ)]


class MineForm(BaseModel):
    channels: Annotated[list[int], Field(max_length=200)] = []
    begins: Line | None = None
    ends: Line | None = None
    email: Line | None = None
    phone: Line | None = None


@router.post("/account/channels")
async def choose(request: Request, who: Me, session: Session, now: Now) -> Response:
    form = await typed(request, MineForm, many=frozenset({"channels"}))
    if form.model is None:
        name, sentence = next(iter(form.errors.items()))
        raise Invalid(name, sentence)
    told = form.model
    me = await staff.me(session, who)
    await actions.choose(
        session,
        me,
        channels=set(told.channels),
        begins=_hour("begins", told.begins),
        ends=_hour("ends", told.ends),
    )
    await staff_actions.set_addresses(session, who.id, phone=told.phone, email=told.email, now=now)
    return RedirectResponse("/account?saved=channels#channels", 303)


@router.post("/account/channels/{channel_id}/test")
async def test(
    request: Request,
    who: Me,
    session: Session,
    now: Now,
    channel_id: Annotated[int, Path(ge=1, le=2**31 - 1)],
) -> Response:
    """To one's own address; a group's robot is its administrator's to try."""
    lines, _ = await queries.mine(session, await staff.me(session, who))
    line = next((each for each in lines if each.channel.id == channel_id), None)
    if line is None:
        raise Missing(N_("There is no such channel."))
    if not line.is_direct:
        raise Refused(N_("A group's robot is tried by an administrator."))
    answer = await send_test(session, who, line.channel, now, is_own=True)
    return pages.page(request, "channel/tested.html", channel=line.channel, answer=answer)


def _hour(field: str, told: str | None) -> time | None:
    if told is None:
        return None
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d(:00)?", told, re.ASCII):
        raise Invalid(field, N_("This is not a time of day."))
    return time.fromisoformat(told)
