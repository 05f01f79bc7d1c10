"""`kill -9` in the middle of a sheet, again and again: nothing of it is written, or all of it."""

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.faults.overdue import number
from tests.faults.running import sessions_of
from tests.faults.test_worker_killed import nursery
from tests.makers.database import own_database
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import who_of
from tests.sheet.sheets import workbook
from tickets import media
from tickets.settings import settings
from tickets.sheet import actions
from tickets.sheet.models import SheetLoad
from tickets.sheet.rules import limits
from tickets.staff.rules import Role

pytestmark = pytest.mark.killing

ROWS = 4000
ASSETS = "SELECT count(*) FROM asset"
ADDED = "SELECT count(*) FROM asset_change WHERE what = 'added'"
LAID = "SELECT count(*) FROM asset_branch"
EVENTS = "SELECT count(*) FROM event WHERE kind = 'asset.imported'"
DONE = "SELECT count(*) FROM sheet_load WHERE state = 'done'"


async def test_killed_in_the_middle_it_is_taken_up_anew_and_loaded_once(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TICKETS_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    media.store.cache_clear()
    chance = random.Random(5)
    rows: list[list[str | None]] = [[f"L-{n}", "灯", "投光灯", "C-1"] for n in range(ROWS - 2)]
    rows += [["C-1", "回路", "回路", "DB01"], ["DB01", "箱", "配电箱", None]]
    path = tmp_path / "sheet.xlsx"
    path.write_bytes(workbook(rows))
    async with own_database(server) as url:
        async with sessions_of(url) as sessions, sessions() as session, session.begin():
            project = await make_project(session)
            person = await make_person(session, role="manager")
            now = datetime.now(UTC)
            who = who_of(person.id, Role.MANAGER)
            loads: list[SheetLoad] = []
            for name in ("a", "b"):
                load = await actions.send_in(
                    session, who, project, what="assets", name=name, path=path, now=now
                )
                await actions.start(session, load, columns=load.columns, wish={}, now=now)
                loads.append(load)
        kills = 0
        with nursery(url, tmp_path / "log") as workers:
            for _ in range(limits.ATTEMPTS - 1):  # more often it would be given up
                if workers.order(f"load {chance.uniform(0.2, 1.0):.3f}") != "killed":
                    break
                kills += 1
                # All of a sheet, or nothing of it.
                assert await number(url, ASSETS) in (0, ROWS)
            assert workers.order("loads") == "done 0", workers.log.read_text()
        assert kills >= 2
        # The second sheet says again what the first has said: each of its rows is bad.
        assert [await number(url, each) for each in (ASSETS, ADDED, LAID)] == [ROWS] * 3
        assert (await number(url, EVENTS), await number(url, DONE)) == (1, 2)
    settings.cache_clear()
    media.store.cache_clear()
