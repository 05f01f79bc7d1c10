"""The technician at the pole: 390 px, one thumb, with JavaScript and without."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import FilePayload, Page, expect
from sqlalchemy import func, select

from tests.makers.ticket import make_ticket
from tests.makers.visit import make_jpeg
from tickets.project.models import Project
from tickets.sla.models import Act
from tickets.ticket.models import Ticket, TicketPhoto
from tickets.visit.models import Part, Position

pytestmark = pytest.mark.browser


async def danger(house: Any) -> str:
    """Live metal at the south gate, reported ten minutes ago; nobody has it."""
    async with house.room() as session:
        project = (await session.scalars(select(Project).where(Project.code == "BJ-01"))).one()
        now = datetime.now(UTC)
        ticket = await make_ticket(
            session,
            project=project,
            now=now,
            reported_at=now - timedelta(minutes=10),
            fault="LEAK",
            assets=("DB03",),
            description="灯杆摸着麻手",
            place="南门第三根灯杆",
        )
        return ticket.ref


def photo(colour: str) -> FilePayload:
    return {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": make_jpeg(colour=colour)}


async def acts(house: Any, ref: str) -> list[str]:
    async with house.room() as session:
        rows = await session.scalars(
            select(Act.kind)
            .join(Ticket, Ticket.id == Act.ticket_id)
            .where(Ticket.ref == ref)
            .order_by(Act.id)
        )
        return list(rows)


async def count(house: Any, model: Any, ref: str) -> int:
    async with house.room() as session:
        asked = select(func.count()).select_from(model)
        if model in (Part, Position):
            asked = asked.join(Act, Act.id == model.act_id).join(Ticket, Ticket.id == Act.ticket_id)
        else:
            asked = asked.join(Ticket, Ticket.id == model.ticket_id)
        return await session.scalar(asked.where(Ticket.ref == ref)) or 0


async def too_wide(page: Page) -> list[str]:
    """What sticks out to the right of the phone."""
    found: list[str] = await page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
            [...document.querySelectorAll("main *")]
                .filter(each => each.getBoundingClientRect().right > innerWidth)
                .map(each => each.outerHTML.slice(0, 80))"""
    )
    return found


async def too_small(page: Page) -> list[str]:
    """Buttons and fields that no thumb hits: under 44 px high."""
    found: list[str] = await page.evaluate(
        """() => [...document.querySelectorAll(
                "main .button, main summary, main select, main textarea, .thumb .button")]
            .filter(each => each.checkVisibility() && each.getBoundingClientRect().height < 44)
            .map(each => each.outerHTML.slice(0, 80))"""
    )
    return found


async def received(page: Page, number: int) -> None:
    """So many acts of this page have reached the server."""
    await expect(page.locator("#held li.received")).to_have_count(number)


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
async def test_everything_fits_a_phone_and_a_thumb(house: Any, desk_of: Any, locale: str) -> None:
    ref = await danger(house)
    phone = await desk_of("technician", locale=locale, width=390)
    for path in ("/round", f"/round/{ref}"):
        await phone.open(path)
        assert await too_wide(phone.page) == []
        assert await too_small(phone.page) == []
    await phone.page.eval_on_selector_all("details.step", "all => all.forEach(e => e.open = true)")
    assert await too_wide(phone.page) == []
    assert await too_small(phone.page) == []


async def test_from_the_alarm_to_the_repair(house: Any, desk_of: Any) -> None:
    ref = await danger(house)
    phone = await desk_of("technician", width=390)
    page: Page = phone.page
    await page.context.grant_permissions(["geolocation"], origin=house.url)
    await page.context.set_geolocation({"latitude": 39.9, "longitude": 116.4, "accuracy": 9})
    await phone.open("/round")
    await page.click(f'a.whole[href="/round/{ref}"]')
    await page.wait_for_url(f"**/round/{ref}")

    await page.click("nav.thumb a.alarm")
    await page.fill("#form-made_safe textarea", "3 号回路断电上锁")
    camera = "#form-made_safe .photo-buttons input[capture]"
    for taken, colour in enumerate(("navy", "red"), 1):
        await page.set_input_files(camera, photo(colour))
        await expect(page.locator("#form-made_safe .thumbs img")).to_have_count(taken)
    await page.click("#form-made_safe > button[type=submit]")
    await received(page, 1)

    await page.click("#form-answer .time >> nth=1")
    await page.click("#form-answer > button[type=submit]")
    await received(page, 2)

    await page.click('nav.thumb button[form="form-departure"]')
    await received(page, 3)

    await page.click('nav.thumb button[form="form-arrival"]')
    await received(page, 4)

    await page.check('#form-repair [value="temporary"]')
    await page.fill("#form-repair textarea", "更换接线盒")
    await page.click("#form-repair [data-parts] summary")
    await page.fill("#form-repair [name=part_name] >> nth=0", "防水接线盒")
    # A temporary repair needs its day: said before it goes out, with everything still there.
    await page.click("#form-repair > button[type=submit]")
    await expect(page.locator("#form-repair .held-error")).to_contain_text("临时")
    await expect(page.locator("#form-repair textarea")).to_have_value("更换接线盒")
    part = page.locator("#form-repair [name=part_name]").first
    await expect(part).to_have_value("防水接线盒")
    assert await too_wide(page) == []
    await page.check('#form-repair [value="fixed"]')
    await page.select_option("#form-repair [name=cause]", "C_INSTALL")
    await page.click("#form-repair > button[type=submit]")
    await received(page, 5)

    assert await acts(house, ref) == ["made_safe", "response", "arrival", "repair"]
    assert await count(house, TicketPhoto, ref) == 2
    assert await count(house, Position, ref) == 1
    assert await count(house, Part, ref) == 1
    await phone.open("/round")
    await expect(page.locator(f'a[href="/round/{ref}"]')).to_have_count(0)


async def test_without_javascript_it_goes_as_well(house: Any, desk_of: Any) -> None:
    ref = await danger(house)
    phone = await desk_of("technician", width=390, javascript=False)
    page: Page = phone.page
    await phone.open(f"/round/{ref}")
    await page.fill("#form-made_safe textarea", "断电")
    await page.set_input_files("#form-made_safe input[multiple]", photo("navy"))
    await page.click("#form-made_safe button[type=submit]")
    await page.wait_for_url("**?done=made_safe")
    await page.click("#form-answer .time >> nth=0")
    await page.click("#form-answer button[type=submit]")
    await page.wait_for_url("**?done=response")
    await page.click('nav.thumb button[form="form-departure"]')
    await page.wait_for_url("**?done=departure")

    await page.click('nav.thumb button[form="form-arrival"]')
    await page.wait_for_url("**?done=arrival")
    await page.select_option("#form-repair [name=cause]", "C_PRODUCT")
    await page.fill("#form-repair textarea", "更换驱动电源")
    await page.click("#form-repair button[type=submit]")
    await page.wait_for_url("**?done=repair")
    assert await acts(house, ref) == ["made_safe", "response", "arrival", "repair"]
    assert await count(house, TicketPhoto, ref) == 1


async def test_no_position_is_no_obstacle(house: Any, desk_of: Any) -> None:
    ref = await danger(house)
    phone = await desk_of("technician", width=390)
    await phone.open(f"/round/{ref}")
    await phone.page.click("#step-arrive summary >> nth=0")
    await phone.page.click("#form-arrival > button[type=submit]")
    await received(phone.page, 1)
    assert await count(house, Position, ref) == 0
