"""`kill -9` while quarters are planned, and two at it at once: one inspection per quarter."""

import random
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.faults.overdue import number
from tests.faults.running import sessions_of
from tests.faults.test_worker_killed import nursery
from tests.makers.database import own_database
from tests.makers.project import make_project

pytestmark = pytest.mark.killing

PROJECTS = 300
QUARTERS = 4
ALL = "SELECT count(*) FROM inspection"
TWICE = (
    "SELECT count(*) FROM (SELECT project_id, due_on FROM inspection GROUP BY 1, 2"
    " HAVING count(*) > 1) AS twice"
)
TORN = (
    "SELECT count(*) FROM (SELECT project_id FROM inspection GROUP BY 1"
    f" HAVING count(*) <> {QUARTERS}) AS torn"
)
TOLD = "SELECT count(*) FROM event WHERE kind = 'inspection.planned'"


async def test_killed_again_and_again_every_quarter_is_planned_once(
    server: str, tmp_path: Path
) -> None:
    chance = random.Random(7)
    async with own_database(server) as url:
        async with sessions_of(url) as sessions, sessions() as session, session.begin():
            for n in range(PROJECTS):
                day = date(2026, 1 + n % 11, 1 + n % 28)
                await make_project(session, code=f"K-{n:03}", accepted_on=day)
            await session.execute(text("DELETE FROM inspection"))
        kills = 0
        with nursery(url, tmp_path / "log") as workers:
            for _ in range(20):
                if workers.order(f"plan {chance.uniform(0.02, 0.5):.3f}") == "killed":
                    kills += 1
                # Of a project all quarters, or none.
                assert await number(url, TORN) == 0
            assert workers.order("plans") == "done 0", workers.log.read_text()
        assert kills >= 10
        assert await number(url, ALL) == PROJECTS * QUARTERS
        assert await number(url, TWICE) == 0
        assert await number(url, TOLD) == PROJECTS
