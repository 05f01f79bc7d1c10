"""The register at its full size: 200,000 assets in one project, its pages beside the bare page.

`python -m tests.bench.register`; the triggers are at work while the assets are copied in, so the
time of building says what keeping the branches costs.
"""

import argparse
import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from tests.bench import bare, streets, town
from tests.bench.clockwork import alternating
from tests.bench.table import Table, desk, getting, place, tell
from tickets import db
from tickets.asset import actions, queries
from tickets.asset.queries import Chosen, Wanted
from tickets.grams import grams
from tickets.project import queries as projects
from tickets.project.models import Project
from tickets.staff.rules import Grant, Role, Verb, Who

PROJECT = 1
HOME = "/projects/BJ-001"
COLUMNS = (
    "id", "public_id", "project_id", "parent_id", "code", "name", "kind", "model", "batch",
    "is_main", "location", "lat", "lon", "is_place_doubtful", "grams",
)  # fmt: skip
AREAS, BOXES, CIRCUITS = 10, 20, 10  # each holds so many of the next; the rest are luminaires


def rows(number: int, first: int) -> Iterator[tuple[Any, ...]]:
    """Areas, cabinets, circuits, luminaires; holders come before what they hold."""
    chance = random.Random(3)
    made = 0

    def one(parent: int | None, code: str, kind: str) -> tuple[int, tuple[Any, ...]]:
        nonlocal made
        id_ = first + made
        made += 1
        place = streets.place(chance)
        model = f"ZM-{chance.randrange(40):02}"
        name = f"{place}{kind.lower()}"
        row = (
            id_, f"R{id_:09}", PROJECT, parent, code, name, kind, model,
            str(1 + made % 4), made % 50 == 0, place, 30 + chance.random(), 120 + chance.random(),
            made % 997 == 0, grams(code, name, place, model),
        )  # fmt: skip
        return id_, row

    circuits = []
    for a in range(AREAS):
        area, row = one(None, f"Q{a:02}", "AREA")
        yield row
        for b in range(BOXES):
            box, row = one(area, f"Q{a:02}-DB{b:02}", "BOX")
            yield row
            for c in range(CIRCUITS):
                circuit, row = one(box, f"Q{a:02}-DB{b:02}-C{c:02}", "CIRC")
                yield row
                circuits.append((circuit, f"Q{a:02}-DB{b:02}-C{c:02}"))
    n = 0
    while made < number:
        circuit, code = circuits[n % len(circuits)]
        yield one(circuit, f"{code}-L{n // len(circuits):03}", "LUM_LINE")[1]
        n += 1


async def build(url: str, number: int) -> float:
    """Seconds for the assets alone, with every index and trigger in place."""
    await town.build(url, town.utc_now(), town.Size(2000, 200, 400, 200))
    connection = await asyncpg.connect(url)
    first = 1 + await connection.fetchval("SELECT max(id) FROM asset")
    made = list(rows(number, first))
    began = time.perf_counter()
    await connection.copy_records_to_table("asset", records=made, columns=COLUMNS)
    seconds = time.perf_counter() - began
    await connection.execute(
        "SELECT setval(pg_get_serial_sequence('asset', 'id'), $1)", made[-1][0]
    )
    await connection.execute(
        "INSERT INTO asset_change (asset_id, at, by_id, what, fields)"
        " SELECT a.id, now(), 1, w, '{}' FROM asset a, unnest(ARRAY['added', 'changed']) w"
        " WHERE a.project_id = $1",
        PROJECT,
    )
    await connection.execute("VACUUM (ANALYZE)")
    await connection.execute(bare.TABLE)
    await connection.close()
    return seconds


async def in_one_act(url: str, table: Table) -> None:
    """A field set for every luminaire, then all of them moved: one statement over all of it."""
    engine = db.connect(url)
    who = Who(PROJECT, "bench", "en", (Grant(Role.ADMIN),))
    lamps = Chosen(asked=Wanted(kind="LUM_LINE"))

    async def timed(what: str, act: Callable[[AsyncSession, Project, int], Awaitable[int]]) -> None:
        began = time.perf_counter()
        async with db.transaction() as session:
            project = await projects.find(session, who, "BJ-001", Verb.ASSET_WRITE, lock=True)
            number = await queries.number_of(session, project.id, lamps.asked or Wanted())
            done = await act(session, project, number)
        seconds = time.perf_counter() - began
        # Nobody's limit but ours: half a minute, and more than 50,000 take as much longer.
        table.single(f"{what} for {done:,} assets", seconds, "s", 30 * max(1, done / 50_000))

    now = town.utc_now()
    await timed(
        "a batch set",
        lambda session, project, number: actions.edit_many(
            session, who, project, lamps, {"batch": "9"}, expected=number, now=now
        ),
    )
    await timed(
        "a model set",
        lambda session, project, number: actions.edit_many(
            session, who, project, lamps, {"model": "ZM-99"}, expected=number, now=now
        ),
    )
    await timed(
        "another holder",
        lambda session, project, number: actions.move_many(
            session, who, project, lamps, "Q00", expected=number, now=now
        ),
    )
    await engine.dispose()


# Path and how many times the bare page it may take. The lists show fifty rows of eight columns with
# their filters, those below something ask for its way first.
PAGES: tuple[tuple[str, int, list[str]], ...] = (
    ("assets, table", 4, ["/assets", "/assets?cursor=Q05-DB10-C05-L007"]),
    ("assets, table by model", 4, ["/assets?sort=model", "/assets?sort=-model"]),
    (
        "assets, table, filtered",
        4,
        ["/assets?kind=BOX", "/assets?model=ZM-07", "/assets?doubtful=true"],
    ),
    ("assets, table below an area", 4, [f"/assets?parent=Q0{n}&below=true" for n in range(9)]),
    (
        "assets, table below a cabinet",
        4,
        [f"/assets?parent=Q0{n}-DB07&below=1" for n in range(9)],
    ),
    (
        "assets, table, searched",
        4,
        [f"/assets?q={quote(q)}" for q in ("Q03-DB07-C02-L011", "音乐广场")],
    ),
    ("asset tree", 2, ["/asset_tree"]),
    ("asset tree, open at a circuit", 4, [f"/asset_tree?open=Q0{n}-DB07-C03" for n in range(9)]),
    ("a branch of the tree", 2, [f"/asset_tree/branch?open=Q0{n}-DB07" for n in range(9)]),
    ("asset page, area", 2, [f"/assets/Q0{n}" for n in range(9)]),
    ("asset page, luminaire", 2, [f"/assets/Q0{n}-DB07-C03-L01{n}" for n in range(9)]),
)


def measure(table: Table, url: str, folder: Path, times: int) -> None:
    with desk(url, folder) as here:
        for what, most, paths in PAGES:
            asked = getting(here.person, [HOME + path for path in paths])
            table.pair(what, *alternating(asked, here.page, times), most, "(a)")


def alone(table: Table, assets: int, times: int) -> None:
    """In a database of its own; what is done to all of them at once comes last."""
    with place() as (url, folder):
        seconds = asyncio.run(build(url, assets))
        tell(f"{assets:,} assets copied into one project: {seconds:.1f} s")
        measure(table, url, folder, times)
        asyncio.run(in_one_act(url, table))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.register", description=__doc__)
    parser.add_argument("--assets", type=int, default=200_000)
    parser.add_argument("--times", type=int, default=200, help="requests of each kind")
    asked = parser.parse_args()
    table = Table()
    alone(table, asked.assets, asked.times)
    table.close()


if __name__ == "__main__":
    main()
