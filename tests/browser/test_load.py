"""A phone that was away for long: many acts and photos, a line that breaks, a browser that dies.

A small load at every merge; `make proof` asks for 500 acts and 200 photos by AFTERGLOW_HELD_ACTS
and AFTERGLOW_HELD_PHOTOS.
"""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Browser, expect
from sqlalchemy import func, select

from tests.browser.held import deliver, hold, person_of, settled, version
from tests.browser.phone import Phone, fault, phone_of, queue, ready
from tests.browser.wire import Fate, bad_line
from tickets.events import Event
from tickets.media import Photo
from tickets.phone.models import Phone as Heard
from tickets.sla.models import Act
from tickets.ticket.models import Ticket, TicketPhoto

pytestmark = pytest.mark.browser

ACTS = int(os.environ.get("AFTERGLOW_HELD_ACTS", "20"))
PHOTOS = int(os.environ.get("AFTERGLOW_HELD_PHOTOS", "4"))
OF_A_TICKET = 20


@pytest.fixture
async def phone(
    house: Any, chromium: Browser, chromium_path: str | None, tmp_path: Path
) -> AsyncIterator[Phone]:
    async with phone_of(house, chromium_path, tmp_path / "profile") as phone:
        yield phone
    assert phone.troubles == []


def picture(n: int) -> bytes:
    """As a phone keeps it: some 600 kB, so that it goes in pieces; no two alike."""
    noise = random.Random(n)
    small = Image.frombytes("RGB", (640, 480), noise.randbytes(640 * 480 * 3))
    made = BytesIO()
    small.resize((1600, 1200), Image.Resampling.BILINEAR).save(made, "JPEG", quality=70)
    return made.getvalue()


