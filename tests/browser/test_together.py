"""A typhoon night at the board: chosen with keys and clicks, joined, with and without scripts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import expect
from sqlalchemy import select

from tests.makers.ticket import make_ticket
from tickets.project.models import Project

pytestmark = pytest.mark.browser


async def night(house: Any, place: str, many: int = 4) -> list[str]:
    """Their references, the latest report first."""
    async with house.room() as session:
        project = (await session.scalars(select(Project).where(Project.code == "BJ-01"))).one()
        now = datetime.now(UTC)
        made = [
            await make_ticket(
                session,
                project=project,
                now=now,
                reported_at=now - timedelta(minutes=n + 1),
                assets=("DB03-1",),
                place=place,
            )
            for n in range(many)
        ]
        return [str(ticket.ref) for ticket in made]


def box(desk: Any, ref: str) -> Any:
    return desk.page.locator(f'.pick input[value="{ref}"]')


async def test_calls_are_chosen_and_joined_from_the_board(house: Any, desk_of: Any) -> None:
    refs = await night(house, "Kaiyuan Quay")
    desk = await desk_of(locale="en")
    bar = desk.page.locator("#together")
    await desk.open("/desk?q=Kaiyuan+Quay")
    await expect(desk.page.locator("tr[data-ref]")).to_have_count(4)
    await expect(bar).to_be_hidden()
    # The oldest report breaks first: it stands on top.
    await desk.press("j", "x", "j", "Space")
    await expect(bar.locator("[data-number]")).to_have_text("2 chosen")
    await box(desk, refs[1]).click()
    await box(desk, refs[0]).click(modifiers=["Shift"])
    await expect(bar.locator("[data-number]")).to_have_text("4 chosen")
    await expect(desk.page.locator("[data-all]")).to_be_checked()
    await desk.page.locator("[data-all]").click()
    await expect(bar).to_be_hidden()
    await desk.page.locator("[data-all]").click()
    await desk.press("m")
    sheet = desk.page.locator("dialog[open]")
    await expect(sheet.locator("li", has_text=refs[-1])).to_contain_text("survives")
    await sheet.locator("#reason").fill("one circuit")
    await desk.press("Enter")
    await expect(desk.page.locator(".outcome")).to_contain_text("4 tickets are one now")
    await desk.page.get_by_role("link", name="Back to the board").click()
    await expect(desk.page.locator("tr[data-ref]")).to_have_count(1)
    await expect(bar).to_be_hidden()


async def test_what_is_chosen_outlives_a_refresh_and_says_what_has_gone(
    house: Any, desk_of: Any
) -> None:
    refs = await night(house, "Linan Gate")
    one, two = await desk_of(locale="en"), await desk_of("hotline_lead", locale="en")
    bar = one.page.locator("#together")
    await one.open("/desk?q=Linan+Gate")
    await box(one, refs[0]).check()
    await box(one, refs[1]).check()
    await two.open(f"/tickets/{refs[0]}")
    await two.page.locator("summary", has_text="Cancel").click()
    await two.page.locator("#cancellation-reason").fill("reported twice")
    await two.page.locator("#cancellation-reason").press("Tab")
    await two.page.locator("details[open] button.danger, details[open] button.primary").click()
    await expect(two.page.locator(".timeline")).to_contain_text("reported twice")
    await expect(box(one, refs[0])).to_have_count(0, timeout=12_000)
    await expect(box(one, refs[1])).to_be_checked()
    await expect(bar.locator("[data-number]")).to_have_text("2 chosen")
    await expect(bar.locator("[data-gone]")).to_contain_text(refs[0])
    # Another filter, another page: the choice stays.
    await one.open("/desk?severity=S4")
    await expect(bar.locator("[data-number]")).to_have_text("2 chosen")
    await one.open("/desk?q=Linan+Gate")
    await bar.get_by_role("button", name="Leave them out").click()
    await expect(bar.locator("[data-number]")).to_have_text("1 chosen")
    await expect(bar.locator("[data-gone]")).to_be_hidden()


async def test_it_works_without_scripts(house: Any, desk_of: Any) -> None:
    refs = await night(house, "Wulin Square")
    desk = await desk_of(locale="en", javascript=False)
    await desk.open("/desk?project=BJ-01&asset=DB03&q=Wulin+Square")
    await expect(desk.page.locator("tr[data-ref]")).to_have_count(4)
    for ref in refs[:3]:
        await box(desk, ref).check()
    await desk.page.locator("#together").get_by_role("button", name="Merge into one").click()
    form = desk.page.locator("#act")
    await expect(form.locator("legend")).to_have_text("Chosen: 3")
    await form.locator(f'input[value="{refs[0]}"]').uncheck()
    await form.get_by_role("button", name="Merge into one").click()
    await expect(desk.page.locator(".outcome")).to_contain_text("2 tickets are one now")
    await expect(desk.page.locator(".outcome")).to_contain_text(refs[2])
    await desk.page.get_by_role("link", name="Back to the board").click()
    await expect(desk.page.locator("tr[data-ref]")).to_have_count(3)
    for ref in (refs[0], refs[2]):
        await box(desk, ref).check()
    await desk.page.locator("#together").get_by_role("button", name="Pause").click()
    await form.locator("#reason").select_option("weather_unsafe")
    await form.get_by_role("button", name="Pause").click()
    await expect(form.locator(".banner.danger")).to_be_visible()
    await expect(form.locator("#reason")).to_have_value("weather_unsafe")
    await form.locator("#evidence").fill("red warning no. 7")
    await form.get_by_role("button", name="Pause").click()
    await expect(desk.page.locator(".outcome")).to_contain_text("Paused: 2 of 2")
