"""A whole register comes in: copied into a table of its own, checked there, written together."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset.actions import bring_checks
from tickets.asset.actions.found_by import found_by
from tickets.events import record
from tickets.grams import grams
from tickets.project.models import Project
from tickets.words import N_

BATCH: Final = 10_000
COLUMNS: Final = (
    "line", "code", "name", "kind", "is_main", "parent", "batch", "model", "maker", "lot",
    "serial", "mounting", "power_w", "cct_k", "ip", "control", "location", "lat", "lon", "datum",
    "installed_on", "public_id", "grams", "is_bad",
)  # fmt: skip
# What a row may change of an asset; where it stands is apart.
FIELDS: Final = COLUMNS[2:5] + COLUMNS[6:21]
_KEPT: Final = ("name", "kind", "datum")  # never empty, whatever a blank cell means
# A workbook keeps 15 or 16 digits of a number, a phone's point has 17: less than a tenth of a
# millimetre is no other place.
_MEASURED: Final = ("power_w", "lat", "lon")
_NOTHING: Final = "1e-9"
_SENTENCES: Final = {
    "twice": N_("There is already an asset {code} in this project."),
    "needed": N_("A new asset needs this."),
    "unknown": N_("There is no asset {code}, neither in this project nor in this file."),
    "below": N_("{code} in row {row} is not loaded, so this cannot stand in it."),
    "misplaced": N_("This cannot stand there: areas hold cabinets, cabinets circuits."),
    "circle": N_("{code} cannot stand in itself."),
}

Tell = Callable[[int, int], Awaitable[None]]
Why = tuple[int, str, str, dict[str, Any]]  # row of the file, field, sentence, places


@dataclass(frozen=True)
class Wish:
    """How a sheet is meant. `columns` are the fields it has; of others it says nothing."""

    columns: frozenset[str]
    update: bool = False
    blank_empties: bool = False
    all_or_nothing: bool = False
    dry_run: bool = False


@dataclass(frozen=True)
class BroughtAssets:
    """`same` are rows that say what the register says already. Nothing of it is written on a dry
    run, or where one bad row spoils all."""

    added: int
    changed: int
    same: int
    bad: Sequence[Why]


async def bring_assets(
    session: AsyncSession,
    project: Project,
    rows: Path,
    wish: Wish,
    *,
    bad_in_file: int,
    stacked: int,
    by_id: int | None,
    now: datetime,
    tell: Tell,
) -> BroughtAssets:
    """`rows` is a CSV of COLUMNS, read and checked cell by cell beforehand; a row that is bad by
    itself says so, for what stands in it. All in the caller's transaction.

    `tell` hears how much of how much is done, and may raise to end it.
    """
    await _copy(session, rows)
    # For those who move things, and for a second sheet: they wait, and circles cannot close
    # between us. Calls for this project are taken meanwhile.
    await session.execute(
        text("SELECT id FROM project WHERE id = :id FOR NO KEY UPDATE"), {"id": project.id}
    )
    await bring_checks.check(
        session,
        project.id,
        sentences=_SENTENCES,
        update=wish.update,
        empties_parent=wish.blank_empties and "parent" in wish.columns,
        stacked=stacked,
    )
    await tell(1, 10)
    bad = await bring_checks.reasons(session)
    changing = await _changes(session, wish) if wish.update else 0
    counts = (
        await session.execute(
            text(
                "SELECT count(*) FILTER (WHERE id IS NULL), count(*) FILTER (WHERE id IS NOT NULL)"
                " FROM asset_brought WHERE NOT is_bad"
            )
        )
    ).one()
    added, known = counts
    told = BroughtAssets(added, changing, known - changing, bad)
    if wish.dry_run or (wish.all_or_nothing and (bad or bad_in_file)):
        return told
    await _add(session, project.id, by_id=by_id, now=now, number=added, tell=tell)
    if changing:
        await _change(session, project.id, by_id=by_id, now=now)
    await tell(10, 10)
    if added or changing:
        record(
            session,
            "asset.imported",
            at=now,
            project_id=project.id,
            by_id=by_id,
            number=added,
            changed=changing,
        )
    return told


async def _copy(session: AsyncSession, rows: Path) -> None:
    await session.execute(text("DROP TABLE IF EXISTS asset_brought"))
    await session.execute(text(bring_checks.TABLE))
    connection = await (await session.connection()).get_raw_connection()
    assert connection.driver_connection
    await connection.driver_connection.copy_to_table(
        "asset_brought", source=rows, columns=COLUMNS, format="csv"
    )


# Above before below, so that each batch finds what it stands in.
_NEW: Final = """
CREATE TEMP TABLE asset_new ON COMMIT DROP AS
SELECT c.line, row_number() OVER (ORDER BY d.depth, c.line) AS place,
       CAST(nextval(pg_get_serial_sequence('asset', 'id')) AS integer) AS id
  FROM asset_brought c JOIN asset_depth d ON d.code = c.code
 WHERE c.id IS NULL AND NOT c.is_bad
