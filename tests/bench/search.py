"""`python -m tests.bench.search`: the search over everything, at 200,000 and at a million.

200,000 tickets, a tenth of them open, and 200,000 assets; then each row is copied until there are
a million of both. The same requests as `make bench`, against the same bare page.
"""

import argparse
import asyncio
import time
from pathlib import Path
from urllib.parse import quote

import asyncpg

from tests.bench import town
from tests.bench.clockwork import alternating, rss_mib
from tests.bench.table import Table, desk, getting, place, tell

# Of each sort one: Chinese rare and common, initials, a code whole and half, a reference's end,
# a number's end, a surname, a project, and what is nowhere.
ASKED = (
    "喷泉", "音乐广场", "投光灯", "yygc", "tgd", "DB0042", "db00", "0042", "5678", "张",
    "BJ-017", "BJ-017 DB0042", "整排不亮", "没有的词",
)  # fmt: skip
LIMIT = 3


def measure(
    table: Table, url: str, folder: Path, what: str, times: int, limit: float = LIMIT
) -> None:
    """The page, and the suggestions while one types; then which words are dear, shown only."""
    with desk(url, folder) as here:
        for where, path in (("page", "/search"), ("suggestions", "/search/found")):
            paths = [f"{path}?q={quote(q)}" for q in ASKED]
            ours, bare = alternating(getting(here.person, paths), here.page, times)
            table.pair(f"search, {where}, {what}", ours, bare, limit, "(a)")
        told = []
        for q in ASKED:
            ask = getting(here.person, [f"/search?q={quote(q)}"])
            ours, _ = alternating(ask, lambda n: None, 20, 6)
            told.append(f"{q} {ours.p50 * 1e3:.1f}")
        tell("ms each:", ", ".join(told))
        table.single("memory of the web worker that searched", rss_mib(here.pid), "MiB", 200)


async def grow(url: str, times: int) -> None:
    """Each ticket and asset so many times over, found by the same words."""
    connection = await asyncpg.connect(url, timeout=600)
    await connection.execute("SET session_replication_role = replica")
    found = await connection.fetch(
        "SELECT indexname, indexdef FROM pg_indexes WHERE indexdef LIKE '%USING gin%'"
    )
    for index in found:
        await connection.execute(f"DROP INDEX {index['indexname']}")
    for table, changed in (
        ("ticket", {"id": "id + {by}", "ref": "ref || '-{n}'", "key": "NULL"}),
        ("asset", {"id": "id + {by}", "code": "code || '-{n}'", "public_id": "public_id || '{n}'"}),
    ):
        columns = [
            row["column_name"]
            for row in await connection.fetch(
                "SELECT column_name FROM information_schema.columns"
                " WHERE table_schema = 'public' AND table_name = $1"
                " AND is_generated = 'NEVER'",
                table,
            )
        ]
        by = await connection.fetchval(f"SELECT max(id) FROM {table}")
        for n in range(1, times):
            values = [changed.get(column, column).format(by=by * n, n=n) for column in columns]
            await connection.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) OVERRIDING SYSTEM VALUE"
                f" SELECT {', '.join(values)} FROM {table} WHERE id <= {by}",
                timeout=600,
            )
    for index in found:
        await connection.execute(index["indexdef"], timeout=600)
    await town.lay(connection)
    await connection.execute("VACUUM (ANALYZE)", timeout=600)
    await connection.close()


async def sizes(url: str) -> str:
    connection = await asyncpg.connect(url)
    rows = await connection.fetch(
        "SELECT relname, pg_relation_size(oid) AS bytes FROM pg_class WHERE relname IN"
        " ('ix_ticket_grams', 'ix_ticket_open_grams', 'ix_asset_grams', 'ix_asset_begins',"
        " 'ticket', 'asset') ORDER BY 1"
    )
    await connection.close()
    return ", ".join(f"{row['relname']} {row['bytes'] / 2**20:.0f} MiB" for row in rows)


def alone(table: Table, size: town.Size, times: int, growth: int) -> None:
    """In a town of its own, then in one that has grown; the limit is for the town as it is."""
    with place() as (url, folder):
        began = time.perf_counter()
        asyncio.run(town.build(url, town.utc_now(), size))
        seconds = time.perf_counter() - began
        tell(f"{size.tickets} tickets, {size.assets} assets: {seconds:.0f} s")
        for times_over in (1, growth):
            if times_over > 1:
                asyncio.run(grow(url, times_over))
            tell(asyncio.run(sizes(url)))
            limit = LIMIT if times_over == 1 else float("inf")
            measure(table, url, folder, f"{size.tickets * times_over:,} of both", times, limit)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.search", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the town")
    parser.add_argument("--times", type=int, default=300, help="requests of each kind")
    parser.add_argument("--growth", type=int, default=5, help="how many times over at the end")
    asked = parser.parse_args()
    size = town.Size(20_000, 2_000, 20_000) if asked.quick else town.Size(200_000, 20_000, 200_000)
    table = Table()
    alone(table, size, asked.times, asked.growth)
    table.close()


if __name__ == "__main__":
    main()
