"""The call at the keyboard, as somebody on the phone makes it."""

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import expect
from sqlalchemy import select

from tickets.events import Event
from tickets.ticket.models import Ticket, TicketPhoto

pytestmark = pytest.mark.browser


async def call_screen(desk: Any, query: str = "") -> None:
    """The screen is there and hears the keys: its own code has run, the search has the caret."""
    await desk.open("/desk/call" + query)
    await expect(desk.page.locator("#q")).to_be_focused()


async def newest(house: Any) -> Ticket:
    async with house.room() as session:
        asked = select(Ticket).order_by(Ticket.id.desc()).limit(1)
        ticket: Ticket = (await session.scalars(asked)).one()
        return ticket


async def count(house: Any) -> int:
    async with house.room() as session:
        return len((await session.scalars(select(Ticket.id))).all())


@pytest.mark.parametrize(
    ("locale", "words", "fault"),
    [("zh-CN", "1", "OUT_ONE"), ("en", "fl", "FLICKER"), ("zh-CN", "ss", "FLICKER")],
)
async def test_a_known_callers_fault_takes_twelve_keys_at_most(
    house: Any, desk_of: Any, locale: str, words: str, fault: str
) -> None:
    desk = await desk_of(locale=locale)
    await call_screen(desk)
    await desk.press(*"5678", "Enter")
    await expect(desk.page.locator("#reporter_name")).to_have_value("王工")
    await expect(desk.page.locator("#fault")).to_be_focused()
    await desk.press(*words, "Enter", "n", "Control+Enter")
    await expect(desk.page.locator("#ref")).to_have_text(re.compile(r"T-\d{8}-\d{4}"))
    assert desk.presses <= 12
    ticket = await newest(house)
    assert (ticket.fault, ticket.severity) == (fault, "S3")
    await expect(desk.page.locator("#ref")).to_have_text(ticket.ref)
    # Enter starts the next call.
    await expect(desk.page.locator("#next")).to_be_focused()
    await desk.page.keyboard.press("Enter")
    await expect(desk.page.locator("#q")).to_be_focused()


async def test_a_sharp_word_is_danger_and_goes_out_as_s1(house: Any, desk_of: Any) -> None:
    desk = await desk_of()
    await call_screen(desk)
    await desk.press(*"5678", "Enter")
    await expect(desk.page.locator("#fault")).to_be_focused()
    await desk.page.keyboard.insert_text("漏电")
    await desk.press("Enter")
    await expect(desk.page.locator("#description")).to_be_focused()
    await expect(desk.page.locator('[name="safety"][value="yes"]')).to_be_checked()
    await desk.press("Control+Enter")
    await expect(desk.page.locator(".registered .banner.danger")).to_be_visible()
    assert (await newest(house)).severity == "S1"


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("桥下几盏不亮", "OUT_MULTI"),
        ("一片不亮", "OUT_CIRCUIT"),
        ("整条街都黑了", "OUT_MULTI"),
        ("不亮了还漏电", "LEAK"),
        ("不亮", "OUT_ONE"),
    ],
)
async def test_a_sentence_offers_first_what_says_most(desk_of: Any, words: str, fault: str) -> None:
    desk = await desk_of()
    await call_screen(desk)
    await desk.page.locator("#fault").focus()
    await desk.page.keyboard.insert_text(words)
    chosen = desk.page.locator('#fault-list [aria-selected="true"]')
    await expect(chosen).to_have_attribute("data-code", fault)


async def test_arrows_choose_and_the_listbox_says_so(desk_of: Any) -> None:
    desk = await desk_of(locale="en")
    await call_screen(desk)
    # At once, as from a scanner: typed slowly, the list may change under the arrow.
    await desk.page.keyboard.insert_text("L-01")
    box = desk.page.locator("#q")
    await expect(box).to_have_attribute("aria-expanded", "true")
    await expect(box).to_have_attribute("role", "combobox")
    await desk.press("ArrowDown")
    await expect(box).to_have_attribute("aria-activedescendant", "found-2")
    await desk.press("Enter")
    await expect(desk.page.locator("#assets")).to_have_value("L-0102")
    await expect(desk.page.locator("#around")).to_contain_text("滨江城投")
    # A second asset joins the first.
    await desk.page.locator("#q").focus()
    await desk.page.keyboard.type("L-0101")
    await desk.press("Enter")
    await expect(desk.page.locator("#assets")).to_have_value("L-0102 L-0101")


