"""收到: somebody says that he has heard it, on the ticket's page or by the link in his message."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from tickets.channel.rules import masked
from tickets.door import DoorRoute, Now, Session
from tickets.notice import queries as notices
from tickets.notice.models import Notice
from tickets.pages import page
from tickets.refusals import Missing
from tickets.staff import queries as staff
from tickets.staff.models import Person
from tickets.staff.rules import Verb, Who, safe_next
from tickets.staff.signed_in import check_same_site, needs
from tickets.ticket import actions, queries
from tickets.ticket.models import Ticket
from tickets.words import N_

router = APIRouter(route_class=DoorRoute)

LINK_HOLDS = timedelta(days=7)


@router.post("/tickets/{ref}/acknowledgement")
async def acknowledge(
    request: Request,
    ref: str,
    who: Annotated[Who, needs(Verb.TICKET_ACKNOWLEDGE)],
    session: Session,
    now: Now,
) -> Response:
    ticket = await queries.find(session, who, ref, verb=Verb.TICKET_ACKNOWLEDGE)
    form = await request.form()
    seen = str(form.get("upto") or "")
    upto = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 19 else None
    await actions.acknowledge(session, ticket, by_id=who.id, now=now, upto=upto)
    then = str(form.get("next") or f"/tickets/{ref}")
    return RedirectResponse(safe_next(then), 303)


async def _by_link(session: Session, key: str, now: datetime) -> tuple[Notice, Person, Ticket]:
    """Whoever has left, or no longer has to do with the project, can say nothing any more."""
    notice, person = await notices.by_answer_key(session, key)
    ticket = await queries.of_message(session, staff.who_is(person), notice.ticket_id)
    is_over = now - notice.created_at > LINK_HOLDS or person.retired_at is not None
    if is_over or ticket is None:
        raise Missing(N_("This link holds no longer. Sign in and open the ticket."))
    return notice, person, ticket


@router.get("/a/{key}")
async def link(request: Request, key: str, session: Session, now: Now) -> Response:
    """Looking acknowledges nothing: chat programs open every link they carry."""
    notice, person, _ = await _by_link(session, key, now)
    request.state.who = None  # the page has nothing around it: whoever holds the link sees it
    request.state.locale = person.locale or request.state.locale
    alert = await notices.alert_of(session, notice)
    by_id = alert.acknowledged_by_id if alert else None
    return page(
        request,
        "ticket/heard.html",
        notice=notice,
        subject=masked(notice.subject or notice.facts["ref"]),
        body=masked(notice.body or ""),
        alert=alert,
        by=(await staff.names(session, [by_id])).get(by_id) if by_id else None,
        person=person.name,
        key=key,
    )


@router.post("/a/{key}")
async def by_link(request: Request, key: str, session: Session, now: Now) -> Response:
    """In the name of him whom the message was for."""
    check_same_site(request)
    notice, person, ticket = await _by_link(session, key, now)
    await actions.acknowledge(session, ticket, by_id=person.id, now=now, by_link=notice)
    return RedirectResponse(f"/a/{key}", 303)
