"""What a sheet of assets may not say: checked for all its rows at once, inside the database."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset.rules.place import LOWEST, RANKS

# The rows as they came; `line` is theirs in the file. `id` is that of a code known already.
TABLE: Final = """
CREATE TEMP TABLE asset_brought (
  line int PRIMARY KEY, code text, name text, kind text, is_main boolean, parent text, batch text,
  model text, maker text, lot text, serial text, mounting text, power_w float8, cct_k int, ip text,
  control text, location text, lat float8, lon float8, datum text, installed_on date,
  public_id text, grams text[], is_bad boolean NOT NULL,
  id int, kind_now text, kind_was text, above text, above_was text,
  is_place_doubtful boolean NOT NULL DEFAULT false,
  is_bad_in_file boolean, field text, sentence text, places jsonb
) ON COMMIT DROP
"""
INDEXES: Final = (
    "CREATE UNIQUE INDEX ON asset_brought (code)",
    "CREATE INDEX ON asset_brought (above)",
    "ANALYZE asset_brought",
)


def _rank(kind: str) -> str:
    cases = " ".join(f"WHEN '{name}' THEN {rank}" for name, rank in RANKS.items())
    return f"CASE {kind} {cases} ELSE {LOWEST} END"


# Which of the rows are in the register; what they stand in and are, before and after.
_KNOWN: Final = """
UPDATE asset_brought b
   SET id = a.id, kind_was = a.kind, above_was = p.code
  FROM asset a LEFT JOIN asset p ON p.id = a.parent_id
 WHERE a.project_id = :project AND a.code = b.code
"""
_NOW: Final = """
UPDATE asset_brought
   SET kind_now = coalesce(kind, kind_was), is_bad_in_file = is_bad,
       above = coalesce(parent, CASE WHEN :empties_parent THEN NULL ELSE above_was END)
"""
_TWICE: Final = """
UPDATE asset_brought SET is_bad = true, field = 'code', sentence = :sentence,
       places = jsonb_build_object('code', code)
 WHERE id IS NOT NULL AND NOT is_bad
"""
_NEEDED: Final = """
UPDATE asset_brought SET is_bad = true, field = :field, sentence = :sentence
 WHERE id IS NULL AND NOT is_bad AND {field} IS NULL
"""
# What a row says it stands in is neither in the register nor anywhere in the file.
_UNKNOWN: Final = """
UPDATE asset_brought b SET is_bad = true, field = 'parent', sentence = :sentence,
       places = jsonb_build_object('code', b.parent)
 WHERE b.parent IS NOT NULL AND NOT b.is_bad
   AND NOT EXISTS (SELECT FROM asset_brought p WHERE p.code = b.parent)
   AND NOT EXISTS (SELECT FROM asset a WHERE a.project_id = :project AND a.code = b.parent)
"""
# Below a row that is bad and new there is nothing to stand in; all the way down.
_BELOW: Final = """
WITH RECURSIVE down AS (
  SELECT code, line FROM asset_brought WHERE is_bad AND id IS NULL
  UNION ALL
  SELECT b.code, b.line FROM asset_brought b JOIN down ON b.above = down.code
   WHERE b.id IS NULL AND NOT b.is_bad
)
UPDATE asset_brought b SET is_bad = true, field = 'parent', sentence = :sentence,
       places = jsonb_build_object('code', b.above, 'row', p.line)
  FROM asset_brought p
 WHERE p.code = b.above AND p.code IN (SELECT code FROM down) AND p.id IS NULL AND NOT b.is_bad
"""
_MISPLACED: Final = f"""
UPDATE asset_brought b SET is_bad = true, field = 'parent', sentence = :sentence
  FROM asset_brought c
  LEFT JOIN asset_brought p ON p.code = c.above AND NOT p.is_bad
  LEFT JOIN asset a ON a.project_id = :project AND a.code = c.above
 WHERE c.line = b.line AND NOT b.is_bad AND c.above IS NOT NULL
   AND (c.id IS NULL OR c.kind_now <> c.kind_was OR c.above IS DISTINCT FROM c.above_was
        OR p.kind_now <> p.kind_was)
   AND {_rank("coalesce(p.kind_now, a.kind)")} > {_rank("c.kind_now")}
"""
# What stands in what once the good rows are in; those the roots do not reach stand in a circle.
_TREE: Final = (
    "DROP TABLE IF EXISTS asset_tree, asset_depth",
    """
CREATE TEMP TABLE asset_tree ON COMMIT DROP AS
SELECT code, above FROM asset_brought WHERE NOT is_bad
UNION ALL
SELECT a.code, p.code FROM asset a LEFT JOIN asset p ON p.id = a.parent_id
 WHERE :is_update AND a.project_id = :project
   AND NOT EXISTS (SELECT FROM asset_brought b WHERE b.code = a.code AND NOT b.is_bad)
