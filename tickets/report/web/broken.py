"""The managers' page: what is broken now and lately, and the same rows for a spreadsheet."""

import csv
import io
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from tickets import pages
from tickets.door import DoorRoute, Now, Session, Words
from tickets.inspection import queries as inspections
from tickets.inspection.queries import Wanted as InspectionsWanted
from tickets.inspection.rules import training_due
from tickets.loan.rules import SUBSTITUTION_LABELS, SubstitutionState
from tickets.project.rules import day_of
from tickets.report.queries import broken, waiting
from tickets.report.queries.broken import Broken, BrokenFilter
from tickets.settings import settings
from tickets.sla.rules import PROMISE_LABELS, Promise
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.words import N_, say

router = APIRouter(route_class=DoorRoute)

Sees = Annotated[Who, needs(Verb.BROKEN_SEE)]
HEAD = 5  # of each list of what waits; the rest stands on a page of its own
SHEET_ROWS = 50_000  # more than a spreadsheet is read with


async def _filter(
    project: Words = "",
    promise: Words = "",
    state: Words = "",
    days: Annotated[int, Query(ge=1, le=3660)] = 30,
) -> BrokenFilter:
    return BrokenFilter(project or None, promise or None, state or None, days)


Wanted = Annotated[BrokenFilter, Depends(_filter)]


def _address(wanted: BrokenFilter, path: str = "/broken", **more: str | int | None) -> str:
    asked = {**vars(wanted), **more}
    given = {
        name: value
        for name, value in asked.items()
        if value and not (name == "days" and value == 30)
    }
    return f"{path}?{urlencode(given)}" if given else path


@router.get("/broken")
async def show(
    request: Request, who: Sees, session: Session, now: Now, wanted: Wanted, cursor: Words = ""
) -> Response:
    found, following = await broken.rows(session, who, wanted, now=now, cursor=cursor or None)
    return pages.page(
        request,
        "report/broken.html",
        rows=found,
        totals=await broken.totals(session, who, wanted, now),
        wanted=wanted,
        projects=await broken.projects(session, who),
        address=_address,
        owed_labels=SUBSTITUTION_LABELS,
        cursor=cursor,
        here=_address(wanted),
        **({} if cursor else await _waiting(session, who, wanted, now)),
        next=_address(wanted, cursor=following) if following else None,
    )


async def _waiting(
    session: Session, who: Who, wanted: BrokenFilter, now: datetime
) -> dict[str, Any]:
    """The heads of the lists of what waits for him."""
    project = wanted.project
    since = now - timedelta(days=wanted.days)
    return {
        "pauses": await waiting.pauses(session, who, project=project, limit=HEAD),
        "flags": await waiting.flagged(session, who, project=project, since=since, limit=HEAD),
        "repairs": await waiting.overdue(session, who, project=project, now=now, limit=HEAD),
        "inspections": await inspections.page(
            session, who, InspectionsWanted(project, overdue=True), now=now, most=HEAD
        ),
        "untrained": [
            (each, training_due(each.accepted_on))
            for each in await inspections.untrained(session, who, project=project, most=HEAD + 1)
        ],
        "first": HEAD,
        "today": day_of(now, settings().timezone),
    }


@router.get("/broken.csv")
async def sheet(
    request: Request, who: Sees, session: Session, now: Now, wanted: Wanted
) -> Response:
    """The same rows, all pages of them."""
    found, _ = await broken.rows(session, who, wanted, now=now, limit=SHEET_ROWS)
    locale = request.state.locale
    written = io.StringIO()
    sheet = csv.writer(written)
    sheet.writerow(say(locale, title) for title in _TITLES)
    for row in found:
        sheet.writerow(_harmless(str(cell)) for cell in _cells(locale, row, now))
    name = f"broken-{now.astimezone(ZoneInfo(settings().timezone)):%Y%m%d}.csv"
    return Response(
        written.getvalue().encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


_TITLES = (
    N_("Ticket"),
    N_("Project"),
    N_("Where"),
    N_("Severity"),
    N_("Promise"),
    N_("Promised until"),
    N_("Done at"),
    N_("Late by (minutes)"),
    N_("Technician"),
    N_("Substitute"),
)


def _cells(locale: str, row: Broken, now: datetime) -> tuple[object, ...]:
    zone = ZoneInfo(row.timezone)
    owed = SUBSTITUTION_LABELS[SubstitutionState(row.substitution)] if row.substitution else None
    return (
        row.ref,
        f"{row.project_code} {row.project_name}",
        row.place or "",
        row.severity,
        say(locale, PROMISE_LABELS[Promise(row.promise)]),
        f"{row.breached_at.astimezone(zone):%Y-%m-%d %H:%M}",
        f"{row.met_at.astimezone(zone):%Y-%m-%d %H:%M}" if row.met_at else "",
        int(row.late_by(now).total_seconds()) // 60,
        row.technician or "",
        say(locale, owed) if owed else "",
    )


def _harmless(cell: str) -> str:
    """A cell that begins like a formula is text, to any spreadsheet."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") else cell
