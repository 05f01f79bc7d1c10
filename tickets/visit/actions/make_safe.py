"""Isolated or guarded: the danger is over, the fault is not."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.sla.rules import ActKind
from tickets.staff.rules import Verb, Who
from tickets.ticket import queries as tickets
from tickets.ticket.actions import perform
from tickets.ticket.models import Ticket


async def make_safe(
    session: AsyncSession,
    who: Who,
    ref: str,
    *,
    note: str,
    isolated: str | None = None,
    isolated_by: str | None = None,
    now: datetime,
    at: datetime | None = None,
    phone_time: datetime | None = None,
    key: UUID | None = None,
    photos: Sequence[UUID] = (),
    signature: UUID | None = None,
) -> Ticket:
    """Isolated or guarded: the note says how, `isolated` what (a breaker, a cabinet) and
    `isolated_by` who did it, where it was not he who says so."""
    ticket = await tickets.find_living(session, who, ref, Verb.TICKET_MAKE_SAFE)
    await perform(
        session,
        ticket,
        ActKind.MADE_SAFE,
        who=who,
        at=at,
        phone_time=phone_time,
        now=now,
        key=key,
        photos=photos,
        signature=signature,
        facts={
            "note": note,
            **({"isolated": isolated} if isolated else {}),
            **({"isolated_by": isolated_by} if isolated_by else {}),
        },
    )
    return ticket
