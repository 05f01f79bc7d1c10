"""Changing and moving one asset."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset import queries
from tickets.asset.actions.checked import columns_of, holder_of
from tickets.asset.actions.history import note
from tickets.asset.models import Asset
from tickets.asset.rules import may_stand_in
from tickets.events import record
from tickets.grams import grams
from tickets.project.models import Project
from tickets.refusals import Invalid, Refused
from tickets.staff.rules import Who


async def change_asset(
    session: AsyncSession,
    who: Who,
    project: Project,
    code: str,
    *,
    version: int,
    now: datetime,
    changes: Mapping[str, Any],
) -> Asset:
    """`changes` are fields of `NewAsset` without the code; `parent` moves it (None: to the top).

    `project` is locked by the door, so that two moves cannot close a circle between them.
    """
    asset = await queries.find(session, project.id, code, lock=True)
    if asset.version != version:
        raise Refused(
            "Somebody else changed this meanwhile. Please look at it again, then change it."
        )
    columns = columns_of(changes, lat=asset.lat, lon=asset.lon)
    kind = columns.get("kind", asset.kind)
    way = await queries.path(session, asset)
    holder = way[-2] if len(way) > 1 else None
    told: dict[str, tuple[Any, Any]] = {}
    if "parent" in columns:
        parent = columns.pop("parent")
        above = None
        if parent is not None and (holder is None or parent != holder.code):
            above = await holder_of(session, project, parent, kind)
            if any(step.id == asset.id for step in await queries.path(session, above)):
                raise Refused("{code} cannot stand in itself.", code=asset.code)
            columns["parent_id"] = above.id
            told["parent"] = (holder.code if holder else None, above.code)
        elif parent is None and holder is not None:
            columns["parent_id"] = None
            told["parent"] = (holder.code, None)
    if kind != asset.kind:
        if holder is not None and "parent" not in told and not may_stand_in(kind, holder.kind):
            raise Invalid("kind", "What holds it cannot hold such a kind.")
        await _must_hold(session, asset, kind)
    changed = {name: value for name, value in columns.items() if getattr(asset, name) != value}
    if not changed:
        return asset
    told |= {
        name: (getattr(asset, name), value)
        for name, value in changed.items()
        if name != "parent_id"
    }
    for name, value in changed.items():
        setattr(asset, name, value)
    asset.version += 1
    asset.grams = grams(asset.code, asset.name, asset.location, asset.model, asset.serial)
    what = "moved" if set(told) == {"parent"} else "changed"
    note(session, asset.id, what, by_id=who.id, now=now, fields=told)
    record(
        session,
        "asset.changed",
        at=now,
        project_id=project.id,
        by_id=who.id,
        code=asset.code,
        fields=sorted(told),
    )
    await session.flush()
    return asset


async def _must_hold(session: AsyncSession, asset: Asset, kind: str) -> None:
    inside = await session.scalars(select(Asset.kind).where(Asset.parent_id == asset.id).distinct())
    if not all(may_stand_in(each, kind) for each in inside):
        raise Invalid("kind", "It holds what such a kind cannot hold.")
