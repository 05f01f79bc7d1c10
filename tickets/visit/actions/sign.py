"""签字确认: somebody of the owner's signs for the visit or the repair."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.project import actions as projects
from tickets.project.models import Project
from tickets.refusals import Invalid, Refused
from tickets.staff.rules import Verb, Who
from tickets.ticket import queries as tickets
from tickets.ticket.actions.act import attach, delivered, flag, must_take, told_of, when
from tickets.ticket.models import Ticket
from tickets.visit import queries, rules
from tickets.visit.models import Signature


async def sign(
    session: AsyncSession,
    who: Who,
    ref: str,
    *,
    name: str,
    signature: UUID,
    signed_for: str,
    now: datetime,
    at: datetime | None = None,
    phone_time: datetime | None = None,
    key: UUID | None = None,
) -> Ticket:
    """`signature` is the picture of it. Whoever signs is one of the owner's people or a new one;
    his name stands with them alone, so that it can be made anonymous (rules.md §11)."""
    ticket = await tickets.find_living(session, who, ref, Verb.TICKET_REPAIR)
    if key is not None:
        known = await session.scalar(select(Signature).where(Signature.key == key))
        if known is not None and known.ticket_id != ticket.id:
            raise Invalid("key", "This key was used for something else.")
        if known is not None:
            return ticket
    await delivered(session, who, phone_time, now)
    moment = when(ticket, at, phone_time, now)
    must_take(ticket, moment.at if at is not None else None)
    if signed_for not in rules.SIGNED_FOR:
        raise Invalid("signed_for", "This is not one of the known values.")
    if signed_for == "repair" and not await queries.has_repair(session, ticket.id):
        raise Refused("No repair has been recorded yet that could be signed for.")
    flag(ticket, moment.flags)
    try:
        await attach(session, who, ticket, [signature], "signature")
    except Invalid:
        raise Invalid(
            "signature", "This signature is not known; please have it drawn again."
        ) from None
    project = await session.get_one(Project, ticket.project_id)
    contact = await projects.contact_id_for(session, project=project, name=name, phone="")
    made = Signature(
        ticket_id=ticket.id,
        signed_for=signed_for,
        contact_id=contact,
        photo_id=signature,
        at=moment.at,
        received_at=now,
        by_id=who.id,
        key=key,
    )
    session.add(made)
    ticket.version += 1
    await session.flush()
    record(
        session,
        "ticket.signed",
        at=moment.at,
        ticket_id=ticket.id,
        project_id=ticket.project_id,
        by_id=who.id,
        signature_id=made.id,
        signed_for=signed_for,
        **told_of(moment, at, key),
    )
    return ticket
