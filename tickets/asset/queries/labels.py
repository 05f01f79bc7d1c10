"""Which assets get a label, in the order in which somebody walks along with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Text, cast, func, or_, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset.models import Asset
from tickets.asset.rules import MOST_LABELS, LabelOrder
from tickets.grams import fold, wanted
from tickets.project.queries import holds_words

_Some = Select[*tuple[Any, ...]]


@dataclass(frozen=True)
class Labelled:
    public_id: str
    code: str
    name: str


@dataclass(frozen=True)
class LabelFilter:
    """As the list of assets is filtered; or one thing, and everything below it."""

    q: str = ""
    kind: str = ""
    parent_id: int | None = None
    below_id: int | None = None
    is_alone: bool = False  # of `below_id` itself alone


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


def _narrowed(
    statement: Select[*tuple[Any, ...]], project_id: int, asked: LabelFilter
) -> Select[Any]:
    statement = statement.where(Asset.project_id == project_id, Asset.retired_at.is_(None))
    if asked.q.strip():
        text = func.coalesce(Asset.location, "")
        sliced = Asset.grams.contains(wanted(asked.q)) & holds_words(
            asked.q, Asset.code, Asset.name, text
        )
        begins = func.lower(Asset.code).startswith(fold(asked.q.strip()), autoescape=True)
        statement = statement.where(or_(sliced, begins))
    if asked.kind:
        statement = statement.where(Asset.kind == asked.kind)
    if asked.parent_id is not None:
        statement = statement.where(Asset.parent_id == asked.parent_id)
    if asked.below_id is not None and asked.is_alone:
        statement = statement.where(Asset.id == asked.below_id)
    elif asked.below_id is not None:
        below = select(Asset.id).where(Asset.id == asked.below_id).cte("below", recursive=True)
        # A loop cannot be written; were one there, each thing is still counted once.
        below = below.union(select(Asset.id).join(below, Asset.parent_id == below.c.id))
        statement = statement.where(Asset.id.in_(select(below.c.id)))
    return statement


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
