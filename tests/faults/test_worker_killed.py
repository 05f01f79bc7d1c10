"""`kill -9` of the worker between breach and notice, again and again; and several at once."""

import random
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from tests.faults.overdue import make_overdue, must_have_happened_once, number
from tests.faults.running import sessions_of
from tests.makers.database import own_database

pytestmark = pytest.mark.killing

SOME = "SELECT count(*) FROM event WHERE kind = 'clock.breached'"
SENT = "SELECT count(*) FROM notice WHERE sent_at IS NOT NULL"
DONE = "SELECT count(*) FROM delivery WHERE handled_at IS NOT NULL"


class Nursery:
    def __init__(self, url: str, log: Path) -> None:
        self.log = log
        with log.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.nursery", url],
                cwd=Path(__file__).parents[2],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        assert self.answer() == "ready"

    def answer(self) -> str:
        assert self.process.stdout
        line = self.process.stdout.readline().strip()
        assert line, self.log.read_text()
        return line

    def order(self, words: str) -> str:
        assert self.process.stdin
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()
        return self.answer()


@contextmanager
def nursery(url: str, log: Path) -> Iterator[Nursery]:
    running = Nursery(url, log)
    try:
        yield running
    finally:
        running.process.kill()
        running.process.communicate()


@asynccontextmanager
async def overdue(server: str, tickets: int) -> AsyncIterator[str]:
    async with own_database(server) as url:
        async with sessions_of(url) as sessions, sessions() as session, session.begin():
            await make_overdue(session, tickets)
        yield url


async def test_a_worker_killed_again_and_again_loses_and_repeats_nothing(
    server: str, tmp_path: Path
) -> None:
    chance = random.Random(20261123)
    kills = between = 0
    async with overdue(server, 60) as url:
        with nursery(url, tmp_path / "log") as workers:
            before, reach = -1, 0.2
            while between < 8:
                told = workers.order(f"kill {chance.uniform(0.03, reach):.3f}")
                if told != "killed":
                    assert told == "done 0", workers.log.read_text()
                    break
                kills += 1
                done = await number(url, SENT) + await number(url, DONE)
                if await number(url, SOME) and done > before:
                    between += 1  # this kill fell into another state of the work
                else:
                    reach *= 1.15  # so that a slow machine gets somewhere too
                before = max(before, done)
            assert workers.order("finish") == "done 0"
            assert "Traceback" not in workers.log.read_text()
        await must_have_happened_once(url, 60)
    assert kills >= 5, kills
    assert between >= 2, between


async def test_two_sweeps_and_two_relays_at_once_share_the_work(
    server: str, tmp_path: Path
) -> None:
    async with overdue(server, 67) as url:
        with nursery(url, tmp_path / "log") as workers:
            assert workers.order("race") == "done 0", workers.log.read_text()
            assert workers.order("finish") == "done 0"
            assert "failed" not in workers.log.read_text()
        await must_have_happened_once(url, 67)
