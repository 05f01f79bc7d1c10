"""How things stand on the board: counts, what changed last, and what can be chosen from."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Subquery,
    Text,
    TextClause,
    cast,
    func,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.db import fixed
from tickets.desk.queries.board import NOW, instants, nearness
from tickets.events import Event
from tickets.project.models import Project
from tickets.project.queries import within
from tickets.rota.models import ServiceGroup, TurnPlan
from tickets.rota.queries import seen_in
from tickets.staff.models import HeldRole, Person
from tickets.staff.rules import Role, Scope, Verb, Who
from tickets.ticket.models import Ticket
from tickets.ticket.queries.seen import visible_in

MANY = 1000  # counting stops here: "999+" says enough, and the board stays fast
DAY = timedelta(days=1)
NEWEST = 300  # events looked at to notice one that was committed after a younger one


@dataclass(frozen=True)
class Standing:
    """How things stand in what one may see, whatever the filter; counts stop at MANY."""

    version: str
    late: int
    hour: int
    soon: int
    danger: int
    choices: str = ""  # a fingerprint of what can be chosen from
    gap_at: datetime | None = None  # nobody is on duty from then, within a day


@dataclass(frozen=True)
class Choices:
    """What a board's filters offer."""

    projects: tuple[tuple[str, str], ...]
    technicians: tuple[tuple[int, str], ...]


def _count(scope: Scope, *where: ColumnElement[bool]) -> ScalarSelect[int]:
    some = select(Ticket.id).where(Ticket.is_open, visible_in(scope), *where).limit(MANY).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


async def standing(
    session: AsyncSession, who: Who, now: datetime, *, with_choices: bool = False
) -> Standing:
    """One statement: what changed last, and the counts at the top."""
    asked = _standing(who.scope(Verb.DESK_SEE), with_choices)
    return standing_in((await session.execute(asked, instants(now))).scalar_one())


def standing_in(told: str) -> Standing:
    """From the text that `head` brings."""
    newest, present, late, hour, soon, danger, *more = json.loads(told)
    offered, gap_at = more[:2], datetime.fromisoformat(more[2]) if more[2:] and more[2] else None
    fingerprint = ".".join(each or "" for each in offered)
    return Standing(f"{newest}.{present}", late, hour, soon, danger, fingerprint, gap_at)


_known: dict[tuple[Scope, str], Choices] = {}


async def choices(session: AsyncSession, who: Who, fingerprint: str) -> Choices:
    """The same for most who look, and for most of the day: asked when the fingerprint is new."""
    scope = who.scope(Verb.DESK_SEE)
    known = _known.get((scope, fingerprint))
    if known is None:
        row = (await session.execute(_choices(scope))).one()
        projects, technicians = (tuple(map(tuple, json.loads(each or "[]"))) for each in row)
        if len(_known) > 100:
            _known.clear()
        known = _known[scope, fingerprint] = Choices(projects, technicians)
    return known


@lru_cache(maxsize=100)
def _choices(scope: Scope) -> TextClause:
    projects, technicians = _projects(scope), _technicians()
    return fixed(
        select(
            *(
                select(cast(func.json_agg(func.json_build_array(*some.c)), Text)).scalar_subquery()
                for some in (projects, technicians)
            )
        )
    )


def _fingerprint(some: Subquery) -> ScalarSelect[Any]:
    row = func.concat_ws("\n", *some.c)
    return select(func.md5(func.string_agg(row, "\n"))).scalar_subquery()


@lru_cache(maxsize=100)
def _standing(scope: Scope, with_choices: bool) -> TextClause:
    """Put into words once for each reach of a role."""
    return fixed(select(head(scope, with_choices=with_choices)))


@lru_cache(maxsize=100)
def head(scope: Scope, *, with_choices: bool) -> ScalarSelect[Any]:
    """How things stand as one text, so that it can come along with the rows of a board.

    Ids are taken before they are committed, so the newest alone could hide an older one that
    was committed later: how many of the newest are there is part of the version.
    """
    newest = select(func.coalesce(func.max(Event.id), 0)).scalar_subquery()
    last = select(Event.id).order_by(Event.id.desc()).limit(NEWEST).subquery()
    present = select(func.count()).where(last.c.id > newest - NEWEST).scalar_subquery()
    columns: list[ColumnElement[Any]] = [
        newest,
        present,
        _count(scope, nearness("late")),
        _count(scope, nearness("hour")),
        _count(scope, nearness("soon")),
        _count(scope, Ticket.severity == "S1"),
    ]
    if with_choices:
        columns += [_fingerprint(_projects(scope)), _fingerprint(_technicians()), _gap(scope)]
    return select(cast(func.json_build_array(*columns), Text)).scalar_subquery()


def _gap(scope: Scope) -> ScalarSelect[Any]:
    """When nobody is on duty next, within a day, of the groups one sees the board for."""
    begins = func.min(TurnPlan.gap_from_at)
    return (
        select(begins)
        .where(
            TurnPlan.gap_from_at < NOW + DAY,
            TurnPlan.gap_to_at > NOW,
            TurnPlan.group_id.in_(select(ServiceGroup.id).where(seen_in(scope))),
        )
        .scalar_subquery()
    )


def _projects(scope: Scope) -> Subquery:
    return (
        select(Project.code, Project.name)
        .where(within(scope))
        .order_by(Project.code)
        .limit(500)
        .subquery()
    )


def _technicians() -> Subquery:
    return (
        select(Person.id, Person.name)
        .where(
            Person.retired_at.is_(None),
            Person.id.in_(select(HeldRole.person_id).where(HeldRole.role == Role.TECHNICIAN)),
        )
        .order_by(Person.name)
        .limit(500)
        .subquery()
    )
