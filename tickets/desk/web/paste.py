"""A report pasted from a chat fills the call's form; the person at the desk checks it."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.desk import rules
from tickets.desk.queries import call as queries
from tickets.desk.web.call import MANY, Caller, Screen, fault_words, shown_around, what_is_there
from tickets.door import DoorRoute, Now, Passage, Session, Typed, typed
from tickets.settings import settings
from tickets.staff.rules import Who

router = APIRouter(route_class=DoorRoute)


class PasteForm(BaseModel):
    paste: Passage


@router.post("/desk/call/paste")
async def paste(request: Request, who: Caller, session: Session, now: Now) -> Response:
    """A report pasted from a chat fills what is still empty; nothing typed is overwritten."""
    form = await typed(request, PasteForm, many=MANY)
    values = form.values
    if form.model is None:
        form.errors = {"paste": form.errors.get("paste", "")}
        return await shown_around(request, Screen(form), session, who, now, status=422)
    text = form.model.paste
    project = str(values.get("project", "")).strip()
    zone = await _zone(session, who, project, now)
    told = rules.read_paste(text, now=now, zone=zone, faults=fault_words())
    named = await queries.named_in(session, who, told.codes, text, project or None)
    known = None
    if told.phones:
        voices = await queries.callers(session, who, told.phones[0])
        here = project or named.project
        known = next((v for v in voices if v.project == here or len(voices) == 1), None)
    where = project or named.project or (known.project if known else "")
    if where and where != project:
        # Names of assets are looked for only in a project that is known.
        named = await queries.named_in(session, who, told.codes, text, where)
    read: dict[str, Any] = {
        "project": where,
        "assets": " ".join(named.assets),
        "fault": told.fault or "",
        "reporter_phone": told.phones[0] if told.phones else "",
        "reporter_name": known.name if known else told.name or "",
        "description": told.description,
    }
    if told.reported_at is not None:
        local = told.reported_at.astimezone(
            ZoneInfo(await _zone(session, who, read["project"], now))
        )
        read["reported_at"] = local.strftime("%Y-%m-%dT%H:%M")
    for name, value in read.items():
        if value and not str(values.get(name, "")).strip():
            values[name] = value
    if values.get("channel", "phone") == "phone":
        values["channel"] = "wechat"
    values["paste"] = ""
    screen = Screen(Typed(values), is_pasted=True)
    return await shown_around(request, screen, session, who, now)


async def _zone(session: AsyncSession, who: Who, project: str, now: datetime) -> str:
    here = await what_is_there(session, who, project, "", now)
    return here.project.timezone if here else settings().timezone
