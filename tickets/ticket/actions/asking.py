"""From when on the owner is to be asked whether it works: kept on the ticket, for its queue."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.ticket import queries, rules
from tickets.ticket.models import Ticket
from tickets.ticket.rules import Status, Tried


async def settle_asking(session: AsyncSession, ticket: Ticket, fixed_at: datetime | None) -> None:
    """After whatever may change it: a repair, a look, a call-back, a merge, the end."""
    if not ticket.is_open or ticket.status != Status.REPAIRED:
        ticket.ask_at = None
        return
    tried = [
        Tried(each.outcome, each.at, each.contact_id or ticket.reporter_id)
        for each in await queries.call_backs_of(session, ticket.id)
        if each.cycle == ticket.cycle
    ]
    callers = await queries.callers_of(session, ticket.id) if tried else ()
    ticket.ask_at = rules.ask_at(fixed_at, tried, callers)
