"""`make bench`: how fast the desk is, against the barest thing that shows or keeps the same.

Every pair is asked in turn over one kept-alive connection each; the figures are medians. Exit
code 1 when a limit of the issue is passed. `--quick` is a smaller town, for a look between.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import asyncpg

from tests.bench import bare, streets, sweep, told, town
from tests.bench.clockwork import Ask, Client, Times, alternating, free_port, rss_mib, running
from tickets import embedded
from tickets.migrations import upgrade
from tickets.staff.signed_in import COOKIE

SEARCHES = ("喷泉", "音乐广场", "DB0042", "138", "BJ-017", "整排不亮")


@contextmanager
def database(folder: Path) -> Iterator[str]:
    """Embedded, as `make run` has it; or on TICKETS_TEST_SERVER, in a database of its own."""
    named = os.environ.get("TICKETS_TEST_SERVER")
    if not named:
        with embedded.postgres(folder) as url:
            yield url
        return
    name = f"bench_{os.getpid()}"

    async def run(statement: str) -> None:
        admin = await asyncpg.connect(f"{named}/postgres")
        await admin.execute(statement)
        await admin.close()

    asyncio.run(run(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING UTF8"))
    try:
        yield f"{named}/{name}"
    finally:
        asyncio.run(run(f"DROP DATABASE {name} WITH (FORCE)"))


@dataclass
class Table:
    """What was measured, line by line, and whether it holds."""

    is_kept: bool = True
    lines: list[tuple[str, ...]] = field(default_factory=list)

    def pair(self, what: str, ours: Times, limit: Times, times: float, against: str) -> None:
        ratio = ours.p50 / limit.p50
        self._add(
            what,
            f"{ours.p50 * 1e3:.2f} ms",
            f"{ours.p95 * 1e3:.2f} ms",
            f"{limit.p50 * 1e3:.2f} ms {against}",
            f"{ratio:.2f} x",
            f"{times:g} x",
            ratio <= times,
        )

    def single(self, what: str, value: float, unit: str, limit: float) -> None:
        self._add(what, f"{value:.2f} {unit}", "", "", "", f"{limit:g} {unit}", value <= limit)

    def growth(self, clocks: int, swept: float, one: float) -> None:
        self._add(
            f"sweep over {clocks:,} running, nothing due",
            f"{swept * 1e3:.3f} ms",
            "",
            f"{one * 1e3:.3f} ms (SELECT 1)",
            f"{swept / one:.2f} x",
            "5 x",
            swept <= 5 * one,
        )

    def _add(self, *cells: str | bool) -> None:
        *texts, holds = cells
        self.is_kept &= bool(holds)
        line = (*map(str, texts), "kept" if holds else "OVER")
        self.lines.append(line)
        print("   ", *(text for text in line if text), flush=True)  # noqa: T201

    def __str__(self) -> str:
        head = ("what", "p50", "p95", "beside it", "ratio", "limit", "")
        rows = [head, tuple("-" * len(cell) for cell in head), *self.lines]
        widths = [max(len(row[n]) for row in rows) for n in range(len(head))]
        return "\n".join(
            "| " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |"
            for row in rows
        )


def getting(client: Client, paths: Sequence[str]) -> Ask:
    def ask(n: int) -> None:
        status, body = client.ask("GET", paths[n % len(paths)])
        if status != 200:
            sys.exit(f"GET {paths[n % len(paths)]}: {status} {body[:500]!r}")

    return ask


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


def measure(url: str, folder: Path, times: int, clocks: int) -> Table:
    table = Table()
    refs = asyncio.run(some_rows(url))
    port, bare_port = free_port(), free_port()
    env = {
        "TICKETS_DATABASE_URL": url,
        "TICKETS_DATA_DIR": str(folder),
        "TICKETS_PORT": str(port),
    }
    with ExitStack() as stack:
        env["TICKETS_REDIS_URL"] = stack.enter_context(embedded.redis(folder))
        web = stack.enter_context(
            running((sys.executable, "-m", "tickets.cli", "serve"), env, folder / "web.log", port)
        )
        uvicorn = (sys.executable, "-m", "uvicorn", "--factory", "tests.bench.bare:create_app")
        stack.enter_context(
            running(
                (*uvicorn, "--port", str(bare_port), "--no-access-log", "--log-level", "warning"),
                env,
                folder / "bare.log",
                bare_port,
            )
        )
        page = getting(Client(bare_port), ["/page"])
        person = Client(port, {"Cookie": f"{COOKIE}={town.COOKIE_KEY}", "Accept": "text/html"})
        program = Client(port, {"Authorization": f"Bearer {town.TOKEN}"})
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
            opening(program, "/api/v1/tickets"), opening(Client(bare_port), "/insert"), times
        )
        table.pair("open a ticket, API", ours, limit, 4, "(b)")
        table.single("memory of the web worker", rss_mib(web.pid), "MiB", 200)
        stack.enter_context(
            running((sys.executable, "-m", "tickets.cli", "work"), env, folder / "work.log")
        )
        time.sleep(6)
        for kind, (count, p99) in asyncio.run(told.told(url, program, ASSETS)).items():
            table.single(f"{kind} to the channel's hand, p99 of {count}", p99, "s", 5)
        for due, within in ((clocks, 2), (10 * clocks, 10)):
            taken, beside = asyncio.run(falling_due(url, due))
            table.single(f"{due:,} clocks fall due among {beside:,} running", taken, "s", within)
    return table


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
    parser.add_argument("--quick", action="store_true", help="a tenth of the town")
    parser.add_argument("--times", type=int, default=300, help="requests of each kind")
    asked = parser.parse_args()
    size = town.Size(10_000, 1_000, 2_000) if asked.quick else town.Size()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        with database(folder) as url:
            asyncio.run(upgrade(url))
            began = time.perf_counter()
            asyncio.run(town.build(url, town.utc_now(), size))
            seconds = time.perf_counter() - began
            print(  # noqa: T201
                f"{size.tickets} tickets, {size.open} open, {size.assets} assets: {seconds:.0f} s",
                flush=True,
            )
            table = measure(url, folder, asked.times, 100 if asked.quick else 1000)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        with database(folder) as url:
            asyncio.run(upgrade(url))
            sizes = (10_000, 100_000) if asked.quick else (10_000, 100_000, 1_000_000)
            grow(url, table, sizes)
    print(f"\n{table}\n\ncores: {os.cpu_count()}")  # noqa: T201
    sys.exit(0 if table.is_kept else 1)


if __name__ == "__main__":
    main()
