"""What the sweep costs while nothing is due, as the clocks grow: 10,000, 100,000, a million.

The very job the worker runs every second, against `SELECT 1` over the same connection, in turn.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from statistics import median
from time import perf_counter
from typing import Any

import asyncpg
from sqlalchemy import text

from tickets import db
from tickets.migrations import load_tables
from workers.sweeps import breach_overdue_clocks

CLOCKS = ("ticket_id", "cycle", "promise", "generation", "reported_at", "target", "repair_from",
          "started_at", "due_at")  # fmt: skip
PROMISES = ("response", "arrival", "repair")
TIMES = 300


def _rows(first: int, last: int, now: datetime) -> Iterator[tuple[Any, ...]]:
    """Running clocks, none of them due within the hour; their tickets are nobody's concern."""
    for n in range(first, last):
        due = now + timedelta(hours=1, seconds=n % 170_000)
        yield (10_000_000 + n // 3, 1, PROMISES[n % 3], 1, now, timedelta(hours=48), "report", now,
               due)  # fmt: skip


async def grow(url: str, now: datetime, have: int, want: int) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET session_replication_role = replica")
        await connection.copy_records_to_table(
            "clock", records=_rows(have, want, now), columns=CLOCKS
        )
        await connection.execute("VACUUM (ANALYZE) clock")
    finally:
        await connection.close()


async def at_rest(url: str) -> tuple[float, float]:
    """(median seconds of a sweep that finds nothing, of `SELECT 1`), one after the other."""
    load_tables()
    engine = db.connect(url, pool_size=1)
    sweeps: list[float] = []
    ones: list[float] = []
    try:
        for n in range(TIMES + 20):
            began = perf_counter()
            found = await breach_overdue_clocks({})
            swept = perf_counter()
            async with db.transaction(is_reading=True) as session:
                await session.scalar(text("SELECT 1"))
            done = perf_counter()
            assert not found
            if n >= 20:  # the first prepare the statements
                sweeps.append(swept - began)
                ones.append(done - swept)
    finally:
        await engine.dispose()
    return median(sweeps), median(ones)
