"""A sheet is sent in and looked at, its columns are named, it is started or called off."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.project.models import Project
from tickets.refusals import Invalid, Refused
from tickets.sheet import reading
from tickets.sheet.actions import store
from tickets.sheet.models import SheetLoad, SheetMapping, SheetProgress
from tickets.sheet.rules.fields import FIELDS, NEEDED
from tickets.staff.rules import Who
from tickets.words import N_

_ASKED = {
    "code": N_("Say which column holds the code of the asset."),
    "external_ref": N_("Say which column holds the number of the old ticket."),
    "reported_at": N_("Say which column tells when it was reported."),
}


async def send_in(
    session: AsyncSession,
    who: Who,
    project: Project,
    *,
    what: str,
    name: str,
    path: Path,
    now: datetime,
) -> SheetLoad:
    """Kept and looked at, nothing more. Raises Invalid("file") for what cannot be read."""
    seen = await reading.look(path, what)
    remembered = await session.scalar(
        select(SheetMapping.columns).where(
            SheetMapping.what == what, SheetMapping.shape == seen["shape"]
        )
    )
    load = SheetLoad(
        project_id=project.id,
        by_id=who.id,
        what=what,
        name=name[-200:],
        size=path.stat().st_size,  # noqa: ASYNC240
        rows=seen["rows"],
        state="draft",
        shape=seen["shape"],
        headings=seen["headings"],
        look={"first": seen["first"], "line": seen["line"], "remembered": remembered is not None},
        columns=seen["guess"] if remembered is None else remembered,
        sent_at=now,
    )
    session.add(load)
    await session.flush()
    session.add(SheetProgress(load_id=load.id))
    await store.put(path, store.sent_in(load.id))
    await session.flush()
    return load


async def start(
    session: AsyncSession,
    load: SheetLoad,
    *,
    columns: Mapping[str, int],
    wish: Mapping[str, bool],
    now: datetime,
) -> None:
    """`columns` says which column is which field; remembered for sheets of this shape.

    Raises Invalid where a field is named twice or one that is needed is not there.
    """
    if load.state != "draft":
        raise Refused("This sheet was started already.")
    check_columns(load.what, columns, len(load.headings))
    load.columns = dict(columns)
    load.wish = dict(wish)
    load.state = "waiting"
    kept = insert(SheetMapping).values(
        what=load.what, shape=load.shape, columns=dict(columns), used_at=now
    )
    await session.execute(
        kept.on_conflict_do_update(
            index_elements=[SheetMapping.what, SheetMapping.shape],
            set_={"columns": kept.excluded.columns, "used_at": kept.excluded.used_at},
        )
    )
    session.info["events_recorded"] = True  # rings the worker


def check_columns(what: str, columns: Mapping[str, int], width: int) -> None:
    known = {field.name for field in FIELDS[what]}
    for needed in NEEDED[what]:
        if needed not in columns:
            raise Invalid("columns", _ASKED[needed])
    if not all(name in known and 0 <= column < width for name, column in columns.items()):
        raise Invalid("columns", "This is not one of the known values.")


async def call_off(session: AsyncSession, load: SheetLoad, *, now: datetime) -> None:
    """A draft is over at once; the worker leaves what it does, with nothing written."""
    if load.state == "draft":
        load.state = "cancelled"
        load.finished_at = now
    elif load.state == "waiting":
        await session.execute(
            update(SheetProgress).where(SheetProgress.load_id == load.id).values(is_cancelled=True)
        )
        session.info["events_recorded"] = True
    else:
        raise Refused("This sheet is done with.")
    await session.flush()