""",
    "CREATE INDEX ON asset_tree (above)",
    "CREATE INDEX ON asset_tree (code)",
    "ANALYZE asset_tree",
    """
CREATE TEMP TABLE asset_depth ON COMMIT DROP AS
WITH RECURSIVE down AS (
  SELECT t.code, 0 AS depth FROM asset_tree t
   WHERE t.above IS NULL OR NOT EXISTS (SELECT FROM asset_tree u WHERE u.code = t.above)
  UNION ALL
  SELECT t.code, down.depth + 1 FROM asset_tree t JOIN down ON t.above = down.code
)
SELECT code, depth FROM down
""",
    "CREATE INDEX ON asset_depth (code)",
    "ANALYZE asset_depth",
)
_UNREACHED: Final = """
SELECT code, above FROM asset_tree t
 WHERE NOT EXISTS (SELECT FROM asset_depth d WHERE d.code = t.code)
"""
_CIRCLE: Final = """
UPDATE asset_brought SET is_bad = true, field = 'parent', sentence = :sentence,
       places = jsonb_build_object('code', code)
 WHERE code = ANY(:codes) AND NOT is_bad
"""
_STACKED: Final = """
UPDATE asset_brought b SET is_place_doubtful = true
  FROM (SELECT lat, lon FROM asset_brought WHERE lat IS NOT NULL
         GROUP BY lat, lon HAVING count(*) >= :stacked) s
 WHERE s.lat = b.lat AND s.lon = b.lon
"""
_WHY: Final = """
SELECT line, field, sentence, places FROM asset_brought
 WHERE is_bad AND NOT is_bad_in_file ORDER BY line
"""


async def check(
    session: AsyncSession,
    project_id: int,
    *,
    sentences: Mapping[str, str],
    update: bool,
    empties_parent: bool,
    stacked: int,
) -> None:
    """Marks every row that cannot be taken, with the sentence of what is wrong with it.

    Goes round until nothing more is found: a row that falls takes down what stands in it, and
    lets the register's own word hold for what it would have changed.
    """
    told: dict[str, Any] = {"project": project_id}
    # For this transaction: sorts and joins of a whole register stay in memory.
    await session.execute(text("SELECT set_config('work_mem', '32MB', true)"))
    await session.execute(text("ANALYZE asset_brought"))
    await session.execute(text(_KNOWN), told)
    await session.execute(text(_NOW), {"empties_parent": empties_parent})
    for statement in INDEXES:
        await session.execute(text(statement))
    await session.execute(text(_STACKED), {"stacked": stacked})
    if not update:
        await session.execute(text(_TWICE), {"sentence": sentences["twice"]})
    for field in ("name", "kind"):
        await session.execute(
            text(_NEEDED.format(field=field)), {"field": field, "sentence": sentences["needed"]}
        )
    await session.execute(text(_UNKNOWN), told | {"sentence": sentences["unknown"]})
    while True:
        await session.execute(text(_BELOW), {"sentence": sentences["below"]})
        fallen = await _count(session)
        await session.execute(text(_MISPLACED), told | {"sentence": sentences["misplaced"]})
        await session.execute(text(_BELOW), {"sentence": sentences["below"]})
        for statement in _TREE:
            places = told | {"is_update": update} if ":project" in statement else {}
            await session.execute(text(statement), places)
        unreached = {code: above for code, above in await session.execute(text(_UNREACHED))}
        circle = in_circles(unreached)
        if circle:
            places = {"codes": circle, "sentence": sentences["circle"]}
            await session.execute(text(_CIRCLE), places)
        if fallen == await _count(session):
            return


async def _count(session: AsyncSession) -> int:
    found = await session.scalar(text("SELECT count(*) FROM asset_brought WHERE is_bad"))
    return int(found or 0)


async def reasons(session: AsyncSession) -> Sequence[tuple[int, str, str, dict[str, Any]]]:
    rows = await session.execute(text(_WHY))
    return [(line, field, sentence, places or {}) for line, field, sentence, places in rows]


def in_circles(above: Mapping[str, str | None]) -> list[str]:
    """Of those that no root reaches, the ones that stand in themselves; each is walked once."""
    walk_of: dict[str, int] = {}
    found: list[str] = []
    for number, begin in enumerate(above):
        way: list[str] = []
        at: str | None = begin
        while at is not None and at in above and at not in walk_of:
            walk_of[at] = number
            way.append(at)
            at = above[at]
        if at is not None and walk_of.get(at) == number:
            found += way[way.index(at) :]
    return found
