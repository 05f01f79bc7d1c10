"""The ticket page in a browser: acts with and without scripts, and what others do meanwhile."""

from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.async_api import expect
from sqlalchemy import select

from tests.makers.ticket import make_ticket
from tickets.project.models import Project

pytestmark = pytest.mark.browser


async def opened(house: Any) -> str:
    async with house.room() as session:
        project = (await session.scalars(select(Project).where(Project.code == "BJ-01"))).one()
        ticket = await make_ticket(
            session, project=project, now=datetime.now(UTC), assets=("L-0101",)
        )
        return str(ticket.ref)


@pytest.mark.parametrize("javascript", [True, False])
async def test_the_caller_is_answered_from_the_page(
    house: Any, desk_of: Any, javascript: bool
) -> None:
    ref = await opened(house)
    desk = await desk_of(locale="en", javascript=javascript)
    await desk.open(f"/tickets/{ref}")
    await desk.page.locator("summary", has_text="Answer the caller").click()
    await desk.page.locator("#response-at").fill("2001-01-01T00:00")
    await desk.page.locator("#response-note").fill("somebody comes at nine")
    await desk.page.get_by_role("button", name="The caller has been told").click()
    await expect(desk.page.locator("#response-at-error")).to_contain_text("before the report")
    await expect(desk.page.locator("#response-note")).to_have_value("somebody comes at nine")
    await desk.page.locator("#response-at").fill("")
    await desk.page.get_by_role("button", name="The caller has been told").click()
    await expect(desk.page.locator(".timeline")).to_contain_text("somebody comes at nine")
    await expect(desk.page.locator(".clocks")).to_contain_text("kept")
    await expect(desk.page.locator("summary", has_text="Answer the caller")).to_have_count(0)


async def test_what_others_do_shows_by_itself_and_nothing_typed_is_lost(
    house: Any, desk_of: Any
) -> None:
    ref = await opened(house)
    one = await desk_of(locale="en")
    two = await desk_of(locale="en")
    await one.open(f"/tickets/{ref}")
    await one.page.locator("summary", has_text="Note").click()
    await one.page.locator("#notes-text").fill("half a sentence")
    await two.open(f"/tickets/{ref}")
    await two.page.locator("summary", has_text="Note").click()
    await two.page.locator("#notes-text").fill("the gate is open now")
    await two.page.get_by_role("button", name="Write it down").click()
    timeline = one.page.locator(".timeline")
    await expect(timeline).to_contain_text("the gate is open now")
    await expect(one.page.locator("#notes-text")).to_have_value("half a sentence")
    await expect(one.page.locator(".stale")).to_be_visible()


async def test_the_page_says_why_and_keeps_it_open(house: Any, desk_of: Any) -> None:
    ref = await opened(house)
    desk = await desk_of()
    await desk.open(f"/tickets/{ref}")
    why = desk.page.locator(".clock-line details").first
    await why.locator("summary").click()
    await expect(why).to_contain_text("从报修起算")
    await expect(why).to_contain_text("+08:00")
