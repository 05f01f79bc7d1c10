"""Sheets to take away open in Excel, compute nothing, and can be sent in again."""

import asyncio
import csv
from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from io import StringIO
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.asset import make_asset
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket
from tests.sheet.sheets import brought, cells
from tickets.asset.models import Asset, AssetChange
from tickets.door import Line
from tickets.project.rules.kinds import KINDS
from tickets.sheet.actions import taken
from tickets.sheet.reading.opened import opened
from tickets.sheet.rules import limits
from tickets.sheet.rules.asset_row import asset_row


async def lamps(session: AsyncSession) -> list[Asset]:
    project = await make_project(session, code="P1")
    box = await make_asset(session, project=project, code="DB01", name="=箱+1", kind="BOX")
    lamp = await make_asset(session, project=project, code="L-1", name="喆堃灯", parent=box)
    lamp.serial, lamp.installed_on = "440106199001011234", date(2025, 9, 1)
    lamp.lat, lamp.lon, lamp.power_w = 31.2304, 121.4737, 36
    await session.flush()
    return [box, lamp]


async def test_the_register_as_a_workbook_is_text_where_it_is_text(
    session: AsyncSession, as_role: SignedIn
) -> None:
    await lamps(session)
    desk = await as_role("technician")
    answer = await desk.get("/projects/P1/assets.xlsx")
    assert answer.status_code == 200
    assert "P1-assets.xlsx" in answer.headers["content-disposition"]
    head, box, lamp = cells(answer.content)
    row = dict(zip(head, lamp, strict=True))
    assert (row["Code"], row["Stands in"], row["Kind"]) == ("L-1", "DB01", "Floodlight")
    assert row["Serial number"] == "440106199001011234"
    assert row["Installed on"] == date(2025, 9, 1)
    assert row["Power (W)"] == 36
    assert box[1] == "=箱+1"


async def test_the_register_as_csv_opens_in_excel_and_computes_nothing(
    session: AsyncSession, as_role: SignedIn
) -> None:
    await lamps(session)
    answer = await (await as_role("technician")).get("/projects/P1/assets.csv?kind=BOX")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 2
    assert rows[1][1] == "'=箱+1"


async def test_what_was_taken_away_can_be_sent_in_again_and_changes_nothing(
    session: AsyncSession, as_role: SignedIn
) -> None:
    await lamps(session)
    manager = await as_role("manager")
    for ending in ("xlsx", "csv"):
        content = (await manager.get(f"/projects/P1/assets.{ending}")).content
        load = await brought(
            session, manager, "P1", content, {"update": "true"}, name=f"x.{ending}"
        )
        told = (load.counts["same"], load.counts["changed"], load.counts["bad"])
        assert told == (2, 0, 0), (ending, load.bad)


cleaned = TypeAdapter(Line).validate_python
# As the doors keep a name or a maker; a workbook's own reader eats what looks like `_x005F_`.
LINES = st.builds(
    lambda begin, text: str(cleaned(begin + text)),
    st.sampled_from(("灯", "L", "=", "'", "''=", "-", "@")),
    st.text(
        st.characters(exclude_categories=("Cs", "Cn"), exclude_characters="\0_")
        | st.sampled_from(" \u3000\t\u00a0\u2028'=+-@\"，,;\n"),
        max_size=30,
    ),
)
POINTS = st.floats(-90, 90, allow_nan=False)
POWERS = st.floats(0.001, 1_000_000)


@given(st.lists(st.tuples(LINES, LINES, POINTS, POINTS, POWERS), min_size=10, max_size=40))
@settings(max_examples=12)
def test_whatever_a_register_holds_is_read_from_its_own_sheet_as_it_was(
    rows: list[tuple[str, str, float, float, float]],
) -> None:
    columns = {"code": 0, "name": 1, "maker": 2, "lat": 3, "lon": 4, "power_w": 5}

    async def given_out() -> AsyncIterator[Sequence[Any]]:
        for n, row in enumerate(rows):
            yield [f"L-{n}", *row]

    for ending in ("csv", "xlsx"):
        path = asyncio.run(taken.written(ending, given_out(), title="x", headings=list(columns)))
        back = [
            asset_row(cells, columns)
            for line, cells in opened(path, what="assets").rows
            if line > 1
        ]
        path.unlink()
        assert len(back) == len(rows)
        for (told, wrong), (name, maker, *numbers) in zip(back, rows, strict=True):
            assert wrong == []
            assert (told["name"], told["maker"]) == (name, maker)
            read = [told["lat"], told["lon"], told["power_w"]]
            # A workbook has sixteen digits, a CSV all of them.
            near = 0 if ending == "csv" else 1e-9
            assert all(abs(a - b) <= near for a, b in zip(read, numbers, strict=True)), ending


