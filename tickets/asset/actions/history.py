"""The history of assets: each time something about one became another, in the same transaction."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, DateTime, Integer, Text, any_, insert, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset.models import Asset, AssetChange

# Field → (what it was, what it became); a holder by its code.
Fields = Mapping[str, tuple[Any, Any]]


def note(
    session: AsyncSession,
    asset_id: int,
    what: str,
    *,
    by_id: int | None,
    now: datetime,
    fields: Fields | None = None,
) -> None:
    """One line; `what` is one of `rules.CHANGES`."""
    session.add(
        AssetChange(
            asset_id=asset_id, at=now, by_id=by_id, what=what, fields=_as_json(fields or {})
        )
    )


async def note_each(
    session: AsyncSession,
    lines: Iterable[tuple[int, str, Fields]],
    *,
    by_id: int | None,
    now: datetime,
) -> None:
    """Lines that differ: (asset, what, fields), in one go."""
    rows = [
        {"asset_id": asset_id, "at": now, "by_id": by_id, "what": what, "fields": _as_json(fields)}
        for asset_id, what, fields in lines
    ]
    if rows:
        await session.execute(insert(AssetChange), rows)


async def note_many(
    session: AsyncSession,
    ids: Collection[int],
    what: str,
    *,
    by_id: int | None,
    now: datetime,
    fields: ColumnElement[Any] | None = None,
) -> None:
    """The same for many, before it is done: `fields` is reckoned from each one's own row."""
    told = literal({}, JSONB()) if fields is None else fields
    lines = select(
        Asset.id,
        literal(now, DateTime(timezone=True)),
        literal(by_id, Integer()),
        literal(what, Text()),
        told,
    ).where(Asset.id == among(ids))
    await session.execute(
        insert(AssetChange).from_select(["asset_id", "at", "by_id", "what", "fields"], lines)
    )


def among(ids: Collection[int]) -> ColumnElement[Any]:
    """For `column == among(ids)`: one parameter, however many there are."""
    return any_(literal(list(ids), ARRAY(Integer())))


def _as_json(fields: Fields) -> dict[str, list[Any]]:
    def plain(value: Any) -> Any:
        return value.isoformat() if isinstance(value, date) else value

    return {name: [plain(before), plain(after)] for name, (before, after) in fields.items()}
