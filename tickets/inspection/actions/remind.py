"""催办: a quarter ends soon, or is over and its inspection is not handed over."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import Event, record
from tickets.inspection import rules
from tickets.inspection.models import Inspection, Inspector
from tickets.notice import actions as notices
from tickets.project.models import Project
from tickets.project.rules import day_of
from tickets.staff import queries as staff
from tickets.staff.models import Person
from tickets.staff.rules import Role

MORNING: Final = timedelta(hours=8)  # told from then on, in the project's zone


async def remind(session: AsyncSession, now: datetime, limit: int) -> int:
    """The sweep. After an outage only the nearest threshold is told; overdue ones once a day.
    Gives how many it looked at."""
    morning = now - MORNING
    rows = await session.execute(
        select(Inspection, Project)
        .join(Project, Project.id == Inspection.project_id)
        # No zone is further ahead; which day it is there is looked at below.
        .where(
            Inspection.remind_on <= day_of(morning, "Pacific/Kiritimati"),
            Inspection.not_owed.is_(None),
            Inspection.state != "handed_over",
        )
        .order_by(Inspection.remind_on, Inspection.id)
        .limit(limit)
        # The project's lock comes with it: whoever corrects a cover holds that and then waits for
        # this.
        .with_for_update(of=(Inspection, Project), key_share=True, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    seen = 0
    for inspection, project in rows.all():
        today = day_of(morning, project.timezone)
        if inspection.remind_on > today:
            continue
        seen += 1
        told = rules.reminder_on(inspection.due_on, today, inspection.reminded)
        if inspection.handed_over_at is None and told is not None:
            inspection.reminded = told
            record(
                session,
                "inspection.overdue" if told < 0 else "inspection.due",
                at=now,
                project_id=project.id,
                inspection_id=inspection.id,
                quarter=inspection.number,
                due_on=inspection.due_on.isoformat(),
                days_left=(inspection.due_on - today).days,
            )
        inspection.remind_on = rules.next_reminder(inspection.due_on, today)
    return seen


async def tell_of_due(session: AsyncSession, event: Event) -> None:
    """Before the day those who go there and the managers; afterwards the managers, every day."""
    inspection = await session.get_one(Inspection, event.facts["inspection_id"])
    if inspection.handed_over_at is not None or inspection.not_owed is not None:
        return
    project = await session.get_one(Project, inspection.project_id)
    people = list(
        await staff.in_role(
            session, Role.MANAGER, Role.ADMIN, project_id=project.id, group_id=project.group_id
        )
    )
    if event.kind == "inspection.due":
        people += await session.scalars(
            select(Person)
            .join(Inspector, Inspector.person_id == Person.id)
            .where(Inspector.inspection_id == inspection.id, Person.retired_at.is_(None))
        )
    facts = {
        "project": project.name,
        "code": project.code,
        "quarter": inspection.number,
        "due_on": event.facts["due_on"],
        "days_left": event.facts["days_left"],
        "link": f"/inspections/{inspection.id}",
    }
    await notices.write(session, event, to=people, facts=facts, reach="push")


async def tell_of_visit(session: AsyncSession, event: Event) -> None:
    """Those who are to go there."""
    inspection = await session.get_one(Inspection, event.facts["inspection_id"])
    if inspection.visit_on is None or inspection.visit_on.isoformat() != event.facts["visit_on"]:
        return
    project = await session.get_one(Project, inspection.project_id)
    people = await session.scalars(
        select(Person)
        .join(Inspector, Inspector.person_id == Person.id)
        .where(Inspector.inspection_id == inspection.id, Person.retired_at.is_(None))
    )
    facts = {
        "project": project.name,
        "code": project.code,
        "quarter": inspection.number,
        "visit_on": event.facts["visit_on"],
        "due_on": inspection.due_on.isoformat(),
        "link": f"/inspections/{inspection.id}",
    }
    await notices.write(session, event, to=people.all(), facts=facts, reach="push")
