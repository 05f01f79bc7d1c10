"""What every finder filters by: how far a scope reaches, and whether the words are there."""

from collections.abc import Iterable

from sqlalchemy import (
    ColumnElement,
    SQLColumnExpression,
    and_,
    false,
    func,
    literal_column,
    or_,
    true,
)

from tickets.grams import fold
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
    """The re-check after the index of slices: every word stands in one of the columns."""
    folded = [func.lower(func.normalize(column, literal_column("NFKC"))) for column in columns]
    words = fold(query).split()
    return (
        true()
        if not words
        else _all(or_(*(c.contains(word, autoescape=True) for c in folded)) for word in words)
    )


def _all(conditions: Iterable[ColumnElement[bool]]) -> ColumnElement[bool]:
    return and_(true(), *conditions)
