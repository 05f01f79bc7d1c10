"""A form of a visit: tried, and where it is refused shown again with everything in it.

A refusal shows the one form by itself, on a page of its own, with everything that was typed and
the pictures that were sent.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from fastapi import Request
from fastapi.responses import Response

from tickets.door import Session
from tickets.pages import page
from tickets.phone.forms import ActForm, Brought, Do, attempted, brought
from tickets.staff.rules import Who
from tickets.ticket.rules import CAUSES, FAULTS, HAND_BACK_LABELS
from tickets.visit import queries
from tickets.visit.rules import MEASURED, RESULT_LABELS, SIGNED_FOR

F = TypeVar("F", bound=ActForm)
# Reads what a form has besides its fields into what was typed.
Rows = Callable[[Request, Brought[F], Who], Awaitable[None]]


async def tried(
    request: Request,
    who: Who,
    session: Session,
    now: datetime,
    ref: str,
    act: str,
    form: type[F],
    do: Do[F],
    rows: Rows[F] | None = None,
) -> Response:
    ticket, project = await queries.subject(session, who, ref)
    read = await brought(
        request,
        session,
        who,
        form,
        zone=project.timezone,
        reported_at=ticket.reported_at,
        otherwise=f"/tickets/{ref}",
    )
    if rows:
        await rows(request, read, who)
    if done := await attempted(session, who, read, do):
        return done
    ticket, project = await queries.subject(session, who, ref)
    return page(
        request,
        "visit/act.html",
        status=read.status,
        act=act,
        typed=read.typed,
        next=read.next,
        ticket=ticket,
        project=project,
        zone=project.timezone,
        causes=CAUSES,
        faults=FAULTS,
        results=RESULT_LABELS,
        measured=MEASURED,
        signed_for=SIGNED_FOR,
        hand_back_labels=HAND_BACK_LABELS,
    )
