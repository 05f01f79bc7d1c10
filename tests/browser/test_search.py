"""The search in the bar, by keys alone: opened, walked through, followed; and without scripts."""

from typing import Any

import pytest
from playwright.async_api import expect

pytestmark = pytest.mark.browser


async def test_it_is_opened_walked_through_and_followed_by_keys(house: Any, desk_of: Any) -> None:
    desk = await desk_of(locale="en")
    await desk.open("/projects")
    page = desk.page
    box, found = page.locator(".search input"), page.locator("#searched")
    await desk.press("Control+k")
    await expect(box).to_be_focused()
    await expect(found).to_be_hidden()
    await page.keyboard.type("tgd")  # 投光灯
    # The list for "t" may be there first; arrows walk in the one that is to be seen.
    await expect(found.locator(".searched-all")).to_contain_text("tgd")
    await expect(found.locator('[role="option"]', has_text="L-0101")).to_be_visible()
    # Where other tests left tickets, one of them may stand before the lamp.
    first = found.locator('[role="option"]').first
    leads_to = await first.get_attribute("href")
    await desk.press("ArrowDown")
    await expect(found.locator('[aria-selected="true"]')).to_have_count(1)
    await expect(first).to_have_attribute("aria-selected", "true")
    assert await box.get_attribute("aria-activedescendant") == await first.get_attribute("id")
    await desk.press("ArrowUp")
    await expect(found.locator(".searched-all")).to_have_attribute("aria-selected", "true")
    await desk.press("Escape")
    await expect(found).to_be_hidden()
    await expect(box).to_have_attribute("aria-expanded", "false")
    await desk.press("ArrowDown", "Enter")
    await expect(page).to_have_url(f"{house.url}{leads_to}")


async def test_enter_leads_to_the_page_of_everything(house: Any, desk_of: Any) -> None:
    desk = await desk_of(locale="en")
    await desk.open("/tickets")
    await desk.press("Control+k")
    await desk.page.keyboard.type("5678")
    await desk.press("Enter")
    await expect(desk.page).to_have_url(f"{house.url}/search?q=5678")
    await desk.page.locator(".hit", has_text="138****5678").first.click()
    await expect(desk.page.locator("h1")).to_contain_text("王工")


async def test_what_was_typed_last_is_what_is_shown(house: Any, desk_of: Any) -> None:
    """An answer that comes late is not put over a newer one."""
    desk = await desk_of(locale="en")
    await desk.open("/projects")
    slow = 0

    async def hold(route: Any) -> None:
        nonlocal slow
        if route.request.url.endswith("q=DB03"):
            slow += 1
            await desk.page.wait_for_timeout(900)
        await route.continue_()

    await desk.page.route("**/search/found*", hold)
    box = desk.page.locator(".search input")
    await box.fill("DB03")
    await desk.page.wait_for_timeout(300)
    await box.fill("L-0102")
    await expect(desk.page.locator("#searched")).to_contain_text("L-0102")
    await desk.page.wait_for_timeout(1200)
    assert slow == 1
    await expect(desk.page.locator("#searched")).not_to_contain_text("南门配电箱")


async def test_on_a_phone_it_is_a_page_of_its_own(house: Any, desk_of: Any) -> None:
    desk = await desk_of("technician", locale="en", width=390)
    await desk.open("/round")
    await desk.page.locator(".search-link").click()
    await expect(desk.page.locator("#search-q")).to_be_focused()
    await desk.page.keyboard.type("南门")
    await desk.press("Enter")
    await expect(desk.page.locator(".hit", has_text="DB03").first).to_be_visible()
    assert await desk.page.evaluate("document.documentElement.scrollWidth") <= 390


async def test_without_scripts_the_form_leads_to_the_page(house: Any, desk_of: Any) -> None:
    desk = await desk_of(locale="en", javascript=False)
    await desk.open("/projects")
    box = desk.page.locator(".search input")
    await box.fill("南门")
    await box.press("Enter")
    await expect(desk.page.locator(".hit", has_text="DB03").first).to_be_visible()
