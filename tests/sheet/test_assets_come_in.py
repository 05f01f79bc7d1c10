"""A register comes in from a spreadsheet: read, checked, written together, told row by row."""

from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.asset import make_asset
from tests.makers.project import make_project
from tests.sheet.sheets import (
    HEADINGS,
    brought,
    carried_out,
    cells,
    chosen,
    csv_of,
    sent,
    workbook,
    wrong,
)
from tickets.asset.models import Asset, AssetChange
from tickets.events import Event
from tickets.project.models import Project

GOOD: list[list[Any]] = [
    [
        "L-1",
        "投光灯",
        "投光灯",
        "C-1",
        "36W",
        datetime(2025, 9, 1),  # noqa: DTZ001 - as Excel has it
        31.2304,
        121.4737,
    ],
    ["C-1", "一回路", "回路", "DB01", None, None, None, None],
    ["DB01", "南门箱", "BOX", None, None, "2025年9月1日", None, None],
]


@pytest.fixture
async def project(session: AsyncSession) -> Project:
    return await make_project(session, code="P1")


async def assets_of(session: AsyncSession, project: Project) -> dict[str, Asset]:
    rows = await session.scalars(
        select(Asset)
        .where(Asset.project_id == project.id)
        .execution_options(populate_existing=True)
    )
    return {asset.code: asset for asset in rows}


async def test_a_sheet_with_chinese_headings_in_any_order_becomes_the_register(
    session: AsyncSession, project: Project, as_role: SignedIn
) -> None:
    manager = await as_role("manager")
    address = await sent(manager, "P1", workbook(GOOD))
    page = (await manager.get(address)).text
    assert chosen(page)["column_parent"] == "3"
    assert "投光灯" in page
    load = await carried_out(session, manager, address)
    assert (load.state, load.counts["added"], load.counts["bad"]) == ("done", 3, 0)
    found = await assets_of(session, project)
    lamp = found["L-1"]
    assert (lamp.kind, lamp.power_w, lamp.installed_on) == ("LUM_FLOOD", 36, date(2025, 9, 1))
    assert lamp.parent_id == found["C-1"].id
    assert found["C-1"].parent_id == found["DB01"].id
    assert found["DB01"].installed_on == date(2025, 9, 1)
    assert len({asset.public_id for asset in found.values()}) == 3
    changes = await session.scalars(select(AssetChange.what))
    assert list(changes) == ["added"] * 3
    event = (await session.scalars(select(Event).where(Event.kind == "asset.imported"))).one()
    assert event.facts["number"] == 3
    # It is found like any other.
    assert "L-1" in (await manager.get("/search", params={"q": "投光"})).text
    assert "Loaded." in (await manager.get(address)).text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
async def test_a_csv_is_read_in_whatever_excel_saved_it(
    session: AsyncSession, project: Project, as_role: SignedIn, encoding: str
) -> None:
    rows = [["DB01", "喆堃镕箱", "配电箱", "", "", "2025/9/1", "", ""]]
    manager = await as_role("manager")
    content = csv_of(rows, encoding=encoding)
    load = await brought(session, manager, "P1", content, name="x.csv")
    assert load.counts["added"] == 1, load.bad
    assert (await assets_of(session, project))["DB01"].name == "喆堃镕箱"


