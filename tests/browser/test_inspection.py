"""An inspection on the phone: hundreds of lines without getting lost, also without a line."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select

from tests.browser.phone import Phone, phone_of, queue
from tests.makers.asset import make_asset
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import who_of
from tests.makers.visit import make_jpeg
from tickets.inspection import actions
from tickets.inspection.models import Check, CheckPhoto, Inspection
from tickets.project import actions as projects
from tickets.staff.rules import Role
from tickets.ticket.models import Ticket

pytestmark = pytest.mark.browser


@pytest.fixture
async def phone(
    house: Any, chromium: Browser, chromium_path: str | None, tmp_path: Path
) -> AsyncIterator[Phone]:
    async with phone_of(house, chromium_path, tmp_path / "profile") as phone:
        yield phone
    assert phone.troubles == []


async def begun(house: Any, code: str) -> int:
    """A cabinet with two circuits of lamps, its inspection under way."""
    projects.follow_covers(actions.replan)
    async with house.room() as session:
        day = (datetime.now(UTC) - timedelta(days=20)).date()
        project = await make_project(session, code=code, name="滨江二期", accepted_on=day)
        box = await make_asset(
            session, project=project, code=f"{code}-P1", name="一号箱", kind="BOX"
        )
        for n in (1, 2):
            circuit = await make_asset(
                session, project=project, code=f"{code}-C{n}", kind="CIRC", parent=box
            )
            await make_asset(session, project=project, code=f"{code}-L{n}", parent=circuit)
        inspection = await session.scalar(
            select(Inspection).where(Inspection.project_id == project.id, Inspection.number == 1)
        )
        boss = who_of((await make_person(session, role="manager")).id, Role.MANAGER)
        await actions.start(session, boss, inspection.id, now=datetime.now(UTC))
        return int(inspection.id)


async def checks_of(house: Any, inspection_id: int) -> list[Check]:
    async with house.room() as session:
        rows = await session.scalars(
            select(Check)
            .where(Check.inspection_id == inspection_id, Check.verdict.is_not(None))
            .order_by(Check.position)
        )
        return list(rows)


async def taken_along(page: Page, inspection_id: int, places: int) -> None:
    ask = """async (home) => {
        if (navigator.serviceWorker.controller?.state !== "activated") return 0;
        const kept = await caches.open(`pages-${document.getElementById("app").dataset.person}`);
        const paths = (await kept.keys()).map((each) => new URL(each.url).pathname);
        return paths.filter((path) => path.startsWith(home)).length;
    }"""
    for _ in range(150):
        if await page.evaluate(ask, f"/inspections/{inspection_id}/check") > places:
            return
        await asyncio.sleep(0.2)
    raise AssertionError("the inspection was not taken along")


async def test_a_cabinet_is_checked_without_a_line_and_told_once(house: Any, phone: Phone) -> None:
    inspection_id = await begun(house, "OFF1")
    home = f"{phone.url}/inspections/{inspection_id}/check"
    page = await phone.start()
    await page.goto(f"{phone.url}/round")
    await expect(page.locator(f"#inspection-{inspection_id}")).to_contain_text("滨江二期")
    await taken_along(page, inspection_id, 4)
    assert phone.context is not None
    await phone.context.set_offline(True)

    await page.goto(home)
    await page.click('[data-spot="OFF1-P1"] a')
    line = page.locator('[data-line][data-item="BOX-01"]')
    await line.locator("label.fail").click()
    await line.locator("summary").click()
    await line.locator("textarea").fill("箱门锁坏")
    await line.locator("input[type=file]").set_input_files(
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": make_jpeg(colour="red")}
    )
    value = page.locator('[data-line][data-item="BOX-03"] [data-value]')
    await value.fill("abc")
    await page.click("[data-rest]")
    pressed = datetime.now(UTC)
    await page.click("[data-checks] button[type=submit]")
    await expect(page.locator(".held-error")).to_have_count(
        1
    )  # what is wrong stays, the rest is held
    await value.fill("45")
    await expect(page.locator('[data-line][data-item="BOX-03"] [data-judged]')).to_have_text(
        "不合格"
    )
    await page.click("[data-checks] button[type=submit]")
    # What is measured has no “in order”: the page stays, at the next line that is open.
    held = await queue(page)
    told = {act["body"]["item"]: act["body"] for act in held}
    assert told["BOX-01"]["verdict"] == "fail"
    assert told["BOX-03"]["value"] == 45
    assert len(held) == len(told)
    await phone.kill()

    page = await phone.start()
    assert phone.context is not None
    await phone.context.set_offline(True)
    await page.goto(home)
    await expect(page.locator('[data-spot="OFF1-P1"] [data-left]')).to_contain_text(
        re.compile("未查|done|完成")
    )
    await page.goto(f"{home}/OFF1-P1")
    await expect(page.locator('[data-item="BOX-01"] .held-line')).to_contain_text("待发送")
    await expect(page.locator('[data-item="BOX-01"] input[value=fail]')).to_be_checked()
    assert await checks_of(house, inspection_id) == []

    await phone.context.set_offline(False)
    await page.goto(f"{phone.url}/round/queue")
    for _ in range(150):
        if {act["state"] for act in await queue(page)} == {"received"}:
            break
        await asyncio.sleep(0.2)
    checks = await checks_of(house, inspection_id)
    assert {check.item: check.verdict for check in checks} == {
        item: ("fail" if item in ("BOX-01", "BOX-03") else "pass") for item in told
    }
    assert all(abs((check.at - pressed).total_seconds()) < 30 for check in checks if check.at)
    async with house.room() as session:
        tickets = list(
            await session.scalars(select(Ticket).where(Ticket.description.contains("箱门锁坏")))
        )
        assert len(tickets) == 1
        photos = await session.scalars(
            select(CheckPhoto).where(CheckPhoto.check_id.in_([check.id for check in checks]))
        )
        assert len(list(photos)) == 1


async def test_a_refused_line_stays_and_is_corrected(house: Any, phone: Phone) -> None:
    inspection_id = await begun(house, "OFF2")
    home = f"{phone.url}/inspections/{inspection_id}/check"
    page = await phone.start()
    await page.goto(f"{home}/OFF2-P1")
    await page.evaluate(
        """() => { document.querySelector('[data-item="BOX-01"]').dataset.item = "NONE-9"; }"""
    )
    line = page.locator('[data-line][data-item="NONE-9"]')
    await line.locator("label.pass").click()
    await page.click("[data-checks] button[type=submit]")
    await page.goto(f"{phone.url}/round/queue")
    refused = page.locator("li.refused")
    await expect(refused).to_contain_text("清单里没有这一项")
    assert await refused.locator("text=交给热线").count() == 0
    assert await checks_of(house, inspection_id) == []
    # It blocks no other.
    await page.goto(f"{home}/OFF2-P1")
    await page.locator('[data-line][data-item="BOX-02"] label.pass').click()
    await page.click("[data-checks] button[type=submit]")
    for _ in range(100):
        if await checks_of(house, inspection_id):
            break
        await asyncio.sleep(0.1)
    assert [check.item for check in await checks_of(house, inspection_id)] == ["BOX-02"]


async def test_thumbs_reach_everything(house: Any, phone: Phone) -> None:
    inspection_id = await begun(house, "OFF3")
    phone.width = 320
    page = await phone.start()
    await page.goto(f"{phone.url}/inspections/{inspection_id}/check/OFF3-C1")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 320
    small = await page.evaluate(
        """() => [...document.querySelectorAll("main :is(a, button, label.verdict, summary)")]
            .filter((each) => each.checkVisibility() && !each.closest("nav, p.small"))
            .map((each) => [each.textContent.trim(), each.getBoundingClientRect().height])
            .filter(([, height]) => height && height < 44)"""
    )
    assert small == []
