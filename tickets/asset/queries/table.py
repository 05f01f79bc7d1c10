"""The table of a project's assets: filtered, sorted, a page at a time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset.models import Asset, AssetBranch
from tickets.asset.queries.branch import below
from tickets.grams import fold, wanted
from tickets.project.queries import holds_words
from tickets.project.rules import CODE
from tickets.refusals import Invalid

# As the indexes have them: an asset without a batch is sorted before all others.
_SORTS: Final[dict[str, ColumnElement[Any]]] = {
    "kind": literal_column("asset.kind"),
    "batch": literal_column("coalesce(asset.batch, '')"),
    "model": literal_column("coalesce(asset.model, '')"),
    "installed": literal_column("coalesce(asset.installed_on, '0001-01-02'::date)"),
}
# `date.min` itself is minus infinity to the driver.
_NO_DAY: Final = date(1, 1, 2)
SORTS: Final = ("code", *_SORTS)


@dataclass(frozen=True)
class Wanted:
    """What a table is filtered by; nothing asked is everything that is there now.

    `is_deep`: not only what stands right in `parent`, but everything below. `retired`: no, too,
    only.
    """

    q: str = ""
    kind: str | None = None
    batch: str | None = None
    model: str | None = None
    parent: Asset | None = None
    is_deep: bool = False
    is_main: bool = False
    is_doubtful: bool = False
    retired: str = "no"


def matching(project_id: int, asked: Wanted) -> list[ColumnElement[bool]]:
    """The filter as conditions on `Asset`."""
    found: list[ColumnElement[bool]] = [Asset.project_id == project_id]
    if asked.q.strip():
        words = [func.coalesce(text, "") for text in (Asset.location, Asset.model, Asset.serial)]
        sliced = Asset.grams.contains(wanted(asked.q)) & holds_words(
            asked.q, Asset.code, Asset.name, *words
        )
        found.append(sliced)
        if _ends_short(asked.q):
            # The beginning of a code, before there is a whole slice to find it by.
            begins = func.lower(Asset.code).startswith(fold(asked.q.strip()), autoescape=True)
            found[-1] = or_(sliced, begins)
    if asked.kind:
        found.append(Asset.kind == asked.kind)
    if asked.batch:
        found.append(_SORTS["batch"] == asked.batch)
    if asked.model:
        found.append(_SORTS["model"] == asked.model)
    if asked.is_main:
        found.append(Asset.is_main == true())
    if asked.is_doubtful:
        found.append(Asset.is_place_doubtful == true())
    if asked.retired == "only":
        found.append(Asset.retired_at.is_not(None))
    elif asked.retired != "too":
        found.append(Asset.retired_at.is_(None))
    if asked.parent is not None and asked.is_deep:
        found += [AssetBranch.project_id == project_id, below(asked.parent.id)]
    elif asked.parent is not None:
        found.append(Asset.parent_id == asked.parent.id)
    return found


def _ends_short(q: str) -> bool:
    runs = re.findall(r"[0-9a-z]+", fold(q))
    return bool(runs) and len(runs[-1]) < 3


def ids_of(project_id: int, asked: Wanted) -> Select[Any]:
    """The ids of what matches, for whoever does something with all of it."""
    statement = select(Asset.id).where(*matching(project_id, asked))
    return _laid(statement, asked)


def _laid(statement: Select[Any], asked: Wanted) -> Select[Any]:
    if asked.parent is None or not asked.is_deep:
        return statement
    return statement.join(AssetBranch, AssetBranch.asset_id == Asset.id)


@dataclass(frozen=True)
class AssetPage:
    """Assets with the code of what each stands in."""

    items: Sequence[tuple[Asset, str | None]]
    next: str | None


async def page(
    session: AsyncSession,
    project_id: int,
    asked: Wanted | None = None,
    *,
    roots: bool = False,
    sort: str = "code",
    limit: int = 50,
    cursor: str | None = None,
) -> AssetPage:
    """The assets of a project, one statement. `sort` is one of `SORTS`, `-` before it turns it
    round; equals come by code. A cursor belongs to its sort."""
    asked = asked or Wanted()
    above = Asset.__table__.alias("above")
    statement = (
        _laid(select(Asset, above.c.code), asked)
        .outerjoin(above, above.c.id == Asset.parent_id)
        .where(*matching(project_id, asked))
        .limit(limit + 1)
    )
    if roots:
        statement = statement.where(Asset.parent_id.is_(None))
    named = sort.removeprefix("-")
    key: list[ColumnElement[Any]] = [Asset.code]  # type: ignore[list-item]
    if named in _SORTS:
        key.insert(0, _SORTS[named])
    elif named != "code":
        raise Invalid("sort", "The list cannot be sorted by this.")
    is_down = sort.startswith("-")
    if cursor is not None:
        before = tuple_(*_read(cursor, named))
        after = tuple_(*key)
        statement = statement.where(after < before if is_down else after > before)
    statement = statement.order_by(*(column.desc() if is_down else column for column in key))
    rows = [(asset, code) for asset, code in await session.execute(statement)]
    shown = rows[:limit]
    return AssetPage(shown, _cursor(shown[-1][0], named) if len(rows) > limit else None)


def _cursor(asset: Asset, named: str) -> str:
    """Its code, and what it was sorted by; a code holds no stroke."""
    if named == "code":
        return asset.code
    if named == "installed":
        return f"{asset.code}/{asset.installed_on or _NO_DAY}"
    return f"{asset.code}/{getattr(asset, named) or ''}"


def _read(cursor: str, named: str) -> list[Any]:
    code, stroke, value = cursor.partition("/")
    try:
        if CODE.fullmatch(code) is None or bool(stroke) is not (named != "code"):
            raise ValueError
        if named == "code":
            return [literal(code)]
        return [
            literal(date.fromisoformat(value) if named == "installed" else value),
            literal(code),
        ]
    except ValueError:
        raise Invalid("cursor", "This place in the list is not known.") from None


async def number_of(session: AsyncSession, project_id: int, asked: Wanted) -> int:
    counted: Subquery = ids_of(project_id, asked).subquery()
    return await session.scalar(select(func.count()).select_from(counted)) or 0
