"""What stands beside the inspections: upkeep and training."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.inspection.models import Training, Upkeep
from tickets.project.models import Acceptance, Project
from tickets.project.queries import within
from tickets.project.rules import day_of
from tickets.refusals import Missing
from tickets.staff.models import Person
from tickets.staff.rules import Verb, Who


@dataclass(frozen=True)
class UpkeepRow:
    task: Upkeep
    code: str
    name: str
    person: str | None
    is_late: bool


async def upkeep(
    session: AsyncSession,
    who: Who,
    *,
    now: datetime,
    project: str | None = None,
    is_done: bool = False,
    most: int = 100,
) -> list[UpkeepRow]:
    """Tasks to be done, the soonest first; or what was done, the latest first."""
    order = Upkeep.done_on.desc() if is_done else Upkeep.due_on
    asked = (
        select(Upkeep, Project.code, Project.name, Project.timezone, Person.name)
        .join(Project, Project.id == Upkeep.project_id)
        .outerjoin(Person, Person.id == Upkeep.person_id)
        .where(
            within(who.scope(Verb.INSPECTION_READ)),
            Upkeep.cancelled_at.is_(None),
            Upkeep.done_on.is_not(None) if is_done else Upkeep.done_on.is_(None),
        )
        .order_by(order, Upkeep.id)
        .limit(most)
    )
    if project is not None:
        asked = asked.where(func.lower(Project.code) == project.lower())
    return [
        UpkeepRow(
            task, code, name, person, task.done_on is None and task.due_on < day_of(now, zone)
        )
        for task, code, name, zone, person in await session.execute(asked)
    ]


async def trainings(
    session: AsyncSession, who: Who, code: str
) -> Sequence[tuple[Training, Project]]:
    rows = await session.execute(
        select(Training, Project)
        .join(Project, Project.id == Training.project_id)
        .where(within(who.scope(Verb.INSPECTION_READ)), func.lower(Project.code) == code.lower())
        .order_by(Training.held_on.desc(), Training.id.desc())
        .limit(100)
    )
    return [(training, project) for training, project in rows]


async def training(session: AsyncSession, who: Who, training_id: int) -> tuple[Training, Project]:
    row = (
        await session.execute(
            select(Training, Project)
            .join(Project, Project.id == Training.project_id)
            .where(Training.id == training_id, within(who.scope(Verb.INSPECTION_READ)))
        )
    ).first()
    if row is None:
        raise Missing("There is no such training.")
    return row[0], row[1]


@dataclass(frozen=True)
class Untrained:
    """A project accepted whose owner's people were not trained yet."""

    code: str
    name: str
    accepted_on: date


async def untrained(
    session: AsyncSession, who: Who, *, project: str | None = None, most: int = 100
) -> list[Untrained]:
    """Accepted and never trained, the longest first. Judged late by `rules.training_due`."""
    first = (
        select(Acceptance.project_id, func.min(Acceptance.accepted_on).label("accepted_on"))
        .group_by(Acceptance.project_id)
        .subquery()
    )
    rows = await session.execute(
        select(Project.code, Project.name, first.c.accepted_on)
        .join(first, first.c.project_id == Project.id)
        .where(
            within(who.scope(Verb.BROKEN_SEE)),
            *([Project.code == project] if project else []),
            ~select(Training.id).where(Training.project_id == Project.id).exists(),
        )
        .order_by(first.c.accepted_on, Project.code)
        .limit(most)
    )
    return [Untrained(*row) for row in rows]