async def test_what_was_taken_away_keeps_all_its_digits_spaces_and_doubts(
    session: AsyncSession, browser_of: SignedIn
) -> None:
    """A phone's point has 17 digits, a workbook keeps 16 of them; names are padded for the eye."""
    project = await make_project(session, code="P1")
    chance = Random(5)
    for n, kind in enumerate(KINDS):
        lamp = await make_asset(
            session, project=project, code=f"L-{n}", name=f"喆　堃  {n}", kind=kind
        )
        lamp.lat, lamp.lon = chance.uniform(30, 32), chance.uniform(120, 122)
        lamp.datum, lamp.power_w, lamp.maker = "GCJ-02", 100 / 3, "'=1+1"
    few = await make_asset(session, project=project, code="D-1", name="one of many on one point")
    few.lat, few.lon, few.is_place_doubtful = 39.9042, 116.4074, True
    crowd = []
    for n in range(limits.STACKED):  # somebody looked, and said that they do stand there
        crowd.append(await make_asset(session, project=project, code=f"C-{n}"))
        crowd[-1].lat, crowd[-1].lon = 31.2304, 121.4737
    await session.flush()
    number = len(KINDS) + 1 + len(crowd)
    for ending, language, wish in (
        ("xlsx", "zh-CN", {}),
        ("csv", "en", {}),
        ("xlsx", "en", {"blank_empties": "true"}),
        ("csv", "zh-CN", {"blank_empties": "true"}),
    ):
        manager = await browser_of(await make_person(session, role="manager", locale=language))
        content = (await manager.get(f"/projects/P1/assets.{ending}")).content
        load = await brought(
            session, manager, "P1", content, {"update": "true"} | wish, name=f"x.{ending}"
        )
        told = (load.counts["same"], load.counts["changed"], load.counts["bad"])
        assert told == (number, 0, 0), (ending, load.bad)
        assert load.headings[0] == {"zh-CN": "编号", "en": "Code"}[language]
    doubted = select(Asset.code).where(Asset.project_id == project.id, Asset.is_place_doubtful)
    assert list(await session.scalars(doubted)) == ["D-1"]
    assert await session.scalar(select(func.count()).select_from(AssetChange)) == 0


async def test_a_point_that_is_moved_or_emptied_is_doubted_no_more(
    session: AsyncSession, as_role: SignedIn
) -> None:
    project = await make_project(session, code="P1")
    for code in ("D-1", "D-2"):
        lamp = await make_asset(session, project=project, code=code, name="lamp")
        lamp.lat, lamp.lon, lamp.is_place_doubtful = 39.9042, 116.4074, True
    await session.flush()
    manager = await as_role("manager")
    rows = "Code,Latitude,Longitude\nD-1,39.9042,116.40741\nD-2,,\n"
    wish = {"update": "true", "blank_empties": "true"}
    load = await brought(session, manager, "P1", rows.encode(), wish, name="x.csv")
    assert (load.counts["changed"], load.counts["bad"]) == (2, 0), load.bad
    seen = select(Asset.lat, Asset.lon, Asset.is_place_doubtful).order_by(Asset.code)
    assert [tuple(row) for row in await session.execute(seen)] == [
        (39.9042, 116.40741, False),
        (None, None, False),
    ]


async def test_tickets_go_with_callers_only_to_those_who_may_know_them(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    project = await make_project(session, code="P1")
    ticket = await make_ticket(session, project=project, now=now, reporter_phone="13812345678")
    head, row = cells((await (await as_role("manager")).get("/projects/P1/tickets.xlsx")).content)
    told = dict(zip(head, row, strict=True))
    assert told["Ticket"] == ticket.ref
    assert told["Caller's number"] == "13812345678"
    owner = await as_role("owner")
    answer = await owner.get("/projects/P1/tickets.csv")
    assert "13812345678" not in answer.text
    stranger = await make_project(session, code="P2")
    assert (await owner.get(f"/projects/{stranger.code}x/tickets.csv")).status_code == 404


async def test_a_template_has_the_columns_and_what_may_stand_in_them(
    session: AsyncSession, as_role: SignedIn
) -> None:
    await make_project(session, code="P1")
    manager = await as_role("manager")
    for what, first in (("assets", "Code"), ("tickets", "Old number")):
        answer = await manager.get(f"/projects/P1/sheets/template.xlsx?what={what}")
        assert cells(answer.content)[0][0] == first
    page = (await manager.get("/projects/P1/sheets")).text
    assert "template.xlsx?what=assets" in page


async def test_old_tickets_come_in_by_the_same_page(
    session: AsyncSession, as_role: SignedIn
) -> None:
    await make_project(session, code="P1")
    manager = await as_role("manager")
    rows = "\n".join(
        [
            "工单号,报修时间,修复时间,故障类型,描述,地点,报修人,电话",
            "A-1,2026-01-05 08:00,2026-01-06 09:00,灭灯,路灯不亮,解放路,张伟,13812345678",
            "A-2,2026-01-05 08:00,,飞碟,x,y,,",
            "A-1,2026-01-05 08:00,2026-01-06 09:00,灭灯,又一次,解放路,,",
        ]
    ).encode("gb18030")
    load = await brought(session, manager, "P1", rows, what="tickets", name="旧.csv")
    assert load.counts["added"] == 1, (load.counts, load.bad)
    assert load.counts["bad"] == 2
    assert "路灯不亮" in (await manager.get("/tickets", params={"q": "解放路"})).text
    back = await manager.get(f"/projects/P1/sheets/{load.id}/result.xlsx")
    assert len(cells(back.content)) == 3
