"""What every finder filters by: how far a scope reaches, and whether the words are there."""

import re
from collections.abc import Iterable

from sqlalchemy import (
    ColumnElement,
    SQLColumnExpression,
    and_,
    false,
    func,
    literal,
    literal_column,
    or_,
    true,
)

from tickets.grams import fold, may_be_spelt
from tickets.project.models import Project
from tickets.staff.rules import Scope


def within(scope: Scope) -> ColumnElement[bool]:
    """The projects a scope reaches, as a filter on `Project`."""
    if scope.everywhere:
        return true()
    reached: list[ColumnElement[bool]] = [false()]
    if scope.projects:
        reached.append(Project.id.in_(scope.projects))
    if scope.groups:
        reached.append(Project.group_id.in_(scope.groups))
    return or_(*reached)


def holds_words(query: str, *columns: SQLColumnExpression[str]) -> ColumnElement[bool]:
    """The re-check after the index of slices: every word stands in one of the columns.

    Not those that may be the initials of something Chinese, which stand in none: what is found
    by three letters holds them, in Latin or by its pinyin (docs/decisions/0018).
    """
    return holds([literal(pattern) for pattern in patterns_of(query)], *columns)


def patterns_of(query: str) -> list[str]:
    """The words of a query as `holds` compares them: those no initials can be."""
    return [as_pattern(word) for word in fold(query).split() if not may_be_spelt(word)]


def as_pattern(word: str) -> str:
    return f"%{escaped(word)}%"


def escaped(text: str) -> str:
    """For LIKE ... ESCAPE '/'."""
    return re.sub(r"([%_/])", r"/\1", text)


def holds(
    patterns: Iterable[ColumnElement[str]], *columns: SQLColumnExpression[str]
) -> ColumnElement[bool]:
    folded = [func.lower(func.normalize(column, literal_column("NFKC"))) for column in columns]
    return and_(
        true(), *(or_(*(c.like(pattern, escape="/") for c in folded)) for pattern in patterns)
    )