async def test_a_draft_survives_a_reload_and_is_gone_once_registered(
    house: Any, desk_of: Any
) -> None:
    desk = await desk_of(locale="en")
    await call_screen(desk)
    await desk.page.fill("#project", "BJ-01")
    await desk.page.fill("#place", "by the old fountain")
    await desk.page.fill("#description", "two of five are dark")
    await desk.page.wait_for_url("**#draft=*")
    await desk.page.reload()
    await expect(desk.page.locator("#place")).to_have_value("by the old fountain")
    await expect(desk.page.locator("#description")).to_have_value("two of five are dark")
    # The tab is closed and another opened: the call is offered again.
    await call_screen(desk)
    await desk.page.get_by_role("button", name="Continue it").click()
    await expect(desk.page.locator("#place")).to_have_value("by the old fountain")
    await desk.page.fill("#fault", "FLICKER")
    await desk.page.locator('[name="safety"][value="no"]').check()
    await desk.press("Control+Enter")
    await expect(desk.page.locator("#ref")).to_be_visible()
    # Not `wait_for_function`: where its first look fails it calls eval, which the page forbids.
    kept = "Object.keys(localStorage).filter((key) => key.startsWith('call:'))"
    async with asyncio.timeout(10):
        while await desk.page.evaluate(kept):
            await asyncio.sleep(0.05)


async def test_a_softphone_opens_the_screen_for_its_caller(desk_of: Any) -> None:
    desk = await desk_of(locale="en")
    await desk.open("/desk/call?phone=13812345678")
    await expect(desk.page.locator("#reporter_name")).to_have_value("王工")
    await expect(desk.page.locator("#project")).to_have_value("BJ-01")
    await expect(desk.page.locator("#around")).to_contain_text("In warranty")


async def test_a_duplicate_stands_out_and_the_call_joins_it(house: Any, desk_of: Any) -> None:
    desk = await desk_of(locale="en")
    await desk.open("/desk/call?project=BJ-01&asset=L-0101&phone=13812345678")
    await desk.page.fill("#fault", "FLICKER")
    await desk.page.locator('[name="safety"][value="no"]').check()
    await desk.press("Control+Enter")
    await expect(desk.page.locator("#ref")).to_be_visible()
    first = (await newest(house)).ref
    await expect(desk.page.locator("#ref")).to_have_text(first)
    before = await count(house)
    await call_screen(desk)
    await desk.page.keyboard.type("L-0102")
    await desk.press("Enter")
    warning = desk.page.locator(".open-here.same")
    await expect(warning).to_contain_text("Already reported")
    await desk.page.fill("#reporter_name", "刘姐")
    await desk.page.fill("#description", "the next one too")
    join = warning.locator("li", has_text=first).locator("button[formaction$='/calls']")
    await join.click()
    await expect(desk.page.locator("#ref")).to_have_text(first)
    assert await count(house) == before
    async with house.room() as session:
        told = await session.scalars(select(Event).where(Event.kind == "ticket.called_again"))
        assert [event.facts["text"] for event in told] == ["the next one too"]


async def test_a_double_click_is_one_ticket(house: Any, desk_of: Any) -> None:
    desk = await desk_of(locale="en")
    before = await count(house)
    await desk.open("/desk/call?project=BJ-01&phone=13812345678")
    await desk.page.fill("#fault", "DIM")
    await desk.page.locator('[name="safety"][value="no"]').check()
    await desk.page.locator("#register").dblclick(no_wait_after=True)
    await expect(desk.page.locator("#ref")).to_be_visible()
    assert await count(house) == before + 1
    # Back, and once more: the form is a fresh one, what was sent is not sent again.
    await desk.page.go_back()
    await desk.page.locator("#register").click()
    await expect(desk.page.locator("#fault-error")).to_be_visible()
    assert await count(house) == before + 1