"""
_TOLD: Final = {"is_main": "coalesce(b.is_main, false)", "datum": "coalesce(b.datum, 'WGS-84')"}
_ADD: Final = f"""
WITH new AS (
  INSERT INTO asset (id, project_id, parent_id, code, {", ".join(FIELDS)}, is_place_doubtful,
                     public_id, grams)
  SELECT n.id, :project, coalesce(a.id, m.id), b.code,
         {", ".join(_TOLD.get(field, f"b.{field}") for field in FIELDS)},
         b.is_place_doubtful, b.public_id, b.grams
    FROM asset_new n JOIN asset_brought b ON b.line = n.line
    LEFT JOIN asset_brought p ON p.code = b.above
    LEFT JOIN asset_new m ON m.line = p.line
    LEFT JOIN asset a ON a.project_id = :project AND a.code = b.above
   WHERE n.place > :after AND n.place <= :after + :batch
   ORDER BY n.place
  RETURNING id
)
INSERT INTO asset_change (asset_id, at, by_id, what, fields)
SELECT id, :now, CAST(:by_id AS integer), 'added', '{{}}'::jsonb FROM new
"""


async def _add(
    session: AsyncSession,
    project_id: int,
    *,
    by_id: int | None,
    now: datetime,
    number: int,
    tell: Tell,
) -> None:
    if not number:
        return
    for statement in (
        "DROP TABLE IF EXISTS asset_new",
        _NEW,
        "CREATE UNIQUE INDEX ON asset_new (place)",
        "CREATE UNIQUE INDEX ON asset_new (line)",
        "ANALYZE asset_new",
    ):
        await session.execute(text(statement))
    places = {"project": project_id, "by_id": by_id, "now": now, "batch": BATCH}
    for after in range(0, number, BATCH):
        await session.execute(text(_ADD), places | {"after": after})
        await tell(2 + 7 * min(after + BATCH, number) // number, 10)


def _new(field: str, wish: Wish) -> str:
    """What an asset's field is after the sheet, as SQL."""
    if field not in wish.columns:
        return f"a.{field}"
    if field in _MEASURED:
        after = f"b.{field}" if wish.blank_empties else f"coalesce(b.{field}, a.{field})"
        return f"CASE WHEN abs(b.{field} - a.{field}) < {_NOTHING} THEN a.{field} ELSE {after} END"
    if not wish.blank_empties or field in _KEPT:
        return f"coalesce(b.{field}, a.{field})"
    return f"coalesce(b.{field}, false)" if field == "is_main" else f"b.{field}"


async def _changes(session: AsyncSession, wish: Wish) -> int:
    """The assets that will be others, with what each field was and becomes."""
    told: list[tuple[str, str]] = [
        (field, _new(field, wish)) for field in FIELDS if field in wish.columns
    ]
    told.append(("parent", "b.above"))
    before = {"parent": "b.above_was"}
    differences = " || ".join(
        f"CASE WHEN {before.get(field, f'a.{field}')} IS DISTINCT FROM {after} THEN"
        f" jsonb_build_object('{field}', jsonb_build_array("
        f"{before.get(field, f'a.{field}')}, {after})) ELSE '{{}}'::jsonb END"
        for field, after in told
    )
    columns = ", ".join(f"{_new(field, wish)} AS {field}" for field in FIELDS)
    doubtful = "a.is_place_doubtful"
    if {"lat", "lon"} <= wish.columns:
        # A sheet of a few of the many on one point does not take the doubt from them.
        doubtful = (
            f"CASE WHEN ({_new('lat', wish)}, {_new('lon', wish)}) IS NOT DISTINCT FROM"
            " (a.lat, a.lon) THEN a.is_place_doubtful ELSE b.is_place_doubtful END"
        )
    await session.execute(text("DROP TABLE IF EXISTS asset_changed"))
    await session.execute(
        text(
            "CREATE TEMP TABLE asset_changed ON COMMIT DROP AS SELECT * FROM ("
            f"SELECT b.id, b.above, {columns}, {doubtful} AS is_place_doubtful,"
            f" {differences} AS fields"
            " FROM asset_brought b JOIN asset a ON a.id = b.id"
            " WHERE NOT b.is_bad) c"
            " WHERE fields <> '{}'::jsonb"
        )
    )
    return int(await session.scalar(text("SELECT count(*) FROM asset_changed")) or 0)


_CHANGE: Final = f"""
UPDATE asset a
   SET {", ".join(f"{field} = c.{field}" for field in FIELDS)},
       is_place_doubtful = c.is_place_doubtful, version = a.version + 1,
       parent_id = CASE WHEN c.fields ? 'parent' THEN p.id ELSE a.parent_id END
  FROM asset_changed c
  LEFT JOIN asset p ON p.project_id = :project AND p.code = c.above
 WHERE a.id = c.id
"""
_NOTED: Final = """
INSERT INTO asset_change (asset_id, at, by_id, what, fields)
SELECT id, :now, CAST(:by_id AS integer),
       CASE WHEN fields ? 'parent' AND fields - 'parent' = '{}'::jsonb THEN 'moved'
            ELSE 'changed' END,
       fields
  FROM asset_changed WHERE fields <> '{}'::jsonb ORDER BY id
"""
_SOUGHT: Final = """
SELECT a.id, a.code, a.name, a.location, a.model, a.serial
  FROM asset_changed c JOIN asset a ON a.id = c.id
 WHERE c.fields ?| ARRAY['name', 'location', 'model', 'serial'] AND a.id > :after
 ORDER BY a.id LIMIT 1000
"""


async def _change(
    session: AsyncSession, project_id: int, *, by_id: int | None, now: datetime
) -> None:
    await session.execute(text(_CHANGE), {"project": project_id})
    await session.execute(text(_NOTED), {"now": now, "by_id": by_id})
    after = 0
    while rows := list(await session.execute(text(_SOUGHT), {"after": after})):
        after = rows[-1][0]
        await found_by(session, [(id_, grams(*texts)) for id_, *texts in rows])
