"""Pauses, severity and duplicates in a browser, without scripts too; a pause with gloves on."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import expect
from sqlalchemy import select

from tests.makers.ticket import make_ticket
from tickets.project.models import Project
from tickets.ticket.models import Ticket

pytestmark = pytest.mark.browser


async def opened(house: Any, hours: float = 3, **more: Any) -> Ticket:
    async with house.room() as session:
        project = (await session.scalars(select(Project).where(Project.code == "BJ-01"))).one()
        now = datetime.now(UTC)
        ticket = await make_ticket(
            session, project=project, now=now, reported_at=now - timedelta(hours=hours), **more
        )
        return ticket


@pytest.mark.parametrize("javascript", [True, False])
async def test_a_pause_is_refused_kept_corrected_and_ended(
    house: Any, desk_of: Any, javascript: bool
) -> None:
    ticket = await opened(house)
    desk = await desk_of("manager", locale="en", javascript=javascript)
    page = desk.page
    await desk.open(f"/tickets/{ticket.ref}")
    await page.locator("summary", has_text="Pause").last.click()
    await page.locator("#pauses-reason").select_option("weather_unsafe")
    await page.locator("#pauses-from_at").fill("2001-01-01T00:00")
    await page.locator("#pauses-evidence").fill("wind of force nine")
    await page.get_by_role("button", name="Record the pause").click()
    await expect(page.locator("#pauses-from_at-error")).to_contain_text("before the report")
    await expect(page.locator("#pauses-evidence")).to_have_value("wind of force nine")
    await expect(page.locator("#pauses-reason")).to_have_value("weather_unsafe")
    await page.locator("#pauses-from_at").fill("")
    await page.get_by_role("button", name="Record the pause").click()
    await expect(page.locator(".pauses")).to_contain_text("wind of force nine")
    await expect(page.locator(".clocks")).to_contain_text("paused")
    await page.locator("summary", has_text="End the pause").click()
    await page.get_by_role("button", name="The time counts again").click()
    await expect(page.locator(".timeline")).to_contain_text("Pause ended")
    await page.locator("summary", has_text="Accept or reject").click()
    await page.locator("#pause_rejection-reason").fill("there was no wind")
    await page.get_by_role("button", name="Reject the pause").click()
    await expect(page.locator(".pauses")).to_contain_text("rejected, does not count")


@pytest.mark.parametrize("javascript", [True, False])
async def test_the_effect_is_seen_before_severity_changes_and_tickets_merge(
    house: Any, desk_of: Any, javascript: bool
) -> None:
    # The newest of a project are offered first, whatever other tests have left open.
    survivor = await opened(house, hours=0, assets=("L-0101",))
    ticket = await opened(house, hours=0, assets=("L-0102",))
    desk = await desk_of("hotline", locale="en", javascript=javascript)
    page = desk.page
    await desk.open(f"/tickets/{ticket.ref}")
    await page.get_by_role("link", name="Change the severity").click()
    await expect(page.locator(".grade").first).to_contain_text("new promise")
    await page.get_by_label("S2 major").check()
    await page.get_by_role("button", name="Change the severity").click()
    await expect(page.locator("#reason-error")).to_contain_text("This is needed.")
    await expect(page.get_by_label("S2 major")).to_be_checked()
    await page.locator("#reason").fill("the whole square")
    await page.get_by_role("button", name="Change the severity").click()
    await expect(page.locator(".timeline")).to_contain_text("Severity S3 → S2")
    await page.get_by_role("link", name="It is a duplicate").click()
    await page.get_by_role("link", name=f"Merge into {survivor.ref}").click()
    await expect(page.locator("main")).to_contain_text(f"It would be merged into {survivor.ref}")
    await page.get_by_role("button", name="Merge", exact=True).click()
    await expect(page.locator(".kin")).to_contain_text(ticket.ref)
    await page.locator(".kin").get_by_role("link", name=ticket.ref).click()
    await page.locator("summary", has_text="Split it off again").click()
    await page.locator("#split-reason").fill("another lamp")
    await page.get_by_role("button", name="Split off", exact=True).click()
    await expect(page.locator(".timeline")).to_contain_text("Split off from")


async def test_a_pause_from_the_phone_is_big_enough_for_gloves(house: Any, desk_of: Any) -> None:
    ticket = await opened(house)
    desk = await desk_of("technician", locale="en", width=390)
    page = desk.page
    await desk.open(f"/round/{ticket.ref}")
    await page.locator("#step-pause > summary").click()
    choices = page.locator("#step-pause label.choice")
    await expect(choices).to_have_count(6)
    for touched in (choices.first, page.locator("#form-pause > button[type=submit]")):
        box = await touched.bounding_box()
        assert box is not None
        assert box["height"] >= 44
    await choices.first.click()
    await page.locator("#form-pause textarea").fill("gate locked")
    await page.locator("#form-pause > button[type=submit]").click()
    await expect(page.locator("#held li.received")).to_have_count(1)
    await expect(page.locator("main")).to_contain_text("Paused since")  # the server's page again
    await page.locator("#form-pause-end > button[type=submit]").click()
    await expect(page.locator("#held li.received")).to_have_count(2)
