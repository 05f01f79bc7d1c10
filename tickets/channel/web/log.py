"""What was handed over: of one message, and all that was told about a ticket."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from tickets import pages
from tickets.channel import queries
from tickets.channel.rules import KIND_LABELS, STATE_LABELS
from tickets.door import DoorRoute, Session
from tickets.notice import queries as notices
from tickets.refusals import Missing
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.ticket.queries.one import find

router = APIRouter(route_class=DoorRoute)


@router.get("/inbox/{notice_id}/sendings")
async def of_notice(
    request: Request, who: Annotated[Who, needs(Verb.INBOX_READ)], session: Session, notice_id: int
) -> Response:
    notice = await notices.one(session, who, notice_id)
    return pages.page(
        request,
        "channel/of_notice.html",
        notice=notice,
        log=await queries.of_notice(session, notice.id),
        kinds=KIND_LABELS,
        states=STATE_LABELS,
    )


@router.get("/tickets/{ref}/messages")
async def of_ticket(
    request: Request,
    who: Annotated[Who, needs(Verb.TICKET_READ)],
    session: Session,
    ref: str,
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> Response:
    """Who of ours was told what is no matter of the owner's."""
    ticket = await find(session, who, ref)
    if not who.is_staff:
        raise Missing("There is no ticket {ref}.", ref=ref)
    told, following = await queries.of_ticket(session, ticket.id, before=before)
    return pages.page(
        request,
        "channel/of_ticket.html",
        ticket=ticket,
        told=told,
        next=following,
        kinds=KIND_LABELS,
        states=STATE_LABELS,
    )
