"""Why a ticket's clocks stood as they did at an instant, found for somebody who may see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.project.models import Owner, Project
from tickets.refusals import Invalid
from tickets.sla.queries.explained import explained
from tickets.sla.rules.explain import Explained
from tickets.sla.rules.facts import Joined, Reported
from tickets.staff.rules import Verb, Who
from tickets.ticket.models import Merge, Ticket
from tickets.ticket.queries.one import find
from tickets.ticket.queries.story import story_of

# Every ticket that was ever joined to it, and to that; split off again or not. Built once.
_EVER = select(Ticket.id).where(Ticket.id == bindparam("ticket_id")).cte("ever", recursive=True)
_EVER = _EVER.union(select(Merge.duplicate_id).join(_EVER, Merge.survivor_id == _EVER.c.id))
_MERGES = (
    select(Merge)
    .where(
        or_(
            Merge.survivor_id.in_(select(_EVER.c.id)),
            Merge.duplicate_id == bindparam("ticket_id"),
        )
    )
    .order_by(Merge.id)
)
_TICKETS = select(Ticket).where(Ticket.id.in_(bindparam("ids", expanding=True)))
_PLACE = (
    select(Project, Owner.name)
    .join(Owner, Owner.id == Project.owner_id)
    .where(Project.id == bindparam("project_id"))
)
AHEAD = timedelta(minutes=2)  # another's clock may be ahead of ours (rules.md §2)


@dataclass(frozen=True)
class Place:
    """A ticket and whose it is."""

    ticket: Ticket
    project: Project
    owner: str


@dataclass(frozen=True)
class Sheet:
    """One ticket's clocks as of `at`, as known at `known_at` (None: today)."""

    place: Place
    as_of: datetime
    known_at: datetime | None
    clocks: Sequence[Explained]


async def place_of(session: AsyncSession, who: Who, ref: str) -> Place:
    """Missing for what one may not see."""
    ticket = await find(session, who, ref, Verb.TICKET_READ)
    project, owner = (await session.execute(_PLACE, {"project_id": ticket.project_id})).one()
    return Place(ticket, project, owner)


async def sheet(
    session: AsyncSession,
    place: Place,
    *,
    now: datetime,
    at: datetime | None = None,
    known_at: datetime | None = None,
) -> Sheet:
    """`at` is now, or `known_at`, where not given. Raises Invalid for what lies ahead: nobody
    knows it, or nobody knew it then."""
    as_of, knowing = check(at, known_at, now)
    ticket = place.ticket
    story = await story_of(session, ticket)
    joins = (await session.scalars(_MERGES, {"ticket_id": ticket.id})).all()
    ids = {ticket.id, *(j.duplicate_id for j in joins), *(j.survivor_id for j in joins)}
    named = {each.id: each for each in await session.scalars(_TICKETS, {"ids": sorted(ids)})}
    clocks = await explained(
        session,
        story,
        [_report(each) for each in named.values()],
        [Joined(j.duplicate_id, j.survivor_id, j.at, j.split_at) for j in joins],
        {j.id: named[j.duplicate_id].ref for j in joins},
        at=as_of,
        known_at=knowing,
        now=now,
    )
    return Sheet(place, as_of, knowing, clocks)


def check(
    at: datetime | None, known_at: datetime | None, now: datetime
) -> tuple[datetime, datetime | None]:
    for field, instant in (("known_at", known_at), ("at", at)):
        if instant is not None and instant > now + AHEAD:
            raise Invalid(field, "This instant lies in the future.")
    if at is not None and known_at is not None and at > known_at:
        raise Invalid("at", "What came after it was not known then: ask about an earlier instant.")
    knowing = min(known_at, now) if known_at is not None else None
    return min(at or knowing or now, now), knowing


def _report(ticket: Ticket) -> Reported:
    return Reported(ticket.id, ticket.ref, ticket.own_reported_at or ticket.reported_at)
