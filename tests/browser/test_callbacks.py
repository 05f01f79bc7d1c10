"""The page of call-backs in a real browser: one click swaps the row, the page stays."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect
from sqlalchemy import select

from tests.browser.conftest import Desk, House
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket, who_of
from tickets.project.models import Project
from tickets.sla.rules import Result
from tickets.staff.rules import Role
from tickets.visit import actions as visit
from tickets.visit.rules import Found

pytestmark = pytest.mark.browser
H = timedelta(hours=1)
DeskOf = Callable[..., Awaitable[Desk]]


async def repaired(house: House) -> str:
    now = datetime.now(UTC)
    async with house.room() as session:
        project = (await session.scalars(select(Project).where(Project.code == "BJ-01"))).one()
        ticket = await make_ticket(session, project=project, now=now, reported_at=now - 5 * H)
        person = await make_person(session, role="technician")
        found = Found(result=Result.FIXED, cause="C_PRODUCT", work="换电源", on_site=True)
        who = who_of(person.id, Role.TECHNICIAN)
        await visit.repair(session, who, ticket.ref, found, at=now - H, now=now)
    return ticket.ref


async def test_an_outcome_swaps_its_row_and_closes_from_there(
    house: House, desk_of: DeskOf
) -> None:
    ref = await repaired(house)
    desk = await desk_of("hotline", locale="en")
    await desk.open("/callbacks")
    row = desk.page.locator(f"#call-{ref}")
    await row.get_by_role("button", name="does not work").click()
    await expect(row.get_by_role("alert")).to_contain_text("What does not work?")
    await row.locator('input[name="rating"][value="5"]').check()
    await row.get_by_role("button", name="works", exact=True).click()
    await expect(row.get_by_role("status")).to_contain_text("Recorded: works")
    assert desk.page.url.endswith("/callbacks")
    await row.get_by_role("button", name="Close the ticket").click()
    await expect(desk.page.locator(f"#call-{ref}")).to_have_count(0)


@pytest.mark.parametrize("width", [390, 1440])
async def test_nothing_runs_out_of_the_window(house: House, desk_of: DeskOf, width: int) -> None:
    await repaired(house)
    desk = await desk_of("hotline", locale="en", width=width)
    for path in ("/callbacks", "/handovers/new", "/handovers"):
        await desk.open(path)
        wide = await desk.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, path


async def test_it_works_without_javascript(house: House, desk_of: DeskOf) -> None:
    ref = await repaired(house)
    desk = await desk_of("hotline", locale="zh-CN", javascript=False)
    await desk.open("/callbacks")
    await desk.page.locator(f"#call-{ref}").get_by_role("button", name="已好").click()
    row = desk.page.locator(f"#call-{ref}")
    await expect(row.get_by_role("status")).to_contain_text("已登记：已好")
    await row.get_by_role("button", name="结案").click()
    await expect(desk.page.locator(f"#call-{ref}")).to_have_count(0)
