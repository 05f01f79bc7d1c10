"""Tickets for other programs (contract.md): open one, find them, read one and its diary."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from pydantic_core import to_json

from tickets.desk.queries.listed import WHOLE, shown_listed
from tickets.desk.queries.ticket import TicketShown, shown, shown_opened
from tickets.door import (
    PROBLEMS,
    DoorRoute,
    Instant,
    Line,
    Now,
    Passage,
    Session,
    Strict,
)
from tickets.refusals import Invalid
from tickets.staff import queries as staff
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.ticket import actions, queries
from tickets.ticket.models import Ticket
from tickets.ticket.queries import TicketFilter
from tickets.ticket.rules import Call, Kind, Main, Severity, Status

router = APIRouter(prefix="/tickets", tags=["tickets"], route_class=DoorRoute, responses=PROBLEMS)

Reads = Annotated[Who, needs(Verb.TICKET_READ)]


class ReporterIn(Strict):
    name: Line
    phone: Annotated[str, Field(min_length=3, max_length=40, pattern=r"^[0-9+()\-\s.转ext]+$")]


class TicketIn(Strict):
    """A report. `assets` names any number of them; `asset` is short for one."""

    project: Line
    assets: Annotated[list[Line], Field(max_length=200)] = []
    asset: Line | None = None
    kind: Kind = Kind.FAULT
    fault: Line | None = None
    severity: Severity | None = None
    main_equipment: Main | None = None
    description: Passage
    place: Line | None = None
    reporter: ReporterIn | None = None
    channel: Line = "phone"
    reported_at: Instant | None = None
    photos: Annotated[list[UUID], Field(max_length=50)] = []


class TicketsOut(BaseModel):
    items: list[TicketShown]
    next: str | None


class EventOut(BaseModel):
    """A line of the diary; `by` is the name of the person or program, null for the system."""

    id: int
    kind: str
    happened_at: datetime
    recorded_at: datetime
    by: str | None
    facts: dict[str, Any]


class EventsOut(BaseModel):
    items: list[EventOut]
    next: str | None


@router.post("", status_code=201, response_model=TicketShown)
async def open_ticket(
    who: Annotated[Who, needs(Verb.TICKET_OPEN)], session: Session, now: Now, given: TicketIn
) -> TicketShown | Response:
    """Open a ticket: its clocks start at `reported_at`, its cover is decided and frozen."""
    named = [*given.assets, *([given.asset] if given.asset else [])]
    call = Call(
        project=given.project,
        description=given.description,
        kind=given.kind,
        fault=given.fault,
        assets=tuple(dict.fromkeys(named)),
        severity=given.severity,
        main_equipment=given.main_equipment,
        reporter_name=given.reporter.name if given.reporter else None,
        reporter_phone=given.reporter.phone if given.reporter else None,
        channel=given.channel,
        place=given.place,
        reported_at=given.reported_at,
        photos=tuple(given.photos),
    )
    opened = await actions.open_with_clocks(session, who, call, now)
    if isinstance(opened, Ticket):
        return await shown(session, opened, now)
    told = (opened.ticket, opened.project, opened.clocks, opened.assets)
    made = await shown_opened(session, *told, now)
    return Response(made, 201, media_type="application/json")


@router.get("", response_model=TicketsOut)
async def find(
    who: Reads,
    session: Session,
    now: Now,
    status: Annotated[list[Status], Query()] = [],  # noqa: B006
    project: Annotated[str | None, Query(max_length=200)] = None,
    asset: Annotated[str | None, Query(max_length=200)] = None,
    technician: Annotated[Line | None, Query()] = None,
    severity: Severity | None = None,
    kind: Kind | None = None,
    late: bool = False,
    q: Annotated[str | None, Query(max_length=200)] = None,
    from_: Annotated[Instant | None, Query(alias="from")] = None,
    to: Instant | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> Response:
    """Tickets, soonest due first. `from` and `to` bound `reported_at`: [from, to)."""
    technician_id = None
    if technician is not None:
        technician_id = await staff.id_of(session, technician)
        if technician_id is None:
            if who.may(Verb.TICKET_ASSIGN):
                raise Invalid("technician", "Nobody of this name works here.")
            technician_id = 0  # nobody: an owner's person does not learn who works here
    filters = TicketFilter(
        status=tuple(status),
        project=project,
        asset=asset,
        technician_id=technician_id,
        severity=severity,
        kind=kind,
        late=late,
        q=q,
        from_at=from_,
        to_at=to,
    )
    page = await queries.find_page(
        session, who, filters, now=now, limit=limit, cursor=cursor, shown=WHOLE
    )
    found = await shown_listed(session, page.items, now)
    # What we made ourselves need not be checked again, field by field, before it is sent.
    out = b'{"items":[%b],"next":%b}' % (b",".join(found), to_json(page.next))
    return Response(out, media_type="application/json")


@router.get("/{ref}")
async def read(who: Reads, session: Session, now: Now, ref: str) -> TicketShown:
    return await shown(session, await queries.find(session, who, ref), now)


@router.get("/{ref}/events")
async def events(
    who: Reads,
    session: Session,
    ref: str,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=20, pattern="^[0-9]{1,18}$")] = None,
) -> EventsOut:
    """The diary, oldest first; notes among ourselves only for those who may write them."""
    ticket, is_ours = await queries.find_with(session, who, ref, Verb.TICKET_NOTE)
    found = await queries.events_page(
        session,
        ticket.id,
        limit=limit + 1,
        after=int(cursor) if cursor else 0,
        is_ours=is_ours,
    )
    names = await staff.names(session, {event.by_id for event in found if event.by_id})
    items = [
        EventOut(
            id=event.id,
            kind=event.kind,
            happened_at=event.happened_at,
            recorded_at=event.recorded_at,
            by=names.get(event.by_id) if event.by_id else None,
            facts=event.facts,
        )
        for event in found[:limit]
    ]
    return EventsOut(items=items, next=str(items[-1].id) if len(found) > limit else None)
