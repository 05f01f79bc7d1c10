"""The plan: lists of inspections, the year of every project, what stands beside it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Date, cast, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset.models import Asset
from tickets.inspection.models import (
    Check,
    Inspection,
    Inspector,
)
from tickets.inspection.rules import Standing, standing
from tickets.project.models import Project
from tickets.project.queries import within
from tickets.project.rules import day_of
from tickets.refusals import Missing
from tickets.staff.models import Person
from tickets.staff.rules import Verb, Who


@dataclass(frozen=True)
class Wanted:
    """What a list asks for. `state` as it is stored, or "not_owed"."""

    project: str | None = None
    state: str | None = None
    overdue: bool = False


@dataclass(frozen=True)
class Planned:
    """A row of the plan."""

    inspection: Inspection
    code: str
    name: str
    timezone: str
    people: tuple[str, ...]
    standing: Standing


def standing_of(inspection: Inspection, timezone: str, now: datetime) -> Standing:
    met = inspection.handed_over_at
    return standing(
        inspection.state,
        inspection.not_owed,
        inspection.starts_on,
        inspection.due_on,
        day_of(now, timezone),
        day_of(met, timezone) if met else None,
    )


def _today(now: datetime) -> ColumnElement[date]:
    """Which day it is in each project's zone."""
    return cast(func.timezone(Project.timezone, now), Date)


_PEOPLE = (
    select(func.array_agg(Person.name))
    .join(Inspector, Inspector.person_id == Person.id)
    .where(Inspector.inspection_id == Inspection.id)
    .correlate(Inspection)
    .scalar_subquery()
)


async def page(
    session: AsyncSession,
    who: Who,
    wanted: Wanted,
    *,
    now: datetime,
    after: tuple[date, int] | None = None,
    most: int = 50,
) -> list[Planned]:
    """The first that fall due, one more than `most` where there are further ones."""
    asked = (
        select(Inspection, Project.code, Project.name, Project.timezone, _PEOPLE)
        .join(Project, Project.id == Inspection.project_id)
        .where(within(who.scope(Verb.INSPECTION_READ)))
        .order_by(Inspection.due_on, Inspection.id)
        .limit(most + 1)
    )
    if wanted.project is not None:
        asked = asked.where(func.lower(Project.code) == wanted.project.lower())
    if wanted.state == "not_owed":
        asked = asked.where(Inspection.not_owed.is_not(None))
    elif wanted.state is not None:
        asked = asked.where(Inspection.state == wanted.state, Inspection.not_owed.is_(None))
    if wanted.overdue:
        asked = asked.where(
            Inspection.not_owed.is_(None),
            Inspection.handed_over_at.is_(None),
            Inspection.due_on < _today(now),
            # For the index: no zone is further ahead.
            Inspection.due_on < day_of(now, "Pacific/Kiritimati"),
        )
    if after is not None:
        asked = asked.where(tuple_(Inspection.due_on, Inspection.id) > after)
    return [
        Planned(row, code, name, zone, tuple(sorted(people or ())), standing_of(row, zone, now))
        for row, code, name, zone, people in await session.execute(asked)
    ]


async def shown(session: AsyncSession, who: Who, inspection_id: int, now: datetime) -> Planned:
    """One row of the plan, as the list shows it."""
    asked = (
        select(Inspection, Project.code, Project.name, Project.timezone, _PEOPLE)
        .join(Project, Project.id == Inspection.project_id)
        .where(Inspection.id == inspection_id, within(who.scope(Verb.INSPECTION_READ)))
    )
    row = (await session.execute(asked)).first()
    if row is None:
        raise Missing("There is no such inspection.")
    inspection, code, name, zone, people = row
    return Planned(
        inspection, code, name, zone, tuple(people or ()), standing_of(inspection, zone, now)
    )


async def mine(session: AsyncSession, who: Who, now: datetime, *, days: int = 30) -> list[Planned]:
    """A technician's round: where he was sent, and what is under way where he may help; soonest
    first."""
    today = day_of(now, "UTC")
    sent = select(Inspector.inspection_id).where(Inspector.person_id == who.id)
    asked = (
        select(Inspection, Project.code, Project.name, Project.timezone, _PEOPLE)
        .join(Project, Project.id == Inspection.project_id)
        .where(
            within(who.scope(Verb.INSPECTION_CHECK)),
            Inspection.not_owed.is_(None),
            Inspection.state.in_(("planned", "under_way")),
            or_(Inspection.id.in_(sent), Inspection.state == "under_way"),
            Inspection.starts_on <= today + timedelta(days),
        )
        .order_by(Inspection.due_on, Inspection.id)
        .limit(20)
    )
    return [
        Planned(row, code, name, zone, tuple(people or ()), standing_of(row, zone, now))
        for row, code, name, zone, people in await session.execute(asked)
    ]


async def places_of_mine(
    session: AsyncSession, who: Who, now: datetime
) -> dict[int, list[tuple[str, str]]]:
    """Each inspection under way of his round: the places as addresses name them ("-" for what is of
    the whole project), with what changes when a line there does. Two statements."""
    under_way = [row.inspection for row in await mine(session, who, now) if row.inspection.begun_at]
    found: dict[int, list[tuple[str, str]]] = {each.id: [] for each in under_way}
    if not under_way:
        return found
    rows = await session.execute(
        select(
            Check.inspection_id,
            func.coalesce(Asset.code, "-"),
            func.count(),
            func.max(Check.received_at),
        )
        .outerjoin(Asset, Asset.id == Check.asset_id)
        .where(Check.inspection_id.in_(found))
        .group_by(Check.inspection_id, Asset.code)
        .order_by(func.min(Check.position))
    )
    rows_of = {each.id: len(each.rows) for each in under_way}
    for id_, key, number, latest in rows:
        stamp = f"{rows_of[id_]}.{number}.{latest.timestamp() if latest else 0}"
        found[id_].append((key, stamp))
    return found
