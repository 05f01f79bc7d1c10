"""承诺回电: calls that were promised and not made, of whatever ticket; what the page is asked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.grams import mask
from tickets.project.models import Contact, Project
from tickets.project.queries import within
from tickets.staff.models import Person
from tickets.staff.rules import Verb, Who
from tickets.ticket.models import CallPromise, Ticket
from tickets.ticket.queries import visible

PROMISED = 50


@dataclass(frozen=True)
class CallBackFilter:
    """`mine`: tickets that I opened, or to whose caller I promised a call. `state`: None what is
    to be asked, `closing` what was asked and is still to be closed."""

    project: str | None = None
    mine: bool = False
    state: str | None = None


@dataclass(frozen=True)
class Promised:
    """A call that was promised and not made, of whatever ticket."""

    id: int
    at: datetime
    note: str | None
    by: str | None
    ref: str
    status: str
    place: str | None
    project_code: str
    project_name: str
    timezone: str
    project_id: int
    group_id: int | None
    caller: str | None
    phone: str | None
    is_whole: bool = False

    @property
    def masked(self) -> str:
        return mask(self.phone) if self.phone else ""

    @property
    def digits(self) -> str:
        return (self.phone or "").replace(" ", "")


async def promised(
    session: AsyncSession,
    who: Who,
    wanted: CallBackFilter,
    *,
    verb: Verb = Verb.TICKET_CALL_BACK,
    limit: int = PROMISED,
    besides_queue: bool = False,
) -> Sequence[Promised]:
    """The next first; one statement. `besides_queue` leaves out what the queue shows already."""
    asked = (
        select(
            CallPromise.id,
            CallPromise.at,
            CallPromise.note,
            Person.name,
            Ticket.ref,
            Ticket.status,
            Ticket.place,
            Project.code,
            Project.name,
            Project.timezone,
            Ticket.project_id,
            Project.group_id,
            Contact.name,
            Contact.phone,
        )
        .join(Ticket, Ticket.id == CallPromise.ticket_id)
        .join(Project, Project.id == Ticket.project_id)
        .outerjoin(Person, Person.id == CallPromise.by_id)
        .outerjoin(Contact, Contact.id == func.coalesce(CallPromise.contact_id, Ticket.reporter_id))
        .where(
            CallPromise.kept_at.is_(None),
            CallPromise.lapsed_at.is_(None),
            Ticket.is_open,
            visible(who, verb),
        )
        .order_by(CallPromise.at, CallPromise.id)
        .limit(limit)
    )
    if besides_queue:
        asked = asked.where(Ticket.ask_at.is_(None))
    if wanted.project:
        asked = asked.where(Project.code == wanted.project)
    if wanted.mine:
        asked = asked.where(or_(CallPromise.by_id == who.id, Ticket.opened_by_id == who.id))
    found: Sequence[Sequence[Any]] = (await session.execute(asked)).all()
    rows = [Promised(*row) for row in found]
    return [
        replace(row, is_whole=who.may_for(Verb.CALLER_READ, row.project_id, row.group_id))
        for row in rows
    ]


async def projects(session: AsyncSession, who: Who) -> Sequence[tuple[str, str]]:
    """What the filter offers."""
    asked = (
        select(Project.code, Project.name)
        .where(within(who.scope(Verb.TICKET_CALL_BACK)))
        .order_by(Project.code)
        .limit(500)
    )
    return [(code, name) for code, name in await session.execute(asked)]
