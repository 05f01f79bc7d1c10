"""The list of every ticket, closed ones too; the soonest due first."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response
from markupsafe import Markup

from tickets.door import DoorRoute, Now, Session
from tickets.pages import fragment, page
from tickets.settings import settings
from tickets.staff import queries as staff
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.ticket import queries
from tickets.ticket.queries import Listed, TicketFilter
from tickets.ticket.rules import (
    FAULTS,
    KIND_LABELS,
    NOTHING_BREAKS,
    SEVERITY_LABELS,
    STATUS_LABELS,
    Kind,
    Severity,
    Status,
)

router = APIRouter(route_class=DoorRoute)

Text = Annotated[str, Query(max_length=200)]


def _one(value: str, known: type[Kind] | type[Severity] | type[Status]) -> str | None:
    return value if value in {each.value for each in known} else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _midnight(day: date | None, days: int = 0) -> datetime | None:
    """The list spans projects, so its days are those of the house."""
    if day is None:
        return None
    try:
        local = datetime.combine(day + timedelta(days=days), time(), ZoneInfo(settings().timezone))
        return local.astimezone(ZoneInfo("UTC"))
    except OverflowError:
        return None


MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class RegisterRow:
    """What a line of the list shows."""

    ref: str
    severity: str
    project_code: str
    project_name: str
    timezone: str
    fault: str | None
    description: str
    assets: tuple[str, ...]
    status: str
    reported_at: datetime
    is_open: bool
    breaks_at: datetime
    is_paused: bool


def _row(listed: Listed, locale: str, now: datetime) -> Markup:
    ticket = listed.ticket
    row = RegisterRow(
        ticket.ref,
        ticket.severity,
        listed.project_code,
        listed.project_name,
        listed.timezone,
        ticket.fault,
        ticket.description[:200],
        tuple(listed.assets),
        ticket.status,
        ticket.reported_at,
        ticket.is_open,
        ticket.breaks_at,
        ticket.is_open and ticket.paused_since is not None,
    )
    # Without a promise left it shows no time to go; which year is this one, it does.
    is_running = row.is_open and row.breaks_at < NOTHING_BREAKS
    return _shown(row, locale, (row.breaks_at - now) // MINUTE if is_running else None, now.date())


@lru_cache(maxsize=4000)
def _shown(row: RegisterRow, locale: str, minutes: int | None, today: date) -> Markup:
    """A row's HTML, made once for all who look in one language, until its minute has passed."""
    now = datetime.combine(today, time(), UTC)
    if minutes is not None:
        now = row.breaks_at - timedelta(minutes=minutes, seconds=0 if minutes >= 0 else 59)
    return fragment("ticket/list_row.html", locale, now, row=row, faults=FAULTS)


@router.get("/tickets")
async def show(
    request: Request,
    who: Annotated[Who, needs(Verb.TICKET_READ)],
    session: Session,
    now: Now,
    q: Text = "",
    project: Text = "",
    asset: Text = "",
    technician: Text = "",
    severity: Text = "",
    kind: Text = "",
    status: Text = "",
    late: Text = "",
    since: Annotated[str, Query(alias="from", max_length=40)] = "",
    until: Annotated[str, Query(alias="to", max_length=40)] = "",
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """Filters are in the address; one that is not known asks for everything."""
    stands = _one(status, Status)
    person = await staff.id_of(session, technician) if technician else None
    asked = TicketFilter(
        status=(stands,) if stands else (),
        is_open=True if status == "any_open" else None,
        project=_plain(project),
        asset=_plain(asset),
        technician_id=person,
        severity=_one(severity, Severity),
        kind=_one(kind, Kind),
        late=late == "true",
        q=_plain(q),
        from_at=_midnight(_day(since)),
        to_at=_midnight(_day(until), 1),
    )
    found = await queries.find_page(session, who, asked, now=now, cursor=cursor)
    kept = {
        name: value for name, value in request.query_params.items() if name != "cursor" and value
    }
    further = f"/tickets?{urlencode(kept | {'cursor': found.next})}" if found.next else ""
    return page(
        request,
        "ticket/list.html",
        rows=[_row(each, request.state.locale, now) for each in found.items],
        further=further,
        asked=kept,
        faults=FAULTS,
        kinds=KIND_LABELS,
        severities=SEVERITY_LABELS,
        statuses=STATUS_LABELS,
    )


def _plain(text: str) -> str | None:
    """PostgreSQL knows no NUL; nothing is found by one."""
    return text.replace("\0", "").strip() or None
