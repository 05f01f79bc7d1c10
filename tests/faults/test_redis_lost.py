"""Redis is a doorbell: emptied or killed while everybody works, it costs seconds and no more."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import redis.asyncio

from tests.faults.overdue import number
from tests.faults.running import Restarting, make_token, restarting, sessions_of
from tests.makers.database import own_database
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.setup.running import PATIENCE, Up
from tickets import embedded
from tickets.staff.rules import Role

pytestmark = pytest.mark.killing

UNTOLD = """
SELECT (SELECT count(*) FROM unrelayed)
  + (SELECT count(*) FROM delivery WHERE handled_at IS NULL)
  + (SELECT count(*) FROM notice WHERE sent_at IS NULL)
"""
BREACHES = "SELECT count(*) FROM event WHERE kind = 'clock.breached'"
TOLD = "SELECT count(*) FROM notice WHERE template = 'clock.breached' AND sent_at IS NOT NULL"


@dataclass
class House:
    url: str
    redis: Restarting
    up: Up
    key: str

    async def open_overdue(self, client: httpx.AsyncClient, tickets: int) -> None:
        """Reported two hours ago, so that each response is broken at once."""
        for _ in range(tickets):
            ago = (datetime.now(UTC) - timedelta(hours=2)).isoformat()
            call = {"project": "PJ-1", "fault": "OUT_ONE", "description": "x", "reported_at": ago}
            answer = await client.post("/tickets", json=call)
            assert answer.status_code == 201, answer.text

    async def seconds_until_told(self, tickets: int) -> float:
        """Every breach, and of each the one manager, exactly once."""
        began = time.monotonic()
        while await number(self.url, TOLD) < tickets or await number(self.url, UNTOLD):
            assert time.monotonic() - began < PATIENCE, self.up.said()[-3000:]
            await asyncio.sleep(0.1)
        assert await number(self.url, BREACHES) == tickets
        assert await number(self.url, TOLD) == tickets
        return time.monotonic() - began


@pytest.fixture(scope="module")
async def house(server: str, folder: Path) -> AsyncIterator[House]:
    async with own_database(server) as url:
        async with sessions_of(url) as sessions, sessions() as session, session.begin():
            await make_project(session, code="PJ-1")
            await make_person(session, role="manager")
            await make_person(session, role="technician")
            key = await make_token(session, role=Role.HOTLINE)
        with restarting(embedded.prepare_redis(folder)) as doorbell:
            up = Up(folder / "var", TICKETS_DATABASE_URL=url, TICKETS_REDIS_URL=doorbell.url)
            try:
                up.wait_until_ready()
                yield House(url, doorbell, up, key)
            finally:
                up.stop()


@pytest.fixture
async def api(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{house.up.port}/api/v1",
        headers={"Authorization": f"Bearer {house.key}"},
        timeout=PATIENCE,
    ) as client:
        yield client


async def test_flushed_all_the_while_nothing_is_lost(  # E10
    house: House, api: httpx.AsyncClient
) -> None:
    doorbell = redis.asyncio.Redis.from_url(house.redis.url)
    pause, is_over, flushes = 0.004, False, 0

    async def flush() -> None:
        nonlocal flushes
        while not is_over:
            await doorbell.flushall()
            flushes += 1
            await asyncio.sleep(pause)

    flushing = asyncio.create_task(flush())
    await house.open_overdue(api, 30)
    pause = 2.5  # a job lies in Redis for a second; what the worker never sees it cannot do
    try:
        assert await house.seconds_until_told(30) < 40
    finally:
        is_over = True
        await flushing
        await doorbell.aclose()
    assert flushes > 20, flushes


async def test_without_redis_calls_are_taken_and_told_once_it_is_back(
    house: House, api: httpx.AsyncClient
) -> None:
    web = house.up.part("cli serve")
    house.redis.stop_at_once(signal.SIGKILL)
    began = time.monotonic()
    await house.open_overdue(api, 10)
    assert time.monotonic() - began < 15  # nobody waited for it, ten times
    await asyncio.sleep(8)  # long enough for a worker that gave up to die twice
    house.redis.start()
    assert await house.seconds_until_told(40) < 40
    assert house.up.said().count("worker     │ ended") == 1
    assert house.up.part("cli serve") == web
    assert house.up.page("/healthz")[0] == 200
