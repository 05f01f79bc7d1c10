"""From the instant at which a threshold falls due to the channel's hand, while calls come in."""

import asyncio
import json
import random
import sys
from datetime import datetime, timedelta
from statistics import quantiles
from typing import Any

import asyncpg

from tests.bench import streets, town
from tests.bench.clockwork import Client
from tests.channel.receiver import Receiver, receiving

A_SECOND = 5  # tickets
SECONDS = 60
AHEAD = timedelta(seconds=8)  # half the time for the response is over so soon after the call
HALF = timedelta(minutes=30)

_CHANNEL = """
INSERT INTO channel (kind, name, settings) VALUES ('http', 'bench', $1) RETURNING id
"""
_FELL = """
SELECT sending.id::text AS id, notice.falls_at AS at, notice.template AS template
FROM sending JOIN notice ON notice.id = sending.notice_id WHERE sending.channel_id = $1
"""


def _call(program: Client, number: int, chance: random.Random, asset: str, project: str) -> None:
    call: dict[str, Any] = {
        "project": project,
        "assets": [asset],
        "fault": "OUT_ONE",
        "description": f"{streets.place(chance)}{streets.complaint(chance)}",
        "reporter": {"name": streets.person(chance), "phone": f"137{number:08}"},
        "channel": "phone",
        "reported_at": (town.utc_now() - HALF + AHEAD).isoformat(),
    }
    body = json.dumps(call).encode()
    headers = {"Content-Type": "application/json"}
    status, answer = program.ask("POST", "/api/v1/tickets", body, headers)
    if status != 201:
        sys.exit(f"POST /api/v1/tickets: {status} {answer[:500]!r}")


def _arrived(rows: list[asyncpg.Record], receiver: Receiver) -> dict[str, list[float]]:
    """Seconds from the instant each fell due until the receiver had it, by what it was."""
    first: dict[str, datetime] = {}
    for got in receiver.got:
        first.setdefault(got.id, got.at)
    taken: dict[str, list[float]] = {"ticket.opened": [], "clock.warned": []}
    for row in rows:
        if row["template"] in taken:
            taken[row["template"]].append((first[row["id"]] - row["at"]).total_seconds())
    return taken


async def told(url: str, program: Client, assets: dict[int, str]) -> dict[str, tuple[int, float]]:
    """Of new tickets and of warnings: how many messages, and the 99th percentile of seconds."""
    chance = random.Random(25)
    connection = await asyncpg.connect(url)
    try:
        async with receiving() as receiver:
            settings = json.dumps({"url": receiver.url})
            channel_id = await connection.fetchval(_CHANNEL, settings)
            loop = asyncio.get_running_loop()
            began = loop.time()
            for number in range(A_SECOND * SECONDS):
                project = number % 200 + 1
                await asyncio.to_thread(
                    _call, program, number, chance, assets[project], f"BJ-{project:03}"
                )
                await asyncio.sleep(max(0, began + (number + 1) / A_SECOND - loop.time()))
            await asyncio.sleep(AHEAD.total_seconds() + 7)
            rows = await connection.fetch(_FELL, channel_id)
            taken = _arrived(rows, receiver)
            await connection.execute("UPDATE channel SET is_active = false")
    finally:
        await connection.close()
    return {kind: (len(all_), quantiles(all_, n=100)[98]) for kind, all_ in taken.items()}
