"""Sheets to take away open in Excel, compute nothing, and can be sent in again."""

import csv
from datetime import date, datetime
from io import StringIO

from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.asset import make_asset
from tests.makers.project import make_project
from tests.makers.ticket import make_ticket
from tests.sheet.sheets import brought, cells
from tickets.asset.models import Asset


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
