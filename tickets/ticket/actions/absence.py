"""When somebody's absence begins, his open tickets go to who is on duty (rules.md §5)."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import Event, record
from tickets.notice import actions as notices
from tickets.project.models import Project
from tickets.rota import queries as rota
from tickets.rota.models import Absence
from tickets.rota.rules import local_day
from tickets.staff import queries as staff
from tickets.staff.models import Person
from tickets.staff.rules import Role
from tickets.ticket.models import Ticket
from tickets.ticket.queries.given_over import UNREPAIRED

TOGETHER: Final = 500  # absences at once; what they leave over the sweep finds


async def hand_over_absences(session: AsyncSession, now: datetime, limit: int) -> int:
    """The sweep: absences that have begun and whose tickets were not handed over. Somewhere it
    is tomorrow already: whether a day has begun is decided by the group's time zone."""
    begun = await session.scalars(
        select(Absence)
        .where(
            Absence.handed_over_at.is_(None),
            Absence.from_on <= (now + timedelta(hours=14)).date(),
            Absence.to_on >= (now - timedelta(hours=12)).date(),
            Absence.to_on >= Absence.from_on,
        )
        .order_by(Absence.from_on, Absence.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return await _hand_over(session, begun.all(), now)


async def hand_over_at_absence(session: AsyncSession, event: Event) -> None:
    """One that begins on the day it is entered need not wait for the sweep. With it go those that
    were entered beside it: the relay holds what it has locked until its batch is over."""
    await hand_over_absences(session, event.happened_at, TOGETHER)


async def _hand_over(session: AsyncSession, absences: Sequence[Absence], now: datetime) -> int:
    """Once each: the absences are locked, and marked. Gives how many have begun."""
    begun = [
        absence
        for absence in absences
        if absence.from_on
        <= local_day(now, await rota.zone_of(session, absence.person_id))
        <= absence.to_on
    ]
    held = await _held(session, {absence.person_id for absence in begun}) if begun else ()
    for absence in begun:
        absence.handed_over_at = now
        his = [each for each in held if each[0].technician_id == absence.person_id]
        await _give_away(session, absence, his, now)
    return len(begun)


async def _held(session: AsyncSession, people: Collection[int]) -> Sequence[tuple[Ticket, Project]]:
    """All that these have to go to, locked in the order of their numbers, as everybody holds
    several; whoever only writes about one of them does not wait."""
    rows = await session.execute(
        select(Ticket, Project)
        .join(Project, Project.id == Ticket.project_id)
        .where(Ticket.technician_id.in_(people), Ticket.is_open, Ticket.status.in_(UNREPAIRED))
        .order_by(Ticket.id)
        .with_for_update(of=Ticket, key_share=True)
        .execution_options(populate_existing=True)
    )
    return [(ticket, project) for ticket, project in rows]


async def _give_away(
    session: AsyncSession,
    absence: Absence,
    his: Sequence[tuple[Ticket, Project]],
    now: datetime,
) -> None:
    """With nobody on duty a ticket stays with him."""
    on_duty: dict[int | None, Person | None] = {}
    stay: list[Ticket] = []
    given = 0
    for ticket, project in his:
        if project.group_id not in on_duty:
            on_duty[project.group_id] = await rota.on_duty(session, project.group_id, now)
        person = on_duty[project.group_id]
        if person is None or person.id == absence.person_id:
            stay.append(ticket)
            continue
        _give(session, ticket, person, absence, now)
        given += 1
    record(
        session,
        "absence.begun",
        at=now,
        absence_id=absence.id,
        person_id=absence.person_id,
        given=given,
        stay=[ticket.ref for ticket in stay],
    )


def _give(
    session: AsyncSession, ticket: Ticket, person: Person, absence: Absence, now: datetime
) -> None:
    before, ticket.technician_id = ticket.technician_id, person.id
    ticket.departed_at = None
    ticket.version += 1
    record(
        session,
        "ticket.assigned",
        at=now,
        ticket_id=ticket.id,
        project_id=ticket.project_id,
        technician_id=person.id,
        before_id=before,
        why="absence",
        absence_id=absence.id,
    )


async def tell_of_absence(session: AsyncSession, event: Event) -> None:
    """Tickets that stay with somebody who is away: the managers and the hotline lead decide."""
    rows = (
        await session.execute(
            select(Ticket.ref, Project.id, Project.group_id)
            .join(Project, Project.id == Ticket.project_id)
            .where(
                Ticket.ref.in_(event.facts["stay"]),
                Ticket.is_open,
                Ticket.technician_id == event.facts["person_id"],
            )
            .order_by(Ticket.id)
        )
    ).all()
    person = await session.get_one(Person, event.facts["person_id"])
    mine: dict[int, list[str]] = {}
    people: dict[int, Person] = {}
    for ref, project_id, group_id in rows:
        for each in await staff.in_role(
            session,
            Role.HOTLINE_LEAD,
            Role.MANAGER,
            Role.ADMIN,
            project_id=project_id,
            group_id=group_id,
        ):
            people[each.id] = each
            mine.setdefault(each.id, []).append(ref)
    for id_, refs in mine.items():  # each is told of the tickets that are his to give away
        facts = {
            "name": person.name,
            "count": len(refs),
            "refs": refs[:20],
            "link": f"/desk?technician={person.id}",
        }
        await notices.write(session, event, to=[people[id_]], facts=facts)
