"""An act's form: read, tried, and where it is refused shown again as it was typed."""

from datetime import datetime
from typing import TypeVar

from fastapi import Request
from fastapi.responses import Response

from tickets.door import Session
from tickets.pages import page
from tickets.phone.forms import ActForm, Brought, Do, attempted, brought
from tickets.project import queries as projects
from tickets.sla.rules import PAUSE_LABELS
from tickets.staff.rules import Who
from tickets.ticket import queries
from tickets.ticket.rules import FAULTS
from tickets.ticket.web.page import shown

F = TypeVar("F", bound=ActForm)

# What the phone sends too; refused, these are shown by themselves, for a thumb.
ON_PHONES = frozenset({"pauses", "pause_end", "check"})


async def acted(
    request: Request,
    who: Who,
    session: Session,
    now: datetime,
    ref: str,
    name: str,
    form: type[F],
    do: Do[F],
) -> Response:
    """Done, or the page again with the form `name` open, everything typed still in it."""
    read = await read_form(request, who, session, ref, form)
    if done := await attempted(session, who, read, do):
        return done
    if read.next.startswith("/round") and name in ON_PHONES:
        return await alone(request, who, session, ref, name, read)
    return await shown(
        request, who, session, now, ref, status=read.status, act=name, typed=read.typed
    )


async def alone(
    request: Request, who: Who, session: Session, ref: str, name: str, read: Brought[F]
) -> Response:
    """The one form by itself, for a thumb."""
    ticket = await queries.find(session, who, ref)
    project = await projects.find_by_id(session, who, ticket.project_id)
    return page(
        request,
        "ticket/act.html",
        status=read.status,
        act=name,
        typed=read.typed,
        next=read.next,
        ticket=ticket,
        project=project,
        faults=FAULTS,
        pause_labels=PAUSE_LABELS,
    )


async def read_form(
    request: Request, who: Who, session: Session, ref: str, form: type[F]
) -> Brought[F]:
    ticket = await queries.find(session, who, ref)
    project = await projects.find_by_id(session, who, ticket.project_id)
    return await brought(
        request,
        session,
        who,
        form,
        zone=project.timezone,
        reported_at=ticket.reported_at,
        otherwise=f"/tickets/{ref}",
    )
