"""Two workers at the sheets that wait, at once: each sheet is one's alone, each row is in once."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.faults.overdue import number, rows
from tests.faults.running import sessions_of
from tests.faults.test_worker_killed import nursery
from tests.makers.database import own_database
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import who_of
from tests.sheet.sheets import csv_of
from tickets import media
from tickets.settings import settings
from tickets.sheet import actions
from tickets.staff.rules import Role

ROWS = 1500
HEADINGS = ("设备编号", "名称", "类型", "上级")
TWICE = "SELECT count(*) FROM (SELECT 1 FROM asset GROUP BY project_id, code HAVING count(*) > 1) t"
STATES = "SELECT state, counts, attempts FROM sheet_load JOIN sheet_progress ON load_id = id"


async def test_one_sheet_and_two_workers(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await raced(server, tmp_path, monkeypatch, sheets=1)


async def test_four_sheets_of_two_projects_and_two_workers(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each project's second sheet says what its first says: only one of the two adds the rows,
    whichever worker is quicker."""
    await raced(server, tmp_path, monkeypatch, sheets=4)


async def raced(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, sheets: int
) -> None:
    monkeypatch.setenv("TICKETS_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    media.store.cache_clear()
    told = [[f"L-{n}", "灯", "投光灯", "C-1"] for n in range(ROWS - 2)]
    told += [["C-1", "回路", "回路", "DB01"], ["DB01", "箱", "配电箱", ""]]
    path = tmp_path / "sheet.csv"
    path.write_bytes(csv_of(told, headings=HEADINGS))
    projects = min(sheets, 2)
    async with own_database(server) as url:
        async with sessions_of(url) as sessions, sessions() as session, session.begin():
            person = await make_person(session, role="manager")
            who, now = who_of(person.id, Role.MANAGER), datetime.now(UTC)
            made = [await make_project(session) for _ in range(projects)]
            for n in range(sheets):
                load = await actions.send_in(
                    session, who, made[n % projects], what="assets", name="x", path=path, now=now
                )
                await actions.start(session, load, columns=load.columns, wish={}, now=now)
        with nursery(url, tmp_path / "log") as workers:
            assert workers.order("loads") == "done 0", workers.log.read_text()
            assert "Traceback" not in workers.log.read_text()
        assert await number(url, "SELECT count(*) FROM asset") == ROWS * projects
        assert await number(url, TWICE) == 0
        added = "SELECT count(*) FROM asset_change WHERE what = 'added'"
        assert await number(url, added) == ROWS * projects
        assert await number(url, "SELECT count(*) FROM asset_branch") == ROWS * projects
        imported = "SELECT count(*) FROM event WHERE kind = 'asset.imported'"
        assert await number(url, imported) == projects
        found = await rows(url, STATES)
        # Nobody tried a sheet that another one was at.
        assert [(row["state"], row["attempts"]) for row in found] == [("done", 1)] * sheets
    settings.cache_clear()
    media.store.cache_clear()
