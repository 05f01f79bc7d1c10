"""What stands in what: the way down to an asset, what is below it, the branches of the tree."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Integer, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from tickets.asset.models import Asset, AssetBelow, AssetBranch
from tickets.project.rules import CODE
from tickets.project.rules.kinds import KINDS
from tickets.refusals import Invalid

MOST_BRANCHES = 100


@dataclass(frozen=True)
class Step:
    """One step of the way down to an asset."""

    id: int
    code: str
    name: str
    kind: str


async def path(session: AsyncSession, asset: Asset) -> list[Step]:
    """What it stands in, from the area down, itself last; one statement."""
    step = (Asset.id, Asset.parent_id, Asset.code, Asset.name, Asset.kind)
    way = (
        select(*step, literal(0).label("up")).where(Asset.id == asset.id).cte("way", recursive=True)
    )
    above = (
        select(
            Asset.id,
            Asset.parent_id,
            Asset.code,
            Asset.name,
            Asset.kind,
            (way.c.up + 1).label("up"),
        )
        .join(way, Asset.id == way.c.parent_id)
        # A loop cannot be written; were one there, the page would still end.
        .where(way.c.up < 50)
    )
    way = way.union_all(above)
    rows = await session.execute(
        select(way.c.id, way.c.code, way.c.name, way.c.kind).order_by(way.c.up.desc())
    )
    return [Step(*row) for row in rows]


async def counts(
    session: AsyncSession, project_id: int, *, parent: Asset | None = None
) -> list[tuple[str, int]]:
    """How many of each kind are installed, there or anywhere below; in the order of the kinds."""
    rows = await session.execute(
        select(AssetBelow.kind, func.sum(AssetBelow.number).cast(Integer))
        .where(
            AssetBelow.project_id == project_id,
            AssetBelow.holder_id == (parent.id if parent is not None else 0),
        )
        .group_by(AssetBelow.kind)
    )
    found: dict[str, int] = {kind: number for kind, number in rows}
    return [(kind, found[kind]) for kind in KINDS if found.get(kind)]


def below(asset_id: int) -> ColumnElement[bool]:
    """Everything in the asset, in what stands in it and so on: a range of the index of ways."""
    own = aliased(AssetBranch)
    way = select(own.way).where(own.asset_id == asset_id).scalar_subquery()
    # Arrays are compared step by step: what begins with a way comes right after it, before
    # whatever has its last step counted on by one.
    up = select(own.way[1 : func.cardinality(own.way) - 1]).where(own.asset_id == asset_id)
    return (AssetBranch.way > way) & (
        AssetBranch.way < func.array_append(up.scalar_subquery(), asset_id + 1)
    )


@dataclass(frozen=True)
class Branch:
    """One line of the tree; `number` counts everything below that is not retired."""

    id: int
    code: str
    name: str
    kind: str
    is_main: bool
    number: int


@dataclass(frozen=True)
class Branches:
    items: Sequence[Branch]
    next: str | None


async def branches(
    session: AsyncSession,
    project_id: int,
    holder_id: int | None,
    *,
    cursor: str | None = None,
    limit: int = MOST_BRANCHES,
) -> Branches:
    """What stands right in an asset, or at the top, by code, with what is below; one statement."""
    number = (
        select(func.coalesce(func.sum(AssetBelow.number), 0).cast(Integer))
        .where(AssetBelow.project_id == project_id, AssetBelow.holder_id == Asset.id)
        .scalar_subquery()
    )
    statement = (
        select(Asset.id, Asset.code, Asset.name, Asset.kind, Asset.is_main, number)
        .where(
            Asset.project_id == project_id,
            Asset.parent_id.is_(None) if holder_id is None else Asset.parent_id == holder_id,
            Asset.retired_at.is_(None),
        )
        .order_by(Asset.code)
        .limit(limit + 1)
    )
    if cursor is not None:
        if CODE.fullmatch(cursor) is None:
            raise Invalid("cursor", "This place in the list is not known.")
        statement = statement.where(Asset.code > cursor)
    items = [Branch(*row) for row in await session.execute(statement)]
    shown = items[:limit]
    return Branches(shown, shown[-1].code if len(items) > limit else None)
