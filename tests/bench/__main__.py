"""`make bench`: how fast the desk is, against the barest thing that shows or keeps the same.

Every pair is asked in turn over one kept-alive connection each; the figures are medians. Exit
code 1 when a limit of the issue is passed. `--quick` is a smaller town, for a look between;
`--full` has register, sheet and search at their full sizes, which takes a quarter of an hour.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import asyncpg

from tests.bench import bare, labels, register, search, sheet, streets, sweep, told, town
from tests.bench.clockwork import Ask, Client, alternating, rss_mib, running
from tests.bench.table import Table, desk, getting, place, tell

SEARCHES = ("喷泉", "音乐广场", "DB0042", "138", "BJ-017", "整排不亮")


def opening(client: Client, path: str) -> Ask:
    chance = random.Random(11)

    def ask(n: int) -> None:
        project = n % 200 + 1
        call = {
            "project": f"BJ-{project:03}",
            "assets": [ASSETS[project]],
            "fault": "OUT_ONE",
            "description": f"{streets.place(chance)}{streets.complaint(chance)}",
            "reporter": {"name": streets.person(chance), "phone": f"139{n:08}"},
            "channel": "phone",
        }
        body = json.dumps(call).encode()
        status, answer = client.ask("POST", path, body, {"Content-Type": "application/json"})
        if status != 201:
            sys.exit(f"POST {path}: {status} {answer[:500]!r}")

    return ask


ASSETS: dict[int, str] = {}


async def some_rows(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    found = await connection.fetch(
        "SELECT project_id, min(code) AS code FROM asset GROUP BY project_id"
    )
    ASSETS.update({row["project_id"]: row["code"] for row in found})
    await connection.execute(bare.TABLE)
    refs = await connection.fetch("SELECT ref FROM ticket WHERE id % 997 = 3 ORDER BY id DESC")
    await connection.close()
    return [row["ref"] for row in refs]


async def falling_due(url: str, clocks: int) -> tuple[float, int]:
    """Seconds from the instant at which so many clocks fall due until all are breached in rows
    that others can see, and how many were running beside them. A real worker is at work."""
    connection = await asyncpg.connect(url)
    beside = await connection.fetchval(
        "SELECT count(*) FROM clock WHERE met_at IS NULL AND closed_as IS NULL"
        " AND breached_at IS NULL AND due_at > now()"
    )
    due = town.utc_now() + timedelta(seconds=4)
    ids = [
        row["id"]
        for row in await connection.fetch(
            "UPDATE clock SET due_at = $1 WHERE id IN (SELECT id FROM clock WHERE met_at IS NULL"
            " AND closed_as IS NULL AND breached_at IS NULL AND due_at > now() + interval '1 hour'"
            " ORDER BY id DESC LIMIT $2) RETURNING id",
            due,
            clocks,
        )
    ]
    while True:
        left = await connection.fetchval(
            "SELECT count(*) FROM clock WHERE id = ANY($1) AND breached_at IS NULL", ids
        )
        now = town.utc_now()
        if not left:
            break
        if now - due > timedelta(seconds=60):
            sys.exit(f"{left} clocks are not breached after a minute")
        await asyncio.sleep(0.02)
    await connection.close()
    return (now - due).total_seconds(), beside


def measure(table: Table, url: str, folder: Path, times: int, clocks: int) -> None:
    refs = asyncio.run(some_rows(url))
    with desk(url, folder) as here:
        page, person, program = here.page, here.person, here.program
        for what, client, paths in (
            ("board", person, ["/desk"]),
            ("board, filtered", person, ["/desk?project=BJ-017", "/desk?severity=S2"]),
            ("board, refreshed", person, ["/desk/rows"]),
            ("ticket page", person, [f"/tickets/{ref}" for ref in refs]),
            ("search, board", person, [f"/desk?q={quote(q)}" for q in SEARCHES]),
            ("search, all tickets", person, [f"/tickets?q={quote(q)}" for q in SEARCHES]),
            ("search, API", program, [f"/api/v1/tickets?q={quote(q)}" for q in SEARCHES]),
            ("search, caller", person, [f"/desk/call/found?q={quote(q)}" for q in SEARCHES]),
        ):
            ours, limit = alternating(getting(client, paths), page, times)
            table.pair(what, ours, limit, 2, "(a)")
        ours, limit = alternating(
            opening(program, "/api/v1/tickets"), opening(here.bare, "/insert"), times
        )
        table.pair("open a ticket, API", ours, limit, 4, "(b)")
        table.single("memory of the web worker", rss_mib(here.pid), "MiB", 200)
        work = (sys.executable, "-m", "tickets.cli", "work")
        with running(work, here.env, folder / "work.log"):
            time.sleep(6)
            for kind, (count, p99) in asyncio.run(told.told(url, program, ASSETS)).items():
                table.single(f"{kind} to the channel's hand, p99 of {count}", p99, "s", 5)
            for due, within in ((clocks, 2), (10 * clocks, 10)):
                taken, beside = asyncio.run(falling_due(url, due))
                told_of = f"{due:,} clocks fall due among {beside:,} running"
                table.single(told_of, taken, "s", within)


def grow(url: str, table: Table, sizes: Sequence[int]) -> None:
    """The sweep as the clocks grow, in a database that holds nothing else."""
    have = 0
    now = town.utc_now()
    for size in sizes:
        asyncio.run(sweep.grow(url, now, have, size))
        have = size
        table.growth(size, *asyncio.run(sweep.at_rest(url)))


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    how_much = parser.add_mutually_exclusive_group()
    how_much.add_argument("--quick", action="store_true", help="a tenth of the town")
    how_much.add_argument(
        "--full", action="store_true", help="register, sheet and search at 200,000, and a million"
    )
    parser.add_argument("--times", type=int, default=300, help="requests of each kind")
    asked = parser.parse_args()
    few = asked.times // 3
    table = Table()
    size = town.Size(10_000, 1_000, 2_000) if asked.quick else town.Size()
    with place() as (url, folder):
        began = time.perf_counter()
        asyncio.run(town.build(url, town.utc_now(), size))
        seconds = time.perf_counter() - began
        tell(f"{size.tickets} tickets, {size.open} open, {size.assets} assets: {seconds:.0f} s")
        measure(table, url, folder, asked.times, 100 if asked.quick else 1000)
        if not asked.full:
            search.measure(table, url, folder, f"{size.tickets:,} and {size.assets:,}", few)
    if asked.full:
        search.alone(table, town.Size(200_000, 20_000, 200_000), few, 5)
    labels.measure(table)
    assets = 200_000 if asked.full else 10_000 if asked.quick else 50_000
    sheet.alone(table, assets)
    register.alone(table, assets, few)
    with place() as (url, _):
        grow(url, table, (10_000, 100_000) if asked.quick else (10_000, 100_000, 1_000_000))
    table.close()


if __name__ == "__main__":
    main()
