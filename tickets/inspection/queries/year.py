"""The plan of a year, as quick as a board: one statement for its projects, one for what is overdue.

A row comes as the database tells it, its quarters as one text, so that a page may keep what it has
made of exactly this row (docs/decisions/0010).
"""

import json
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    Date,
    DateTime,
    Integer,
    Text,
    TextClause,
    bindparam,
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.db import fixed
from tickets.inspection.models import Inspection, Inspector
from tickets.inspection.rules import Standing, standing
from tickets.project.models import CoverEnd, Project
from tickets.project.queries import within
from tickets.project.rules import day_of
from tickets.staff.models import Person
from tickets.staff.rules import Scope, Verb, Who


class YearRow(NamedTuple):
    """A project in the plan of a year. `covered_until` is the last day of its last cover, None
    where nothing was accepted."""

    code: str
    name: str
    timezone: str
    told: str | None  # its quarters, JSON
    covered_until: date | None


class Cell(NamedTuple):
    """One quarter in the plan."""

    id: int
    number: int
    starts_on: date
    due_on: date
    days: int
    not_owed: str | None
    visit_on: date | None
    is_met: bool
    people: str
    standing: Standing


class Overdue(NamedTuple):
    id: int
    number: int
    due_on: date
    code: str
    name: str


def cells_of(row: YearRow, today: date) -> list[Cell]:
    """`today` is that of the project's zone."""
    cells = []
    for id_, number, starts, due, days, not_owed, state, visit, met, people in json.loads(
        row.told or "[]"
    ):
        starts_on, due_on = date.fromisoformat(starts), date.fromisoformat(due)
        met_on = day_of(datetime.fromisoformat(met), row.timezone) if met else None
        cells.append(
            Cell(
                id_,
                number,
                starts_on,
                due_on,
                days,
                not_owed,
                date.fromisoformat(visit) if visit else None,
                met is not None,
                people or "",
                standing(state, not_owed, starts_on, due_on, today, met_on),
            )
        )
    return cells


async def year(
    session: AsyncSession,
    who: Who,
    of: int,
    *,
    after: str | None = None,
    project: str | None = None,
    most: int = 50,
) -> Sequence[YearRow]:
    """Projects by their code, one more than `most` where there are further ones. One statement."""
    asked = _year(who.scope(Verb.INSPECTION_READ), project is not None, after is not None)
    given: dict[str, Any] = {"begins": date(of, 1, 1), "ends": date(of, 12, 31), "most": most + 1}
    if project is not None:
        given["project"] = project.lower()
    if after is not None:
        given["after"] = after
    return [YearRow(*row) for row in await session.execute(asked, given)]


@lru_cache(maxsize=200)
def _year(scope: Scope, is_one: bool, is_further: bool) -> TextClause:
    """Put into words once for each reach of a role."""
    i, p = Inspection.__table__.c, Project.__table__.c
    people = (
        select(func.string_agg(Person.name, aggregate_order_by(literal(", "), Person.name)))
        .join(Inspector, Inspector.person_id == Person.id)
        .where(Inspector.inspection_id == i.id)
        .correlate(Inspection)
        .scalar_subquery()
    )
    names = ("id", "number", "starts_on", "due_on", "days", "not_owed", "state", "visit_on")
    cell = func.json_build_array(*(i[name] for name in names), i.handed_over_at, people)
    quarters = (
        select(cast(func.json_agg(aggregate_order_by(cell, i.due_on, i.id)), Text))
        .where(
            i.project_id == p.id,
            i.starts_on <= bindparam("ends", type_=Date()),
            i.due_on >= bindparam("begins", type_=Date()),
        )
        .correlate(Project)
        .scalar_subquery()
    )
    covered = (
        select(func.max(CoverEnd.ends_on))
        .where(CoverEnd.project_id == p.id, CoverEnd.what != "retention")
        .correlate(Project)
        .scalar_subquery()
    )
    asked = (
        select(p.code, p.name, p.timezone, quarters, covered)
        .where(within(scope))
        .order_by(p.code)
        .limit(bindparam("most", type_=Integer()))
    )
    if is_one:
        asked = asked.where(func.lower(p.code) == bindparam("project", type_=Text()))
    if is_further:
        asked = asked.where(p.code > bindparam("after", type_=Text()))
    return fixed(asked)


async def overdue(
    session: AsyncSession, who: Who, now: datetime, *, project: str | None = None, most: int = 20
) -> Sequence[Overdue]:
    """Over and not handed to the owner, the oldest first; one more than `most` where there are."""
    asked = _overdue(who.scope(Verb.INSPECTION_READ), project is not None)
    given: dict[str, Any] = {"now": now, "most": most + 1}
    given["latest"] = day_of(now, "Pacific/Kiritimati")
    if project is not None:
        given["project"] = project.lower()
    return [Overdue(*row) for row in await session.execute(asked, given)]


@lru_cache(maxsize=200)
def _overdue(scope: Scope, is_one: bool) -> TextClause:
    i, p = Inspection.__table__.c, Project.__table__.c
    at = bindparam("now", type_=DateTime(timezone=True))
    asked = (
        select(i.id, i.number, i.due_on, p.code, p.name)
        .join_from(Inspection, Project, p.id == i.project_id)
        .where(
            within(scope),
            i.not_owed.is_(None),
            i.handed_over_at.is_(None),
            i.due_on < cast(func.timezone(p.timezone, at), Date),
            # For the index: no zone is further ahead.
            i.due_on < bindparam("latest", type_=Date()),
        )
        .order_by(i.due_on, i.id)
        .limit(bindparam("most", type_=Integer()))
    )
    if is_one:
        asked = asked.where(func.lower(p.code) == bindparam("project", type_=Text()))
    return fixed(asked)
