"""The JSON door behind a real server, with things in it that can be named."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.faults.running import make_token, sessions_of, web
from tests.makers.asset import make_asset
from tests.makers.database import own_database
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket
from tickets import embedded
from tickets.migrations import load_tables


@dataclass(frozen=True)
class Door:
    address: str
    token: str
    log: Path

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@pytest.fixture(scope="module")
async def door(server: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Door]:
    """PJ-1 and PJ-2, in each a box DB01 with lamps L01 to L09 and tickets; a technician."""
    load_tables()
    folder = tmp_path_factory.mktemp("door")
    async with own_database(server) as url:
        now = datetime.now(UTC)
        async with sessions_of(url) as sessions, sessions() as session, session.begin():
            token = await make_token(session)
            technician = await make_person(session, role="technician")
            technician.login = "wei"
            for code in ("PJ-1", "PJ-2"):
                project = await make_project(session, code=code, accepted_on=date(2026, 1, 15))
                box = await make_asset(session, project=project, code="DB01", kind="DB")
                for n in range(1, 10):
                    await make_asset(
                        session, project=project, code=f"L0{n}", parent=box, is_main=n == 1
                    )
                for hours in range(30):
                    await make_ticket(
                        session,
                        project=project,
                        now=now - timedelta(hours=hours),
                        assets=("L01",) if hours % 2 else (),
                    )
        with embedded.redis(folder) as redis_url, web(folder, url, redis_url) as running:
            yield Door(running.address, token, running.log)
