"""巡检计划: the year of every project, what is overdue, and one quarter's page."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from tickets.door import DoorRoute, Now, Session, Words
from tickets.inspection import queries, rules
from tickets.inspection.queries import Wanted
from tickets.inspection.web.doing import Reader
from tickets.pages import page
from tickets.project.rules import day_of
from tickets.settings import settings

router = APIRouter(route_class=DoorRoute)

PROJECTS = 50
OVERDUE = 20


@router.get("/inspections")
async def plan(
    request: Request,
    who: Reader,
    session: Session,
    now: Now,
    year: Annotated[Words, Query()] = "",
    after: Annotated[Words, Query()] = "",
    project: Annotated[Words, Query()] = "",
) -> Response:
    """Year by projects; what is overdue stands above it, whatever its year."""
    today = day_of(now, settings().timezone)
    of = (
        int(year) if year.isascii() and year.isdigit() and 1980 <= int(year) <= 2200 else today.year
    )
    code = project.strip() or None
    rows = await queries.year(
        session, who, of, now=now, after=after or None, project=code, most=PROJECTS
    )
    overdue = []
    if not after:
        overdue = await queries.page(
            session, who, Wanted(code, overdue=True), now=now, most=OVERDUE
        )
    further = ""
    if len(rows) > PROJECTS:
        further = f"/inspections?{urlencode({'year': of, 'after': rows[PROJECTS - 1].code})}"
    return page(
        request,
        "inspection/plan.html",
        year=of,
        project=code,
        today=today,
        rows=rows[:PROJECTS],
        overdue=overdue[:OVERDUE],
        has_more_overdue=len(overdue) > OVERDUE,
        further=further,
        labels=rules.STATE_LABELS,
        reasons=rules.NOT_OWED_LABELS,
    )
