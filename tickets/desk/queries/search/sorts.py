"""What the search asks of each noun: one part of one statement, put into words once."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Double,
    Integer,
    Select,
    Text,
    TextClause,
    and_,
    any_,
    bindparam,
    case,
    cast,
    exists,
    extract,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.selectable import CTE

from tickets.asset.models import Asset
from tickets.db import fixed
from tickets.desk.queries.call.found import CALLS_ABOUT
from tickets.project.models import Contact, Owner, Project
from tickets.project.queries import holds, within
from tickets.staff.rules import Scope
from tickets.ticket.models import Ticket

LAST = 10.0**13  # behind every instant at which something open breaks


class Noun(IntEnum):
    """In the order they are told, where one fits as well as another."""

    TICKET = 0
    ASSET = 1
    PROJECT = 2
    OWNER = 3
    CALLER = 4


@dataclass(frozen=True)
class Way:
    """How a search is asked: what differs between two of the same way is left open."""

    words: int  # those that no initials can be
    is_number: bool  # callers by it
    is_behind_project: bool  # the first word may be the code of a project, the rest an asset
    most: int  # of each noun
    tickets: Scope
    assets: Scope
    projects: Scope
    callers: Scope


def _slot(name: str, kind: Any = None) -> BindParameter[Any]:
    return bindparam(name, type_=kind or Text())


def _slices(name: str = "slices") -> BindParameter[Any]:
    return _slot(name, ARRAY(Text()))


@lru_cache(maxsize=500)
def in_words(way: Way) -> TextClause:
    """Each row: noun, id, then what `_columns` names."""
    parts = []
    if way.tickets:
        parts += _tickets(way)
    if way.assets:
        parts += _assets(way)
    if way.projects:
        parts += [_projects(way), _owners(way)]
    if way.callers:
        parts.append(_callers(way))
    few = [select(*part.subquery().c) for part in parts]
    return fixed(union_all(*few))


def _columns(
    noun: Noun, id_: ColumnElement[Any], code: Any, name: Any, more: Any, **others: Any
) -> list[ColumnElement[Any]]:
    """`state` and `sort` are what a chip says; `also` is what it is found by but not called;
    by `order` it stands among those that fit as well."""
    columns = {
        "noun": literal(int(noun), Integer()),
        "id": id_,
        "code": code,
        "name": name,
        "more": more,
        "state": others.get("state", literal("")),
        "sort": others.get("sort", literal("")),
        "also": others.get("also", literal("")),
        "project": others.get("project", literal("")),
        "project_name": others.get("project_name", literal("")),
        "order": cast(others.get("order", literal(0)), Double()),
    }
    return [column.label(label) for label, column in columns.items()]


def _patterns(way: Way) -> list[BindParameter[Any]]:
    return [_slot(f"word{n}") for n in range(way.words)]


def _in_reach(column: ColumnElement[Any], scope: Scope) -> list[ColumnElement[bool]]:
    """The projects of a scope are few: found once, not for each row."""
    if scope.everywhere:
        return []
    return [column == any_(func.array(select(Project.id).where(within(scope)).scalar_subquery()))]


# --- tickets ---------------------------------------------------------------------------------


def _tickets(way: Way) -> list[Select[Any]]:
    """What is open, soonest due first; what is closed, the latest first, where that is no full
    list. Each by an index of slices of its own (docs/decisions/0004)."""
    t = Ticket.__table__.c
    among = _in_reach(t.project_id, way.tickets)
    is_meant = _is_meant(way)
    key = (t.breaks_at, t.id)
    nearest = (
        select(t.id)
        .where(t.is_open, is_meant, *among)
        .order_by(*key)
        .limit(way.most)
        .cte("nearest")
    )
    full = select(func.count()).select_from(nearest).scalar_subquery() >= way.most
    past = (
        select(t.id)
        .where(~t.is_open, ~full, is_meant, *among)
        .order_by(t.reported_at.desc(), t.id.desc())
        .limit(way.most)
        .cte("past")
    )
    named = select(t.id).where(t.ref == _slot("ref"), *among).cte("named")
    return [_shown_tickets(each) for each in (named, nearest, past)]


def _shown_tickets(few: CTE) -> Select[Any]:
    t, p = Ticket.__table__.c, Project.__table__.c
    columns = _columns(
        Noun.TICKET,
        t.id,
        t.ref,
        func.left(t.description, 160),
        func.coalesce(t.place, ""),
        state=t.status,
        sort=t.severity,
        project=p.code,
        project_name=p.name,
        order=case(
            (t.is_open, extract("epoch", t.breaks_at)),
            else_=LAST - extract("epoch", t.reported_at),
        ),
    )
    return (
        select(*columns)
        .select_from(few)
        .join(Ticket.__table__, t.id == few.c.id)
        .join(Project.__table__, p.id == t.project_id)
    )


def _is_meant(way: Way) -> ColumnElement[bool]:
    t = Ticket.__table__.c
    words: ColumnElement[bool] = t.grams.contains(_slices())
    if not way.callers:
        return words
    # Only where one may know who called: a stranger's number is not found out here.
    theirs = t.reporter_id == any_(func.array(_people(way).scalar_subquery()))
    return or_(words, and_(theirs, *_in_reach(t.project_id, way.callers)))


def _people(way: Way) -> Select[Any]:
    c = Contact.__table__.c
    # More than these share a name; their tickets are found by other words.
    return select(c.id).where(_is_caller(way)).limit(1000)


def _is_caller(way: Way) -> ColumnElement[bool]:
    c = Contact.__table__.c
    if way.is_number:
        return and_(c.grams.contains(_slices("number_slices")), c.digits.like(_slot("number")))
    return and_(
        c.grams.contains(_slices()), holds(_patterns(way), c.name, func.coalesce(c.title, ""))
    )


# --- assets ----------------------------------------------------------------------------------


def _assets(way: Way) -> list[Select[Any]]:
    a = Asset.__table__.c
    lower = func.lower(a.code)
    # Said so that the index of beginnings is read in its own order: the code itself comes first.
    begins = (
        _shown_assets()
        .where(
            lower.op("~>=~")(_slot("begins")),
            lower.op("~<~")(_slot("begins_end")),
            *_in_reach(a.project_id, way.assets),
        )
        .order_by(literal_column("lower(asset.code) USING ~<~"))
        .limit(way.most)
    )
    sliced = (
        _shown_assets()
        .where(_is_asset(_slices(), _patterns(way)), *_in_reach(a.project_id, way.assets))
        .limit(way.most)
    )
    found = [begins, sliced]
    if way.is_behind_project:
        found.append(
            _shown_assets()
            .where(
                func.lower(Project.__table__.c.code) == _slot("first"),
                _is_asset(_slices("rest_slices"), [_slot("rest")]),
                *_in_reach(a.project_id, way.assets),
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
    columns = _columns(
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
    sliced = and_(p.grams.contains(_slices()), holds(_patterns(way), *texts))
    # Projects are few: a code half typed is found without an index.
    begins = func.starts_with(func.lower(p.code), _slot("begins"))
    return (
        select(
            *_columns(Noun.PROJECT, p.id, p.code, p.name, func.coalesce(p.address, ""), also=o.name)
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
            *_columns(
                Noun.OWNER,
                o.id,
                literal(""),
                o.name,
                literal(""),
                sort=cast(many.scalar_subquery(), Text()),
                project=first.scalar_subquery(),
            )
        )
        .where(o.grams.contains(_slices()), holds(_patterns(way), o.name), exists(theirs))
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
            *_columns(
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
        .where(_is_caller(way))
        .order_by(c.is_named.desc(), c.id.desc())
        .limit(way.most)
    )
