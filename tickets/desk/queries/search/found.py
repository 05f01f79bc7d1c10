"""What was found: grouped by noun, the best first, in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.desk.queries.search.rank import Fit, Query, fit_of, fit_of_number, taken
from tickets.desk.queries.search.sorts import in_words
from tickets.desk.queries.search.way import Noun, Way
from tickets.grams import mask, wanted
from tickets.project.queries import as_pattern, patterns_of
from tickets.staff.rules import Verb, Who


@dataclass(frozen=True)
class Hit:
    """One thing that was found, and where it is looked at."""

    noun: Noun
    id: int
    fit: Fit
    code: str
    name: str
    more: str  # where it is; of a caller the number, masked
    state: str
    sort: str
    project: str
    project_name: str
    address: str


@dataclass(frozen=True)
class Group:
    """What was found of one noun; `is_more` when it was not counted to the end."""

    noun: Noun
    hits: Sequence[Hit]
    count: int
    is_more: bool


async def search(
    session: AsyncSession, who: Who, q: str, *, shown: int, counted: int
) -> Sequence[Group]:
    """The noun with the best hit first; `shown` of each, counted as far as `counted`."""
    asked = taken(q)
    if asked.is_empty:
        return []
    first, _, behind = asked.text.partition(" ")
    way = Way(
        words=len(patterns_of(asked.text)),
        is_number=bool(asked.number),
        is_behind_project=bool(behind.strip()),
        most=counted + 1,
        tickets=who.scope(Verb.TICKET_READ),
        assets=who.scope(Verb.ASSET_READ),
        projects=who.scope(Verb.PROJECT_READ),
        callers=who.scope(Verb.CALLER_READ),
    )
    given: dict[str, object] = {
        "slices": list(asked.slices),
        "ref": asked.text.upper(),
        "begins": asked.text,
        "begins_end": asked.text + "\U0010ffff",
        "number": f"%{asked.number}%",
        "number_slices": wanted(asked.number),
        "first": first,
        "rest": as_pattern(behind.strip()),
        "rest_slices": wanted(behind),
    }
    given |= {f"word{n}": each for n, each in enumerate(patterns_of(asked.text))}
    statement, slots = in_words(way)
    rows = await session.execute(statement, {name: given[name] for name in slots})
    found: dict[int, dict[int, _Fitting]] = {}
    for row in rows:
        fitting = found.setdefault(row.noun, {})
        if row.id not in fitting and (fit := _fit(asked, row)) is not None:
            # Of what fits as well: what is there before what is retired, the nearest first.
            fitting[row.id] = (fit, row.state == "true", row.order, len(fitting), row)
    groups = [_group(Noun(noun), each, shown, counted) for noun, each in found.items() if each]
    return sorted(groups, key=lambda group: (min(group.hits[0].fit, Fit.NAMED), group.noun))


# The last number keeps the order of the statement, and no two rows from being compared.
_Fitting = tuple[Fit, bool, float, int, Any]


def _fit(asked: Query, row: Any) -> Fit | None:
    noun, _, code, name, more, _, sort, also, project, project_name, _ = row
    if noun == Noun.CALLER:
        return fit_of_number(asked, also) if asked.number else fit_of(asked, "", name, sort)
    if noun == Noun.TICKET:
        # A ticket is found by its assets and its caller too, which are not looked at here.
        fit = fit_of(asked, code, name, more, project, project_name)
        return Fit.SPELT if fit is None else fit
    if noun == Noun.ASSET:
        return fit_of(asked, code, name, more, also, project, project_name)
    return fit_of(asked, code, name, more, also)


def _hit(noun: Noun, fit: Fit, row: Any) -> Hit:
    more = mask(row.more) if noun is Noun.CALLER else row.more
    return Hit(
        noun=noun,
        id=row.id,
        fit=fit,
        code=row.code,
        name=row.name,
        more=more,
        state=row.state,
        sort=row.sort,
        project=row.project,
        project_name=row.project_name,
        address=_address(noun, row),
    )


def _address(noun: Noun, row: Any) -> str:
    project = f"/projects/{quote(row.project or row.code, safe='')}"
    match noun:
        case Noun.TICKET:
            return f"/tickets/{quote(row.code, safe='')}"
        case Noun.ASSET:
            return f"{project}/assets/{quote(row.code, safe='')}"
        case Noun.CALLER:
            return f"/callers/{row.id}"
        case Noun.OWNER if row.sort != "1":
            return f"/projects?{urlencode({'q': row.name})}"
    return project


def _group(noun: Noun, found: dict[int, _Fitting], shown: int, counted: int) -> Group:
    best = sorted(found.values())[:shown]
    hits = [_hit(noun, fit, row) for fit, *_, row in best]
    return Group(noun, hits, min(len(found), counted), len(found) > counted)
