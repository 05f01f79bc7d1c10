"""What the search asks of each noun: one part of one statement, put into words once."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    Text,
    TextClause,
    and_,
    cast,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)

from tickets.asset.models import Asset
from tickets.db import fixed
from tickets.desk.queries.call.found import CALLS_ABOUT
from tickets.desk.queries.search.tickets import of_tickets
from tickets.desk.queries.search.way import (
    Noun,
    Way,
    columns_of,
    in_reach,
    is_caller,
    patterns,
    slices,
    slot,
)
from tickets.project.models import Contact, Owner, Project
from tickets.project.queries import holds, within


@lru_cache(maxsize=500)
def in_words(way: Way) -> tuple[TextClause, tuple[str, ...]]:
    """And the names of what it leaves open. Each row: noun, id, then what `columns_of` names."""
    parts = []
    if way.tickets:
        parts += of_tickets(way)
    if way.assets:
        parts += _assets(way)
    if way.projects:
        parts += [_projects(way), _owners(way)]
    if way.callers:
        parts.append(_callers(way))
    few = [select(*part.subquery().c) for part in parts]
    statement = fixed(union_all(*few))
    return statement, tuple(statement.compile().params)


# --- assets ----------------------------------------------------------------------------------


def _assets(way: Way) -> list[Select[Any]]:
    a = Asset.__table__.c
    lower = func.lower(a.code)
    # Said so that the index of beginnings is read in its own order: the code itself comes first.
    begins = (
        _shown_assets()
        .where(
            lower.op("~>=~")(slot("begins")),
            lower.op("~<~")(slot("begins_end")),
            *in_reach(a.project_id, way.assets),
        )
        .order_by(literal_column("lower(asset.code) USING ~<~"))
        .limit(way.most)
    )
    sliced = (
        _shown_assets()
        .where(_is_asset(slices(), patterns(way)), *in_reach(a.project_id, way.assets))
        .limit(way.most)
    )
    found = [begins, sliced]
    if way.is_behind_project:
        found.append(
            _shown_assets()
            .where(
                func.lower(Project.__table__.c.code) == slot("first"),
                _is_asset(slices("rest_slices"), [slot("rest")]),
                *in_reach(a.project_id, way.assets),
            )
            .limit(way.most)
        )
    return found


def _is_asset(slices: BindParameter[Any], patterns: Sequence[Any]) -> ColumnElement[bool]:
    a = Asset.__table__.c
    return and_(
        a.grams.contains(slices),
        holds(patterns, a.code, a.name, *(func.coalesce(a[each], "") for each in _ALSO)),
    )


_ALSO = ("location", "model", "serial")


def _shown_assets() -> Select[Any]:
    a, p = Asset.__table__.c, Project.__table__.c
    columns = columns_of(
        Noun.ASSET,
        a.id,
        a.code,
        a.name,
        func.coalesce(a.location, ""),
        state=cast(a.retired_at.is_not(None), Text()),
        sort=a.kind,
        also=func.concat_ws(" ", a.model, a.serial),
        project=p.code,
        project_name=p.name,
    )
    return select(*columns).join_from(Asset.__table__, Project.__table__, p.id == a.project_id)


# --- projects, owners, callers ---------------------------------------------------------------


def _projects(way: Way) -> Select[Any]:
    p, o = Project.__table__.c, Owner.__table__.c
    texts = (p.code, p.name, func.coalesce(p.address, ""), o.name)
    sliced = and_(p.grams.contains(slices()), holds(patterns(way), *texts))
    # Projects are few: a code half typed is found without an index.
    begins = func.starts_with(func.lower(p.code), slot("begins"))
    return (
        select(
            *columns_of(
                Noun.PROJECT, p.id, p.code, p.name, func.coalesce(p.address, ""), also=o.name
            )
        )
        .join_from(Project.__table__, Owner.__table__, o.id == p.owner_id)
        .where(within(way.projects), or_(begins, sliced))
        .order_by(begins.desc(), p.code)
        .limit(way.most)
    )


def _owners(way: Way) -> Select[Any]:
    """Who has a project one may see; the first of them stands beside his name."""
    p, o = Project.__table__.c, Owner.__table__.c
    theirs = select(p.id).where(p.owner_id == o.id, within(way.projects))
    first = select(func.min(p.code)).where(p.owner_id == o.id, within(way.projects))
    many = select(func.count()).where(p.owner_id == o.id, within(way.projects))
    return (
        select(
            *columns_of(
                Noun.OWNER,
                o.id,
                literal(""),
                o.name,
                literal(""),
                sort=cast(many.scalar_subquery(), Text()),
                project=first.scalar_subquery(),
            )
        )
        .where(o.grams.contains(slices()), holds(patterns(way), o.name), exists(theirs))
        .order_by(o.name)
        .limit(way.most)
    )


def _callers(way: Way) -> Select[Any]:
    """Once each, whomever's projects he calls about; his own people of an owner first."""
    c, p = Contact.__table__.c, Project.__table__.c
    about = (
        select(p.code, p.name)
        .where(CALLS_ABOUT, within(way.callers))
        .order_by(p.code)
        .limit(1)
        .lateral("about")
    )
    return (
        select(
            *columns_of(
                Noun.CALLER,
                c.id,
                literal(""),
                c.name,
                c.phone,
                also=c.digits,
                sort=func.coalesce(c.title, ""),
                project=about.c.code,
                project_name=about.c.name,
            )
        )
        .select_from(Contact.__table__)
        .join(about, literal_column("true"))
        .where(is_caller(way))
        .order_by(c.is_named.desc(), c.id.desc())
        .limit(way.most)
    )
