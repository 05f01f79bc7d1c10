"""What is done to what is installed: adding it, changing and moving it, retiring it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset import queries
from tickets.asset.models import Asset
from tickets.asset.rules import ip_code, may_stand_in, new_public_id
from tickets.events import record
from tickets.grams import grams
from tickets.project.models import Project
from tickets.project.rules import CODE
from tickets.project.rules.kinds import KINDS
from tickets.refusals import Invalid, Refused
from tickets.staff.rules import Who


@dataclass(frozen=True)
class NewAsset:
    """`parent` is a code in the same project."""

    code: str
    name: str
    kind: str
    is_main: bool = False
    parent: str | None = None
    model: str | None = None
    maker: str | None = None
    lot: str | None = None
    mounting: str | None = None
    batch: str | None = None
    power_w: float | None = None
    cct_k: int | None = None
    ip: str | None = None
    control: str | None = None
    serial: str | None = None
    location: str | None = None
    lat: float | None = None
    lon: float | None = None
    datum: str = "WGS-84"
    installed_on: date | None = None


async def add_asset(
    session: AsyncSession, who: Who, project: Project, new: NewAsset, now: datetime
) -> Asset:
    """The door found `project` with `asset.write`. A code is used once in a project."""
    columns = _columns(new)
    if new.parent is not None:
        columns["parent_id"] = (await _holder(session, project, new.parent, new.kind)).id
    asset = Asset(project_id=project.id, public_id=new_public_id(), **columns)
    try:
        async with session.begin_nested():
            session.add(asset)
    except IntegrityError:
        raise Refused("There is already an asset {code} in this project.", code=new.code) from None
    record(
        session,
        "asset.added",
        at=now,
        project_id=project.id,
        by_id=who.id,
        code=asset.code,
        equipment=asset.kind,
    )
    return asset


async def add_many(
    session: AsyncSession,
    who_id: int | None,
    project: Project,
    new: Iterable[NewAsset],
    now: datetime,
) -> int:
    """Thousands at once, for a first register: holders come before what they hold.

    One statement per thousand rows and one line in the diary; any bad row refuses them all.
    """
    ids: dict[str, tuple[int, str]] = {}
    number = 0
    waiting: list[dict[str, Any]] = []
    kinds: dict[str, str] = {}

    async def write() -> None:
        try:
            async with session.begin_nested():
                rows = await session.execute(insert(Asset).returning(Asset.code, Asset.id), waiting)
        except IntegrityError:
            raise Refused("One of these codes is already used in this project.") from None
        ids.update({code: (made, kinds[code]) for code, made in rows})
        waiting.clear()

    for item in new:
        columns = _columns(item)
        columns["parent_id"] = None
        if item.parent is not None:
            if item.parent in kinds and item.parent not in ids:
                await write()
            held = ids.get(item.parent)
            if held is None:
                found = await queries.by_codes(session, project.id, [item.parent])
                held = ids[item.parent] = (found[0].id, found[0].kind)
            _must_stand_in(item.kind, held[1])
            columns["parent_id"] = held[0]
        kinds[item.code] = item.kind
        waiting.append({"project_id": project.id, "public_id": new_public_id(), **columns})
        number += 1
        if len(waiting) == 1000:
            await write()
    if waiting:
        await write()
    record(session, "asset.imported", at=now, project_id=project.id, by_id=who_id, number=number)
    return number


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
    columns = dict(changes)
    kind = columns.get("kind", asset.kind)
    _must_be_kind(kind)
    if "ip" in columns:
        columns["ip"] = _ip(columns["ip"])
    if "parent" in columns:
        parent = columns.pop("parent")
        columns["parent_id"] = None
        if parent is not None:
            holder = await _holder(session, project, parent, kind)
            if any(step.id == asset.id for step in await queries.path(session, holder)):
                raise Refused("{code} cannot stand in itself.", code=asset.code)
            columns["parent_id"] = holder.id
    changed = {name: value for name, value in columns.items() if getattr(asset, name) != value}
    if not changed:
        return asset
    for name, value in changed.items():
        setattr(asset, name, value)
    asset.version += 1
    asset.grams = grams(asset.code, asset.name, asset.location, asset.model, asset.serial)
    record(
        session,
        "asset.changed",
        at=now,
        project_id=project.id,
        by_id=who.id,
        code=asset.code,
        fields=sorted("parent" if name == "parent_id" else name for name in changed),
    )
    await session.flush()
    return asset


async def retire(
    session: AsyncSession, who: Who, project: Project, code: str, *, now: datetime
) -> Asset:
    """拆除: it is there no more; its label and its history stay."""
    asset = await queries.find(session, project.id, code, lock=True)
    if asset.retired_at is not None:
        raise Refused("{code} is retired already.", code=asset.code)
    asset.retired_at = now
    asset.version += 1
    record(session, "asset.retired", at=now, project_id=project.id, by_id=who.id, code=asset.code)
    await session.flush()
    return asset


def _columns(new: NewAsset) -> dict[str, Any]:
    if CODE.fullmatch(new.code) is None:
        raise Invalid("code", "A code holds letters, digits and - _ . # ( ), no spaces.")
    _must_be_kind(new.kind)
    columns = {name: getattr(new, name) for name in NewAsset.__dataclass_fields__}
    del columns["parent"]
    columns["ip"] = _ip(new.ip)
    columns["grams"] = grams(new.code, new.name, new.location, new.model, new.serial)
    return columns


def _must_be_kind(kind: str) -> None:
    if kind not in KINDS:
        raise Invalid("kind", "This kind of equipment is not known.")


def _ip(typed: str | None) -> str | None:
    if typed is None:
        return None
    code = ip_code(typed)
    if code is None:
        raise Invalid("ip", "This is not an IP code, as in IP65.")
    return code


async def _holder(session: AsyncSession, project: Project, code: str, kind: str) -> Asset:
    try:
        (holder,) = await queries.by_codes(session, project.id, [code])
    except Invalid as unknown:
        raise Invalid("parent", unknown.sentence, **unknown.places) from None
    _must_stand_in(kind, holder.kind)
    return holder


def _must_stand_in(kind: str, parent_kind: str) -> None:
    if not may_stand_in(kind, parent_kind):
        raise Invalid("parent", "This cannot stand there: areas hold cabinets, cabinets circuits.")