async def test_nothing_is_lost_of_much_over_a_bad_line(house: Any, phone: Phone) -> None:
    """One request in twenty breaks, before the server or after it; the browser is killed once."""
    chance = random.Random(6)

    def bad(method: str, path: str) -> Fate:
        if not path.startswith("/api/") or chance.random() > 0.05:
            return "pass"
        return chance.choice(("reset", "lose"))

    async with bad_line(house.url) as wire:
        phone.url = wire.url
        page = await phone.start()
        await page.goto(f"{wire.url}/round/queue")
        wire.decide = lambda method, path: "reset"
        person = await person_of(page)
        refs = [await fault(house) for _ in range(-(-ACTS // OF_A_TICKET))]
        per = -(-PHOTOS // len(refs))
        ids: list[str] = []
        for n, ref in enumerate(refs):
            kinds: list[tuple[str, dict[str, Any]]] = [
                *(("answer", {"technician": person}), ("departure", {}), ("arrival", {}))
            ]
            kinds += [("note", {"text": f"{n}-{k}"}) for k in range(OF_A_TICKET - 4)]
            kinds += [("repair", {"work": "x", "cause": "C_PRODUCT", "on_site": True})]
            taken = [("after", picture(n * per + k)) for k in range(per)]
            spread = {3 + k: [each] for k, each in enumerate(taken)}
            ids += await hold(page, person, ref, kinds, spread)
        wire.decide = bad
        began = time.monotonic()
        going = asyncio.create_task(deliver(page, isUrged=True, isNow=True))
        await asyncio.sleep(max(2, len(ids) / 50))
        going.cancel()
        await phone.kill()
        wire.decide = lambda method, path: "reset"
        page = await phone.start()
        wire.decide = bad
        await page.goto(f"{wire.url}/round/queue")
        for _ in range(400):
            if not await deliver(page, isUrged=True, isNow=True):
                break
            await asyncio.sleep(0.2)
        held = await settled(page)
        seconds = time.monotonic() - began
        broken = sum(fate in ("reset", "lose") for *_, fate in wire.seen)
    assert {act["id"]: act["state"] for act in held} == dict.fromkeys(ids, "received")
    async with house.room() as session:
        of_these = select(Ticket.id).where(Ticket.ref.in_(refs))
        acts = select(func.count()).select_from(Act).where(Act.ticket_id.in_(of_these))
        assert await session.scalar(acts) == 3 * len(refs)
        told = await session.execute(
            select(Event.kind, func.count())
            .where(Event.ticket_id.in_(of_these))
            .group_by(Event.kind)
        )
        counts = {kind: number for kind, number in told}
        assert counts["ticket.noted"] == (OF_A_TICKET - 4) * len(refs)
        assert counts["ticket.departed"] == len(refs)
        kept = select(func.count()).select_from(TicketPhoto).join(Photo)
        kept = kept.where(TicketPhoto.ticket_id.in_(of_these), Photo.moment == "after")
        assert await session.scalar(kept) == per * len(refs)
    told_of = f"{len(ids)} acts, {per * len(refs)} photos, {broken} broken requests"
    print(f"phone: {told_of}: {seconds:.1f} s")  # noqa: T201


async def test_a_hundred_acts_are_delivered_in_five_seconds(house: Any, phone: Phone) -> None:
    page = await phone.start()
    await page.goto(f"{phone.url}/round/queue")
    person = await person_of(page)
    for _ in range(20):
        kinds: list[tuple[str, dict[str, Any]]] = [("answer", {}), ("arrival", {})]
        kinds += [("note", {"text": f"{k}"}) for k in range(3)]
        await hold(page, person, await fault(house), kinds)
    began = time.monotonic()
    await deliver(page, isUrged=True)
    assert {act["state"] for act in await queue(page)} == {"received"}
    seconds = time.monotonic() - began
    print(f"phone: 100 acts delivered in {seconds:.2f} s")  # noqa: T201
    assert seconds <= 5 * SLOW


# A machine that runs other tests at the same time is no measure; `make proof` is alone on it.
SLOW = 1 if os.environ.get("AFTERGLOW_HELD_ACTS") else 4


async def test_without_a_line_it_is_usable_within_a_second(house: Any, phone: Phone) -> None:
    """On a processor six times slower: from the tap on the icon to a round that takes a press."""
    await fault(house)
    page = await phone.start()
    await page.goto(f"{phone.url}/round")
    await ready(page)
    assert phone.context is not None
    tools = await phone.context.new_cdp_session(page)
    await tools.send("Emulation.setCPUThrottlingRate", {"rate": 6})
    await phone.context.set_offline(True)
    times = []
    for _ in range(3):
        await page.goto(f"{phone.url}/round")
        await expect(page.locator(".stop").first).to_be_visible()
        await expect(page.locator(".phone-bar .brand")).to_contain_text("无网络")
        times.append(await page.evaluate(USABLE))
    print(f"phone: offline start usable after {sorted(times)[1]:.0f} ms")  # noqa: T201
    assert sorted(times)[1] <= 1000 * SLOW


USABLE = "performance.getEntriesByName('usable')[0].startTime"


async def test_two_phones_of_one_technician(house: Any, phone: Phone, tmp_path: Path) -> None:
    """The same work told by both: the clocks are met once, nothing is in each other's way."""
    ref = await fault(house)
    page = await phone.start()
    await page.goto(f"{phone.url}/round/queue")
    person = await person_of(page)
    second = Phone(phone.playwright, phone.path, tmp_path / "second", phone.url, phone.key)
    other = await second.start()
    try:
        await other.goto(f"{phone.url}/round/queue")
        for each in (page, other):
            await hold(each, person, ref, {"answer": {}, "arrival": {}, "note": {"text": "x"}})
        await asyncio.gather(*(deliver(each, isUrged=True) for each in (page, other)))
        left: list[int] = []
        for each in (page, other):
            held = await settled(each)
            # Who comes second hears that it was answered already; his note is kept all the same.
            assert [act["state"] for act in held if act["kind"] == "note"] == ["received"]
            left.append(sum(act["state"] == "refused" for act in held))
    finally:
        await second.close()
    async with house.room() as session:
        ticket = (await session.scalars(select(Ticket).where(Ticket.ref == ref))).one()
        assert ticket.status == "on_site"
        noted = select(func.count()).select_from(Event)
        noted = noted.where(Event.ticket_id == ticket.id, Event.kind == "ticket.noted")
        assert await session.scalar(noted) == 2
        heard = select(Heard).where(Heard.person_id == person, Heard.app_version.is_not(None))
        phones = (await session.scalars(heard)).all()
    # The desk knows of both when they were last heard of, and what is left on them.
    assert {each.app_version for each in phones} == {await version(page)}
    assert sorted(each.waiting or 0 for each in phones) == sorted(left)
