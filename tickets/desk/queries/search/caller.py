"""A caller, and what he called about: where a search for a number leads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.desk.queries.call.found import CALLS_ABOUT
from tickets.grams import mask
from tickets.project.models import Contact, Project
from tickets.project.queries import within
from tickets.refusals import Missing
from tickets.staff.rules import Verb, Who
from tickets.ticket.models import Ticket
from tickets.ticket.queries import visible

MOST = 50  # the latest; further ones are found by the search of tickets


@dataclass(frozen=True)
class CalledAbout:
    ref: str
    severity: str
    status: str
    description: str
    reported_at: datetime
    timezone: str
    project: str
    project_name: str


@dataclass(frozen=True)
class Called:
    """Who he is, of which projects one may see, and his latest tickets among these."""

    id: int
    name: str
    title: str | None
    number: str  # masked: this is a list (rules.md §11)
    projects: Sequence[tuple[str, str]]
    tickets: Sequence[CalledAbout]


async def called(session: AsyncSession, who: Who, contact_id: int) -> Called:
    """Two statements; whoever calls about nothing one may see does not exist."""
    rows = (
        await session.execute(
            select(Contact, Project.code, Project.name)
            .join(Project, CALLS_ABOUT)
            .where(Contact.id == contact_id, within(who.scope(Verb.CALLER_READ)))
            .order_by(Project.code)
            .limit(MOST)
        )
    ).all()
    if not rows:
        raise Missing("There is no such caller.")
    contact = rows[0][0]
    told = await session.execute(
        select(
            Ticket.ref,
            Ticket.severity,
            Ticket.status,
            Ticket.description,
            Ticket.reported_at,
            Project.timezone,
            Project.code,
            Project.name,
        )
        .join(Project, Project.id == Ticket.project_id)
        .where(
            Ticket.reporter_id == contact_id,
            visible(who),
            within(who.scope(Verb.CALLER_READ)),
        )
        .order_by(Ticket.reported_at.desc(), Ticket.id.desc())
        .limit(MOST)
    )
    return Called(
        contact.id,
        contact.name,
        contact.title,
        mask(contact.phone),
        [(code, name) for _, code, name in rows],
        [CalledAbout(*row) for row in told],
    )