PICTURE = """async () => {
  const canvas = Object.assign(document.createElement('canvas'), {width: 40, height: 30});
  canvas.getContext('2d').fillRect(0, 0, 20, 20);
  const blob = await new Promise((done) => canvas.toBlob(done, 'image/png'));
  const clip = new DataTransfer();
  clip.items.add(new File([blob], 'lamp.png', {type: 'image/png'}));
  const event = new ClipboardEvent('paste', {clipboardData: clip, bubbles: true, cancelable: true});
  document.getElementById('paste').dispatchEvent(event);
}"""
TEXT = """(text) => {
  const box = document.getElementById('paste');
  const clip = new DataTransfer();
  clip.setData('text', text);
  const event = new ClipboardEvent('paste', {clipboardData: clip, bubbles: true, cancelable: true});
  box.dispatchEvent(event);
  box.value += text;
}"""


async def test_a_chat_with_a_picture_fills_the_form(house: Any, desk_of: Any) -> None:
    desk = await desk_of(locale="en")
    await desk.open("/desk/call")
    await desk.page.locator(".paste summary").click()
    await desk.page.evaluate(PICTURE)
    await expect(desk.page.locator('#photos input[name="photos"]')).to_have_count(1)
    async with desk.page.expect_navigation():
        await desk.page.evaluate(TEXT, "王工 11-20 09:12\nL-0102 路灯不亮 13812345678")
    await expect(desk.page.locator("#project")).to_have_value("BJ-01")
    await expect(desk.page.locator("#assets")).to_have_value("L-0102")
    await expect(desk.page.locator("#reporter_name")).to_have_value("王工")
    await expect(desk.page.locator('input[name="photos"]')).to_have_count(1)
    await desk.page.fill("#reported_at", "")
    await desk.page.locator('[name="safety"][value="no"]').check()
    await desk.press("Control+Enter")
    await expect(desk.page.locator("#ref")).to_be_visible()
    ticket = await newest(house)
    async with house.room() as session:
        photos = await session.scalars(
            select(TicketPhoto).where(TicketPhoto.ticket_id == ticket.id)
        )
        assert [photo.act for photo in photos] == ["opening"]


async def test_it_all_works_without_scripts(house: Any, desk_of: Any) -> None:
    desk = await desk_of(locale="en", javascript=False)
    await desk.open("/desk/call")
    await desk.page.fill("#q", "5678")
    await desk.page.press("#q", "Enter")
    await desk.page.locator('[data-sort="caller"] a').first.click()
    await expect(desk.page.locator("#reporter_phone")).to_have_value("13812345678")
    await desk.page.fill("#fault", "flicker")
    await desk.page.click("#register")
    await expect(desk.page.locator("#safety-error")).to_contain_text("Ask the caller")
    await expect(desk.page.locator("#fault")).to_have_value("flicker")
    await desk.page.check('[name="safety"][value="no"]')
    await desk.page.click("#register")
    await expect(desk.page.locator("#ref")).to_be_visible()


async def test_a_refused_form_keeps_what_was_typed_and_goes_to_the_place(desk_of: Any) -> None:
    desk = await desk_of(locale="en")
    await desk.open("/desk/call?project=BJ-01")
    await desk.page.fill("#description", "x" * 12_000)
    await desk.page.fill("#fault", "FLICKER")
    await desk.page.locator('[name="safety"][value="no"]').check()
    await desk.page.click("#register")
    await expect(desk.page.locator("#description-error")).to_be_visible()
    await expect(desk.page.locator("#description")).to_have_value("x" * 12_000)
    await expect(desk.page.locator("#description")).to_be_focused()
