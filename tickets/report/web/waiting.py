"""The lists of what waits for a manager, each in full; the managers' page has their heads."""

from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from tickets import pages
from tickets.door import DoorRoute, Now, Session, Words
from tickets.report.queries import waiting
from tickets.report.queries.waiting import Part
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs

router = APIRouter(route_class=DoorRoute)

Sees = Annotated[Who, needs(Verb.BROKEN_SEE)]
Days = Annotated[int, Query(ge=1, le=3660)]
PAGE = 50


def _page(
    request: Request, name: str, path: str, part: Part[Any], cursor: str, **asked: str | int
) -> Response:
    given = {name: value for name, value in asked.items() if value}
    first = f"{path}?{urlencode(given)}" if given else path
    following = f"{path}?{urlencode(given | {'cursor': part.next})}" if part.next else None
    return pages.page(
        request,
        "report/waiting.html",
        part=part,
        list=name,
        first=first if cursor else None,
        next=following,
        back=f"{path}?{urlencode(given | ({'cursor': cursor} if cursor else {}))}",
    )


@router.get("/broken/pauses")
async def pauses(
    request: Request, who: Sees, session: Session, project: Words = "", cursor: Words = ""
) -> Response:
    part = await waiting.pauses(session, who, project=project or None, limit=PAGE, cursor=cursor)
    return _page(request, "pauses", "/broken/pauses", part, cursor, project=project)


@router.get("/broken/flags")
async def flags(
    request: Request,
    who: Sees,
    session: Session,
    now: Now,
    project: Words = "",
    days: Days = 30,
    cursor: Words = "",
) -> Response:
    part = await waiting.flagged(
        session,
        who,
        project=project or None,
        since=now - timedelta(days=days),
        limit=PAGE,
        cursor=cursor,
    )
    return _page(request, "flags", "/broken/flags", part, cursor, project=project, days=days)


@router.get("/broken/repairs")
async def repairs(
    request: Request,
    who: Sees,
    session: Session,
    now: Now,
    project: Words = "",
    cursor: Words = "",
) -> Response:
    part = await waiting.overdue(
        session, who, project=project or None, now=now, limit=PAGE, cursor=cursor
    )
    return _page(request, "repairs", "/broken/repairs", part, cursor, project=project)
