"""When somebody's absence begins, his open tickets go to who is on duty (rules.md §5)."""

from datetime import datetime, timedelta

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
    done = 0
    for absence in begun.all():
        done += await _hand_over(session, absence, now)
    return done


async def hand_over_at_absence(session: AsyncSession, event: Event) -> None:
    """One that begins on the day it is entered need not wait for the sweep."""
    absence = await rota.absence(session, event.facts["absence_id"], lock=True)
    if absence.handed_over_at is None and absence.to_on >= absence.from_on:
        await _hand_over(session, absence, event.happened_at)


async def _hand_over(session: AsyncSession, absence: Absence, now: datetime) -> bool:
    """Once: the absence is locked, and marked. With nobody on duty a ticket stays with him."""
    zone = await rota.zone_of(session, absence.person_id)
    if not absence.from_on <= local_day(now, zone) <= absence.to_on:
        return False
    absence.handed_over_at = now
    rows = await session.execute(
        select(Ticket, Project)
        .join(Project, Project.id == Ticket.project_id)
        .where(
            Ticket.technician_id == absence.person_id,
            Ticket.is_open,
            Ticket.status.in_(UNREPAIRED),
        )
        .order_by(Ticket.id)
        .with_for_update(of=Ticket)
        .execution_options(populate_existing=True)
    )
    on_duty: dict[int | None, Person | None] = {}
    stay: list[Ticket] = []
    given = 0
    for ticket, project in rows.all():
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
    return True


def _give(
    session: AsyncSession, ticket: Ticket, person: Person, absence: Absence, now: datetime
) -> None:
    before, ticket.technician_id = ticket.technician_id, person.id
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
