"""What became of an asset, newest first, and the files it has."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset.models import Asset, AssetChange, AssetFile
from tickets.media import Photo
from tickets.refusals import Missing
from tickets.staff.models import Person


@dataclass(frozen=True)
class Told:
    """One line of the history; `fields` maps a field to what it was and what it became."""

    id: int
    at: datetime
    who: str | None
    what: str
    fields: dict[str, Any]


@dataclass(frozen=True)
class History:
    items: Sequence[Told]
    next: int | None


async def history(
    session: AsyncSession, asset_id: int, *, before: int | None = None, limit: int = 10
) -> History:
    """One statement; `before` is what `next` gave."""
    statement = (
        select(AssetChange.id, AssetChange.at, Person.name, AssetChange.what, AssetChange.fields)
        .outerjoin(Person, Person.id == AssetChange.by_id)
        .where(AssetChange.asset_id == asset_id)
        .order_by(AssetChange.id.desc())
        .limit(limit + 1)
    )
    if before is not None:
        statement = statement.where(AssetChange.id < before)
    rows = [Told(*row) for row in await session.execute(statement)]
    shown = rows[:limit]
    return History(shown, shown[-1].id if len(rows) > limit else None)


async def files(session: AsyncSession, asset_id: int) -> Sequence[AssetFile]:
    """What is kept with it now, in the order it came."""
    return (
        await session.scalars(
            select(AssetFile)
            .where(AssetFile.asset_id == asset_id, AssetFile.removed_at.is_(None))
            .order_by(AssetFile.id)
        )
    ).all()


async def file(session: AsyncSession, asset: Asset, file_id: int) -> tuple[AssetFile, Photo | None]:
    """A file of this asset with its picture, if it is one; a removed one is nowhere."""
    row = (
        await session.execute(
            select(AssetFile, Photo)
            .outerjoin(Photo, Photo.id == AssetFile.photo_id)
            .where(
                AssetFile.id == file_id,
                AssetFile.asset_id == asset.id,
                AssetFile.removed_at.is_(None),
            )
        )
    ).first()
    if row is None:
        raise Missing("There is no such file.")
    return row[0], row[1]
