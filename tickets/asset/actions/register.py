"""What is installed comes into the register: one thing, or thousands at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset import queries
from tickets.asset.actions.checked import columns_of, holder_of, must_stand_in
from tickets.asset.actions.history import note, note_many
from tickets.asset.models import Asset
from tickets.asset.rules import WGS84, new_public_id
from tickets.events import record
from tickets.grams import grams
from tickets.project.models import Project
from tickets.project.rules import CODE
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
    datum: str = WGS84
    is_place_doubtful: bool = False
    installed_on: date | None = None


async def add_asset(
    session: AsyncSession, who: Who, project: Project, new: NewAsset, now: datetime
) -> Asset:
    """The door found `project` with `asset.write`. A code is used once in a project."""
    columns = _columns(new)
    if new.parent is not None:
        columns["parent_id"] = (await holder_of(session, project, new.parent, new.kind)).id
    asset = Asset(project_id=project.id, public_id=new_public_id(), **columns)
    try:
        async with session.begin_nested():
            session.add(asset)
    except IntegrityError:
        raise Refused("There is already an asset {code} in this project.", code=new.code) from None
    note(session, asset.id, "added", by_id=who.id, now=now)
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
        made = {code: (id_, kinds[code]) for code, id_ in rows}
        ids.update(made)
        waiting.clear()
        added = [id_ for id_, _ in made.values()]
        await note_many(session, added, "added", by_id=who_id, now=now)

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
            must_stand_in(item.kind, held[1])
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


def _columns(new: NewAsset) -> dict[str, Any]:
    if CODE.fullmatch(new.code) is None:
        raise Invalid("code", "A code holds letters, digits and - _ . # ( ), no spaces.")
    columns = columns_of({name: getattr(new, name) for name in NewAsset.__dataclass_fields__})
    del columns["parent"]
    columns["grams"] = grams(new.code, new.name, new.location, new.model, new.serial)
    return columns
