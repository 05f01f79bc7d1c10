"""The list of every ticket, closed ones too; the soonest due first."""

from datetime import date, datetime, time, timedelta
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response

from tickets.door import DoorRoute, Now, Session
from tickets.pages import page
from tickets.settings import settings
from tickets.staff import queries as staff
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.ticket import queries
from tickets.ticket.queries import TicketFilter
from tickets.ticket.rules import (
    FAULTS,
    KIND_LABELS,
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
    assets = await queries.assets_of(session, [each.ticket.id for each in found.items])
    kept = {
        name: value for name, value in request.query_params.items() if name != "cursor" and value
    }
    further = f"/tickets?{urlencode(kept | {'cursor': found.next})}" if found.next else ""
    return page(
        request,
        "ticket/list.html",
        items=found.items,
        assets=assets,
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