async def test_every_bad_row_is_named_with_its_cell_and_the_good_ones_are_loaded(
    session: AsyncSession, project: Project, as_role: SignedIn
) -> None:
    rows: list[list[Any]] = [
        ["OK-1", "灯", "投光灯", None, 36, None, None, None],
        ["BAD 1", "灯", "投光灯", None, None, None, None, None],
        ["X-1", "灯", "飞碟", None, None, None, None, None],
        ["X-2", "灯", "投光灯", "NOPE", None, None, None, None],
        ["X-3", "灯", "投光灯", "X-1", None, None, None, None],
        ["OK-1", "灯", "投光灯", None, None, None, None, None],
        ["X-4", "灯", "投光灯", None, "很亮", "3/9/25", 91, 121],
        [None, "灯", "投光灯", None, None, None, None, None],
        ["Y-1", "箱", "BOX", "Y-2", None, None, None, None],
        ["Y-2", "箱", "BOX", "Y-1", None, None, None, None],
        ["Z-1", "箱", "BOX", "OK-1", None, None, None, None],
    ]
    manager = await as_role("manager")
    load = await brought(session, manager, "P1", workbook(rows))
    told = {(row, column) for row, column, _ in wrong(load)}
    assert told == {
        (3, 0), (4, 2), (5, 3), (6, 3), (7, 0), (8, 4), (8, 5), (8, 6), (9, 0), (10, 3), (11, 3),
        (12, 3),
    }  # fmt: skip
    assert (load.counts["added"], load.counts["bad"]) == (1, 10)
    assert set(await assets_of(session, project)) == {"OK-1"}
    page = (await manager.get(f"/projects/P1/sheets/{load.id}")).text
    assert "H9" not in page
    assert "G8" in page
    # The sheet of bad rows, in the shape in which it came, to be corrected and sent again.
    answer = await manager.get(f"/projects/P1/sheets/{load.id}/result.xlsx")
    back = cells(answer.content)
    assert tuple(back[0][:8]) == HEADINGS
    assert len(back) == 11
    assert back[1][0] == "BAD 1"
    fixed = [["X-1", "灯", "投光灯"] if row[0] == "X-1" else row[:8] for row in back[1:]]
    only = [row for row in fixed if row[0] in ("X-1", "X-3")]
    again = await brought(session, manager, "P1", workbook(only))
    assert (again.counts["added"], again.counts["bad"]) == (2, 0)


async def test_all_or_nothing_loads_nothing_where_one_row_is_bad(
    session: AsyncSession, project: Project, as_role: SignedIn
) -> None:
    rows: list[list[Any]] = [*GOOD, ["X", "灯", "飞碟", None, None, None, None, None]]
    manager = await as_role("manager")
    load = await brought(session, manager, "P1", workbook(rows), {"all_or_nothing": "true"})
    assert load.counts["written"] == 0
    assert await assets_of(session, project) == {}
    page = (await manager.get(f"/projects/P1/sheets/{load.id}")).text
    assert "Nothing was loaded, because rows are bad." in page


async def test_a_try_writes_nothing_and_says_what_it_would(
    session: AsyncSession, project: Project, as_role: SignedIn
) -> None:
    manager = await as_role("manager")
    load = await brought(session, manager, "P1", workbook(GOOD), {"dry_run": "true"})
    assert (load.counts["added"], load.counts["written"]) == (3, 0)
    assert await assets_of(session, project) == {}
    assert await session.scalar(select(func.count()).select_from(AssetChange)) == 0


async def test_an_update_changes_what_the_sheet_says_and_nothing_else(
    session: AsyncSession, project: Project, as_role: SignedIn
) -> None:
    box = await make_asset(session, project=project, code="DB01", name="箱", kind="BOX")
    await make_asset(session, project=project, code="L-1", name="旧名", location="南门", power_w=36)
    manager = await as_role("manager")
    rows = [["L-1", "新名", None, "DB01", None, None, None, None]]
    refused = await brought(session, manager, "P1", workbook(rows))
    assert [sentence for *_, sentence in wrong(refused)] == [
        "There is already an asset {code} in this project."
    ]
    load = await brought(session, manager, "P1", workbook(rows), {"update": "true"})
    assert (load.counts["changed"], load.counts["added"]) == (1, 0), load.bad
    lamp = (await assets_of(session, project))["L-1"]
    assert (lamp.name, lamp.location, lamp.power_w) == ("新名", "南门", 36)
    assert (lamp.parent_id, lamp.version) == (box.id, 2)
    change = (
        await session.scalars(select(AssetChange).where(AssetChange.asset_id == lamp.id))
    ).one()
    assert change.fields == {"name": ["旧名", "新名"], "parent": [None, "DB01"]}
    same = await brought(session, manager, "P1", workbook(rows), {"update": "true"})
    assert (same.counts["changed"], same.counts["same"]) == (0, 1)
    emptied = await brought(
        session, manager, "P1", workbook(rows), {"update": "true", "blank_empties": "true"}
    )
    assert emptied.counts["changed"] == 1
    assert (await assets_of(session, project))["L-1"].power_w is None


