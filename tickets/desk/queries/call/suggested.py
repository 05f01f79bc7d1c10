"""What the search box of a call suggests: callers, projects and assets, in one statement."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    SQLColumnExpression,
    Text,
    TextClause,
    and_,
    bindparam,
    cast,
    false,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset.models import Asset
from tickets.db import fixed
from tickets.desk.queries.call.found import CALLS_ABOUT, MOST, Suggestion
from tickets.grams import digits, fold, may_be_spelt, wanted
from tickets.project.models import Contact, Owner, Project
from tickets.project.queries import as_pattern, escaped, holds, patterns_of, within
from tickets.staff.rules import Scope, Verb, Who

SORTS = ("caller", "project", "asset")


@dataclass(frozen=True)
class _Text:
    """How a text is sought: its number of words, that of words which may be the initials of
    something Chinese (what has them in Latin comes first), and whether a run of it is too short
    for the index of slices, as in a code half typed (`L-01`). `name` begins the names of its
    slots."""

    name: str
    words: int
    spelt: int
    is_half_typed: bool

    def slot(self, what: str, kind: Any = None) -> BindParameter[Any]:
        return bindparam(f"{self.name}_{what}", type_=kind or Text())

    @property
    def slices(self) -> BindParameter[Any]:
        return self.slot("slices", ARRAY(Text()))

    @property
    def patterns(self) -> list[BindParameter[Any]]:
        return [self.slot(str(n)) for n in range(self.words)]

    def written(self, *columns: SQLColumnExpression[str]) -> list[ColumnElement[bool]]:
        """To order by: false where a word is found by initials alone."""
        if not self.spelt:
            return []
        return [holds([self.slot(f"spelt{n}") for n in range(self.spelt)], *columns).desc()]


def _text(name: str, text: str) -> tuple[_Text, dict[str, Any]]:
    patterns = patterns_of(text)
    is_half_typed = text.isascii() and any(len(run) < 3 for run in re.findall(r"\w+", text))
    filled: dict[str, Any] = {f"{name}_{n}": each for n, each in enumerate(patterns)}
    spelt = [as_pattern(word) for word in fold(text).split() if may_be_spelt(word)]
    filled |= {f"{name}_spelt{n}": each for n, each in enumerate(spelt)}
    filled[f"{name}_slices"] = wanted(text)
    filled[f"{name}_begins"] = escaped(fold(text)) + "%"
    return _Text(name, len(patterns), len(spelt), is_half_typed), filled


@dataclass(frozen=True)
class _Sought:
    text: _Text
    rest: _Text | None  # behind a first word that may be a project's code
    is_number: bool
    is_caller: bool  # two digits name nobody
    opens: Scope
    callers: Scope
    projects: Scope
    assets: Scope


async def found(session: AsyncSession, who: Who, q: str) -> Sequence[Suggestion]:
    """Callers, then projects, then assets, by any part of what was typed; one statement."""
    q = q.strip()[:200]
    if not q:
        return []
    text, filled = _text("text", q)
    first, _, behind = q.partition(" ")
    rest = None
    if behind:
        rest, more = _text("rest", behind.strip())
        filled |= more
    number = digits(q)
    is_number = bool(number) and not any(ch.isalpha() for ch in q)
    filled |= {"number": f"%{number}%", "number_slices": wanted(number)}
    filled |= {"first": fold(first), "last": fold(q.split()[-1])}
    sought = _Sought(
        text,
        rest,
        is_number,
        not is_number or len(number) >= 3,
        who.scope(Verb.TICKET_OPEN),
        who.scope(Verb.CALLER_READ),
        who.scope(Verb.PROJECT_READ),
        who.scope(Verb.ASSET_READ),
    )
    rows = (await session.execute(_in_words(sought), filled)).all()
    return [
        Suggestion(SORTS[sort], *others) for sort, _, *others in sorted(rows, key=lambda r: r[:2])
    ]


@lru_cache(maxsize=500)
def _in_words(sought: _Sought) -> TextClause:
    sorts = [_projects(sought), _assets(sought)]
    if sought.is_caller:
        sorts.append(_callers(sought))
    numbered = []
    for each in sorts:
        few = each.limit(MOST).subquery()
        sort, *others = few.c
        numbered.append(select(sort, func.row_number().over(), *others))
    return fixed(union_all(*numbered))


def _columns(
    sort: str, contact: Sequence[ColumnElement[Any]] = (), asset: Sequence[ColumnElement[Any]] = ()
) -> Select[Any]:
    """In the order of `Suggestion`."""
    nobody = (cast(null(), Integer), literal(""), literal(""))
    nothing = (literal(""),) * 3
    columns: tuple[ColumnElement[Any], ...] = (
        literal(SORTS.index(sort)).label("sort"),
        Project.code.label("code"),
        Project.name.label("project"),
        Owner.name.label("owner"),
        *(column.label(f"contact{n}") for n, column in enumerate(contact or nobody)),
        *(column.label(f"asset{n}") for n, column in enumerate(asset or nothing)),
    )
    return select(*columns)


def _callers(sought: _Sought) -> Select[Any]:
    if sought.is_number:
        slices = bindparam("number_slices", type_=ARRAY(Text()))
        is_meant = Contact.grams.contains(slices) & Contact.digits.like(
            bindparam("number", type_=Text())
        )
    else:
        is_meant = Contact.grams.contains(sought.text.slices) & holds(
            sought.text.patterns, Contact.name
        )
    contact = Contact.__table__.c
    return (
        _columns("caller", contact=(contact.id, contact.name, contact.phone))
        .select_from(Contact)
        .join(Project, CALLS_ABOUT)
        .join(Owner, Owner.id == Project.owner_id)
        .where(is_meant, within(sought.opens), within(sought.callers))
        # The owner's own people first, then whoever called last.
        .order_by(
            *sought.text.written(Contact.name),
            Contact.is_named.desc(),
            Contact.id.desc(),
            Project.code,
        )
    )


def _projects(sought: _Sought) -> Select[Any]:
    begins = func.lower(Project.code).like(sought.text.slot("begins"), escape="/")
    sliced = Project.grams.contains(sought.text.slices) & holds(
        sought.text.patterns, Project.code, Project.name, Owner.name
    )
    return (
        _columns("project")
        .select_from(Project)
        .join(Owner, Owner.id == Project.owner_id)
        .where(within(sought.opens), within(sought.projects), or_(begins, sliced))
        .order_by(
            begins.desc(),
            *sought.text.written(Project.code, Project.name, Owner.name),
            Project.code,
        )
    )


def _assets(sought: _Sought) -> Select[Any]:
    """`DB03`, `南门`, or `BJ-01 DB03`: the first word may be the project's code."""
    first = bindparam("first", type_=Text())
    by_project = (
        and_(func.lower(Project.code) == first, _asset_is(sought.rest)) if sought.rest else false()
    )
    asset = Asset.__table__.c
    location = func.coalesce(asset.location, "")
    return (
        _columns("asset", asset=(asset.code, asset.name, location))
        .select_from(Asset)
        .join(Project, Project.id == Asset.project_id)
        .join(Owner, Owner.id == Project.owner_id)
        .where(
            within(sought.opens),
            within(sought.assets),
            Asset.retired_at.is_(None),
            or_(_asset_is(sought.text), by_project),
        )
        .order_by(
            func.lower(Asset.code) != bindparam("last", type_=Text()),
            *sought.text.written(Asset.code, Asset.name, location),
            Asset.code,
            Project.code,
        )
    )


def _asset_is(text: _Text) -> ColumnElement[bool]:
    sliced = Asset.grams.contains(text.slices) & holds(
        text.patterns, Asset.code, Asset.name, func.coalesce(Asset.location, "")
    )
    if not text.is_half_typed:
        return sliced
    return or_(sliced, func.lower(Asset.code).like(text.slot("begins"), escape="/"))
