"""Which assets get a label, in the order in which somebody walks along with them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, Text, cast, func, or_, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset.models import Asset, AssetBranch
from tickets.asset.queries.branch import below
from tickets.asset.queries.table import Wanted, ids_of
from tickets.asset.rules import MOST_LABELS, LabelOrder

_Some = Select[*tuple[Any, ...]]


@dataclass(frozen=True)
class Labelled:
    public_id: str
    code: str
    name: str


@dataclass(frozen=True)
class LabelFilter:
    """As the table is filtered; or one thing, with everything below it unless `is_alone`."""

    table: Wanted
    of: Asset | None = None
    is_alone: bool = False


async def labels_many(session: AsyncSession, project_id: int, asked: LabelFilter) -> int:
    """How many there are; what is retired gets none."""
    few = _narrowed(select(Asset.id), project_id, asked).subquery()
    return await session.scalar(select(func.count()).select_from(few)) or 0


async def labels(
    session: AsyncSession, project_id: int, asked: LabelFilter, order: LabelOrder, part: int
) -> Sequence[Labelled]:
    """One part (from 1) of at most `MOST_LABELS`.

    Parts are counted, not keyed: they are made for paper, and somebody tells them by number.
    """
    columns = (Asset.public_id, Asset.code, Asset.name)
    statement: _Some = _narrowed(select(*columns), project_id, asked)
    if order is LabelOrder.TREE:
        way = _ways(project_id)
        statement = statement.outerjoin(way, way.c.id == Asset.id).order_by(way.c.way, Asset.code)
    else:
        statement = statement.order_by(Asset.code)
    rows = await session.execute(statement.limit(MOST_LABELS).offset((part - 1) * MOST_LABELS))
    return [Labelled(*row) for row in rows]


def _narrowed(statement: _Some, project_id: int, asked: LabelFilter) -> _Some:
    there = Asset.retired_at.is_(None)
    if asked.of is None:
        ids = ids_of(project_id, replace(asked.table, retired="no"))
        return statement.where(Asset.id.in_(ids))
    itself = Asset.id == asked.of.id
    if asked.is_alone:
        return statement.where(itself, there)
    inside = select(AssetBranch.asset_id).where(
        AssetBranch.project_id == project_id, below(asked.of.id)
    )
    return statement.where(or_(itself, Asset.id.in_(inside)), there)


def _ways(project_id: int) -> Any:
    """Of each asset the codes of what it stands in, from the area down, then its own."""
    way = (
        select(Asset.id, array([cast(Asset.code, Text)]).label("way"))
        .where(Asset.project_id == project_id, Asset.parent_id.is_(None))
        .cte("ways", recursive=True)
    )
    return way.union_all(
        select(Asset.id, func.array_append(way.c.way, Asset.code))
        .join(way, Asset.parent_id == way.c.id)
        .where(func.cardinality(way.c.way) < 50)
    )
