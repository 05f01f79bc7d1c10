"""PostgreSQL loses its memory twice while calls are taken: what was answered is there, once."""

import asyncio
import signal
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.faults.overdue import number, rows
from tests.faults.running import Restarting, make_token, restarting, sessions_of
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.setup.running import PATIENCE, Up
from tickets import embedded
from tickets.migrations import upgrade
from tickets.staff.rules import Role

pytestmark = pytest.mark.killing

UNTOLD = """
SELECT (SELECT count(*) FROM unrelayed)
  + (SELECT count(*) FROM delivery WHERE handled_at IS NULL)
  + (SELECT count(*) FROM notice WHERE sent_at IS NULL)
"""
TOLD = "SELECT count(*) FROM notice WHERE template = 'clock.breached' AND sent_at IS NOT NULL"


class Callers:
    """Each sends a report with its key until it is answered 201, and notes what it was told."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.reported_at = (datetime.now(UTC) - timedelta(hours=2)).isoformat()
        self.answered: dict[str, str] = {}  # what was said → the reference that was given
        self.keys: dict[str, str] = {}
        self.statuses: Counter[int] = Counter()
        self.is_over = False

    async def call(self, caller: int) -> None:
        n = 0
        while not self.is_over:
            n += 1
            words, key = f"caller {caller} report {n}", str(uuid4())
            self.keys[words] = key
            while (answer := await self.send(words, key)).status_code != 201:
                assert answer.status_code == 503, answer.text
                assert answer.headers["content-type"] == "application/problem+json"
                assert answer.headers["retry-after"]
                await asyncio.sleep(0.1)
            self.answered[words] = answer.json()["ref"]

    async def send(self, words: str, key: str) -> httpx.Response:
        answer = await self.client.post(
            "/tickets",
            json={
                "project": "PJ-1",
                "fault": "OUT_ONE",
                "description": words,
                "reported_at": self.reported_at,
            },
            headers={"Idempotency-Key": key},
        )
        self.statuses[answer.status_code] += 1
        return answer


async def prepared(postgres: Restarting) -> str:
    await upgrade(postgres.url)
    async with sessions_of(postgres.url) as sessions, sessions() as session, session.begin():
        await make_project(session, code="PJ-1")
        await make_person(session, role="manager")
        return await make_token(session, role=Role.HOTLINE)


async def test_what_was_answered_outlives_a_restart_under_load(folder: Path) -> None:
    with embedded.prepare_postgres(folder) as server, restarting(server) as postgres:
        key = await prepared(postgres)
        up = Up(folder / "var", TICKETS_DATABASE_URL=postgres.url)
        try:
            up.wait_until_ready()
            web = up.part("cli serve")
            async with httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{up.port}/api/v1",
                headers={"Authorization": f"Bearer {key}"},
                timeout=PATIENCE,
            ) as client:
                callers = await load_and_restart(client, postgres)
                await must_be_there_once(postgres.url, callers)
                assert up.part("cli serve") == web  # it recovered by itself
                await seconds_until_told(postgres.url, len(callers.answered), up)
            assert up.page("/readyz")[0] == 200
            assert "a request failed" not in up.said()
        finally:
            up.stop()


async def load_and_restart(client: httpx.AsyncClient, postgres: Restarting) -> Callers:
    callers = Callers(client)
    calling = [asyncio.create_task(callers.call(n)) for n in range(8)]
    for _ in range(2):
        await more(callers, calling, 201, 20)
        await asyncio.to_thread(postgres.stop_at_once, signal.SIGQUIT)
        await more(callers, calling, 503, 8)
        await asyncio.to_thread(postgres.start)
    await more(callers, calling, 201, 20)
    callers.is_over = True
    await asyncio.gather(*calling)
    assert set(callers.statuses) == {201, 503}
    return callers


async def more(
    callers: Callers, calling: list[asyncio.Task[None]], status: int, answers: int
) -> None:
    """The load is on: so many answers of a kind came since."""
    wanted = callers.statuses[status] + answers
    deadline = time.monotonic() + PATIENCE
    while callers.statuses[status] < wanted:
        assert time.monotonic() < deadline, f"{callers.statuses} and no more {status}"
        for caller in calling:
            if caller.done():
                caller.result()  # it ended with what it did not expect
        await asyncio.sleep(0.02)


async def must_be_there_once(url: str, callers: Callers) -> None:
    found = await rows(url, "SELECT description, ref FROM ticket")
    assert len(found) == len(callers.answered)
    assert {row["description"]: row["ref"] for row in found} == callers.answered
    assert await number(url, "SELECT count(*) FROM clock") == 3 * len(found)
    for words, ref in list(callers.answered.items())[::5]:  # who never heard the answer asks again
        again = await callers.send(words, callers.keys[words])
        assert again.json()["ref"] == ref
        assert again.headers["Idempotent-Replay"] == "true"
    assert await number(url, "SELECT count(*) FROM ticket") == len(found)


async def seconds_until_told(url: str, tickets: int, up: Up) -> None:
    """The worker came back too: each late response is told to the manager once."""
    deadline = time.monotonic() + PATIENCE
    while await number(url, TOLD) < tickets or await number(url, UNTOLD):
        assert time.monotonic() < deadline, up.said()[-3000:]
        await asyncio.sleep(0.1)
    assert await number(url, TOLD) == tickets
    breaches = "SELECT count(*) FROM event WHERE kind = 'clock.breached'"
    assert await number(url, breaches) == tickets
