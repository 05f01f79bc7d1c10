"""巡检计划: the year of every project, what is overdue, and one quarter's page."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from markupsafe import Markup

from tickets.door import DoorRoute, Now, Session, Words
from tickets.inspection import queries, rules
from tickets.inspection.queries import Overdue, YearRow
from tickets.inspection.web.doing import Reader
from tickets.pages import fragment, page
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
    rows = await queries.year(session, who, of, after=after or None, project=code, most=PROJECTS)
    overdue: Sequence[Overdue] = ()
    if not after:
        overdue = await queries.overdue(session, who, now, project=code, most=OVERDUE)
    further = ""
    if len(rows) > PROJECTS:
        further = f"/inspections?{urlencode({'year': of, 'after': rows[PROJECTS - 1].code})}"
    locale = request.state.locale
    return page(
        request,
        "inspection/plan.html",
        year=of,
        project=code,
        # One piece: fifty would pass through every layout one by one.
        rows=Markup("").join(
            _shown(row, day_of(now, row.timezone), locale) for row in rows[:PROJECTS]
        ),
        overdue=_overdue(tuple(overdue[:OVERDUE]), today, locale) if overdue else "",
        has_more_overdue=len(overdue) > OVERDUE,
        further=further,
    )


@lru_cache(maxsize=4000)
def _shown(row: YearRow, today: date, locale: str) -> Markup:
    """A project's HTML, made once for all who look in one language, until its day is over."""
    return fragment(
        "inspection/plan_row.html",
        locale,
        datetime.now(UTC),
        row=row,
        quarters=queries.cells_of(row, today),
        labels=rules.STATE_LABELS,
        reasons=rules.NOT_OWED_LABELS,
    )


@lru_cache(maxsize=500)
def _overdue(rows: tuple[Overdue, ...], today: date, locale: str) -> Markup:
    return fragment(
        "inspection/plan_overdue.html", locale, datetime.now(UTC), rows=rows, today=today
    )
