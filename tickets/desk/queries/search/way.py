"""How a search is asked: the ways there are, and what the parts of its statement share."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Double,
    Integer,
    Text,
    and_,
    any_,
    bindparam,
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

from tickets.project.models import Contact, Project
from tickets.project.queries import holds, within
from tickets.staff.rules import Scope


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


def slot(name: str, kind: Any = None) -> BindParameter[Any]:
    return bindparam(name, type_=kind or Text())


def slices(name: str = "slices") -> BindParameter[Any]:
    return slot(name, ARRAY(Text()))


def columns_of(
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


def patterns(way: Way) -> list[BindParameter[Any]]:
    return [slot(f"word{n}") for n in range(way.words)]


def in_reach(column: ColumnElement[Any], scope: Scope) -> list[ColumnElement[bool]]:
    """The projects of a scope are few: found once, not for each row."""
    if scope.everywhere:
        return []
    return [column == any_(func.array(select(Project.id).where(within(scope)).scalar_subquery()))]


def is_caller(way: Way) -> ColumnElement[bool]:
    c = Contact.__table__.c
    if way.is_number:
        return and_(c.grams.contains(slices("number_slices")), c.digits.like(slot("number")))
    return and_(
        c.grams.contains(slices()), holds(patterns(way), c.name, func.coalesce(c.title, ""))
    )
