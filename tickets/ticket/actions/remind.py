"""催办: the owner calls again and urges."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.project import actions as project_actions
from tickets.project.models import Project
from tickets.refusals import Refused
from tickets.staff.rules import Verb, Who
from tickets.ticket import queries
from tickets.ticket.models import Ticket
from tickets.ticket.rules import DAY


async def remind(
    session: AsyncSession,
    who: Who,
    ref: str,
    *,
    now: datetime,
    note: str | None = None,
    name: str | None = None,
    phone: str | None = None,
    key: UUID | None = None,
) -> Ticket:
    """Counted on the ticket; of a duplicate, on the one it was merged into. `name` and `phone`
    say who urges, else the ticket's own caller. Raises Refused where nothing is open any more."""
    ticket = await queries.find_living(session, who, ref, Verb.TICKET_REMIND)
    if key is not None and await queries.is_recorded(session, ticket.id, key):
        return ticket
    if not ticket.is_open:
        raise Refused(
            "Ticket {ref} is ended: nothing is left to urge about. If the fault is there again,"
            " record that it has come again.",
            ref=ticket.ref,
        )
    contact = ticket.reporter_id
    if name or phone:
        project = await session.get_one(Project, ticket.project_id)
        voice = await project_actions.contact_for(
            session, project=project, name=name or phone or "", phone=phone or ""
        )
        contact = voice.id
    within_a_day = 1 + await queries.reminders_since(session, ticket.id, now - DAY)
    ticket.reminders += 1
    ticket.last_reminded_at = now
    ticket.version += 1
    record(
        session,
        "ticket.reminded",
        at=now,
        ticket_id=ticket.id,
        project_id=ticket.project_id,
        by_id=who.id,
        note=note,
        number=ticket.reminders,
        within_a_day=min(within_a_day, ticket.reminders),
        **({"contact_id": contact} if contact is not None else {}),
        **({"key": str(key)} if key else {}),
    )
    return ticket
