"""The time reckoning in a real browser: on a phone, on paper, without JavaScript."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from tests.browser.conftest import Desk, House
from tests.makers.story import H, make_story
from tickets.project.models import Project

DeskOf = Callable[..., Awaitable[Desk]]


@pytest.fixture(scope="module")
async def ref(house: House) -> str:
    async with house.room() as session:
        project = (await session.scalars(select(Project).where(Project.code == "BJ-01"))).one()
        start = datetime.now(UTC).replace(microsecond=0) - 120 * H
        return (await make_story(session, project=project, start=start)).ref


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
@pytest.mark.parametrize("width", [390, 1440])
async def test_it_fits_and_needs_no_script(
    ref: str, desk_of: DeskOf, locale: str, width: int
) -> None:
    desk = await desk_of("manager", locale=locale, width=width, javascript=False)
    await desk.open(f"/tickets/{ref}/why")
    drawn = await desk.page.locator("figure.course svg[role=img]").all()
    assert len(drawn) == 2
    for svg in drawn:
        box: Any = await svg.bounding_box()
        assert box["width"] <= width
        assert box["height"] > 200
    assert await desk.page.evaluate("document.documentElement.scrollWidth") <= width
    await desk.page.locator("#at").fill("2026-01-01T08:30:07")
    await desk.page.locator("form.asking button").click()
    assert "at=2026-01-01T08%3A30%3A07" in desk.page.url
    assert await desk.page.locator(".banner").last.is_visible()


async def test_on_paper_there_is_the_sum_and_no_form(ref: str, desk_of: DeskOf) -> None:
    desk = await desk_of("manager")
    await desk.open(f"/tickets/{ref}/why")
    await desk.page.emulate_media(media="print")
    assert not await desk.page.locator("form.asking").is_visible()
    assert await desk.page.locator("table.sum").first.is_visible()