async def test_an_update_cannot_close_a_circle_with_what_is_there(
    session: AsyncSession, project: Project, as_role: SignedIn
) -> None:
    top = await make_asset(session, project=project, code="B1", kind="BOX")
    await make_asset(session, project=project, code="B2", kind="BOX", parent=top)
    manager = await as_role("manager")
    rows = [["B1", None, None, "B2", None, None, None, None]]
    load = await brought(session, manager, "P1", workbook(rows), {"update": "true"})
    assert load.counts["bad"] == 1
    assert (await assets_of(session, project))["B1"].parent_id is None


async def test_a_point_on_which_many_stand_is_doubted_not_stacked(
    session: AsyncSession, project: Project, as_role: SignedIn
) -> None:
    rows = [[f"L-{n}", "灯", "投光灯", None, None, None, 42.3594, -71.0587] for n in range(25)]
    rows += [[f"M-{n}", "灯", "投光灯", None, None, None, 42.1 + n / 100, -71.1] for n in range(5)]
    manager = await as_role("manager")
    await brought(session, manager, "P1", workbook(rows))
    found = (await assets_of(session, project)).values()
    assert sum(asset.is_place_doubtful for asset in found) == 25
    assert not any(asset.is_place_doubtful for asset in found if asset.code.startswith("M"))


async def test_the_columns_are_remembered_for_sheets_of_this_shape(
    session: AsyncSession, project: Project, as_role: SignedIn
) -> None:
    headings = ("甲", "乙", "丙")
    content = workbook([["L-1", "灯", "投光灯"]], headings=headings)
    manager = await as_role("manager")
    address = await sent(manager, "P1", content)
    assert chosen((await manager.get(address)).text) == {}
    refused = await manager.post(f"{address}/start", data={"column_name": "1"})
    assert refused.status_code == 422
    assert "Say which column holds the code of the asset." in refused.text
    assert chosen(refused.text) == {"column_name": "1"}
    meant = {"column_code": "0", "column_name": "1", "column_kind": "2"}
    await carried_out(session, manager, address, columns=meant)
    again = await sent(manager, "P1", workbook([["L-2", "灯", "投光灯"]], headings=headings))
    page = (await manager.get(again)).text
    assert chosen(page) == meant
    assert "meant the last time" in page


async def test_who_does_not_keep_the_register_brings_no_sheet(
    session: AsyncSession, project: Project, as_role: SignedIn
) -> None:
    technician = await as_role("technician")
    assert (await technician.get("/projects/P1/sheets")).status_code == 403
    manager = await as_role("manager")
    address = await sent(manager, "P1", workbook(GOOD))
    other = await make_project(session, code="P2")
    assert (await manager.get(address.replace("P1", other.code))).status_code == 404


async def test_it_can_be_called_off_before_and_not_after(
    session: AsyncSession, project: Project, as_role: SignedIn
) -> None:
    manager = await as_role("manager")
    address = await sent(manager, "P1", workbook(GOOD))
    assert (await manager.post(f"{address}/cancellation")).status_code == 303
    assert "Called off" in (await manager.get(address)).text
    assert (await manager.post(f"{address}/start", data={"column_code": "0"})).status_code == 409
    done = await brought(session, manager, "P1", workbook(GOOD))
    answer = await manager.post(f"/projects/P1/sheets/{done.id}/cancellation")
    assert answer.status_code == 409
