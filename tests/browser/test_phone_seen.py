"""The phone's pages as eyes and thumbs meet them: contrast, large text, nothing that jumps."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.browser.held import hold, person_of
from tests.browser.phone import Phone, fault, phone_of, ready

pytestmark = pytest.mark.browser


@pytest.fixture
async def phone(
    house: Any, chromium: Browser, chromium_path: str | None, tmp_path: Path
) -> AsyncIterator[Phone]:
    async with phone_of(house, chromium_path, tmp_path / "profile") as phone:
        yield phone
    assert phone.troubles == []


# Text whose colour is too near to what lies behind it (WCAG 2.2 AA).
FAINT = """() => {
    const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    const of = (colour) => {
        pen.clearRect(0, 0, 1, 1);
        pen.fillStyle = colour;
        pen.fillRect(0, 0, 1, 1);
        return [...pen.getImageData(0, 0, 1, 1).data];
    };
    const light = (rgb) => {
        const [r, g, b] = rgb.map((each) => each / 255)
            .map((each) => (each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (each) => {
        for (let at = each; at; at = at.parentElement) {
            const [r, g, b, a] = of(getComputedStyle(at).backgroundColor);
            if (a > 250) return [r, g, b];
        }
        return of(getComputedStyle(document.body).backgroundColor).slice(0, 3);
    };
    const found = [];
    for (const each of document.querySelectorAll("body *")) {
        const own = [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        const isSeen = each.checkVisibility({ opacityProperty: true, visibilityProperty: true });
        if (!own || !isSeen || each.closest(".sr, .skip, script, noscript")) continue;
        const style = getComputedStyle(each);
        const size = parseFloat(style.fontSize);
        const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
        const two = [light(of(style.color).slice(0, 3)), light(behind(each))].sort((a, b) => b - a);
        const ratio = (two[0] + 0.05) / (two[1] + 0.05);
        const told = `${ratio.toFixed(2)} ${each.outerHTML.slice(0, 90)}`;
        if (ratio < (isLarge ? 3 : 4.5)) found.push(told);
    }
    return found;
}"""

WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
    [...document.querySelectorAll("body *")]
        .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
        .map((each) => each.outerHTML.slice(0, 90)).slice(0, 5)"""

JUMPS = """() => new Promise((done) => {
    let sum = 0;
    new PerformanceObserver((list) => {
        for (const each of list.getEntries()) if (!each.hadRecentInput) sum += each.value;
    }).observe({ type: "layout-shift", buffered: true });
    setTimeout(() => done(sum), 1200);
})"""


async def pages(house: Any, phone: Phone, page: Page) -> list[str]:
    """With something that waits, so that all of it is seen."""
    ref = await fault(house)
    await page.goto(f"{phone.url}/round")
    await ready(page)
    await hold(page, await person_of(page), ref, {"note": {"text": "缺梯子"}})
    return ["/round", f"/round/{ref}", "/round/queue", "/round/scan", "/round/phone"]


OPEN_ALL = "for (const each of document.querySelectorAll('details.step')) each.open = true"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_word_stands_out(house: Any, phone: Phone, scheme: Any) -> None:
    page = await phone.start()
    await page.emulate_media(color_scheme=scheme)
    for path in await pages(house, phone, page):
        await page.goto(phone.url + path)
        await page.evaluate(OPEN_ALL)
        assert await page.evaluate(FAINT) == [], path


@pytest.mark.parametrize(("width", "locale"), [(320, "zh-CN"), (390, "en")])
async def test_with_text_twice_as_large_all_of_it_is_there(
    house: Any, phone: Phone, width: int, locale: str
) -> None:
    page = await phone.start()
    await page.set_viewport_size({"width": width, "height": 780})
    for path in await pages(house, phone, page):
        await page.goto(phone.url + path)
        await page.evaluate(OPEN_ALL)
        await page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert await page.evaluate(WIDE) == [], path


async def test_nothing_jumps(house: Any, phone: Phone) -> None:
    page = await phone.start()
    for path in await pages(house, phone, page):
        await page.goto(phone.url + path)
        await page.wait_for_timeout(500)  # where something was written down, it has been seen
        await page.goto(phone.url + path)
        assert await page.evaluate(JUMPS) <= 0.02, path
