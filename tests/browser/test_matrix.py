"""Whatever the line or the server answers, an act is recorded once or stands refused in sight.

A few acts at every merge; with AFTERGLOW_ALL_ACTS every act of the field (`make proof`).
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page
from sqlalchemy import select

from tests.browser.held import deliver, hold, person_of
from tests.browser.phone import Phone, called_out, fault, phone_of, queue
from tests.browser.wire import Fate, Wire, bad_line
from tests.makers.visit import make_jpeg
from tickets.events import Event
from tickets.ticket.models import Ticket

pytestmark = pytest.mark.browser

LATER: tuple[Fate, ...] = (401, 409, 429, 500, 502, 503, "reset", "lose", "hang")
REFUSED: tuple[Fate, ...] = (403, 404, 413, 415, 422)

IMPATIENT = """window.setTimeout = ((was) => (work, ms, ...more) =>
    was(work, ms === 30000 ? 1500 : ms, ...more))(window.setTimeout)"""


def tomorrow() -> str:
    return (datetime.now(UTC) + timedelta(days=1)).isoformat()


Body = Callable[[int], dict[str, Any]]
# In an order in which the work may go.
ALL: dict[str, Body] = {
    "acknowledgement": lambda _: {},
    "answer": lambda person: {"note": "马上到", "technician": person},
    "departure": lambda _: {},
    "arrival": lambda _: {"position": {"lat": 31.2, "lon": 121.5, "accuracy_m": 12}},
    "made_safe": lambda _: {"note": "断电上锁", "isolated": "DB03"},
    "appointment": lambda _: {"for_at": tomorrow()},
    "pause": lambda _: {"reason": "no_access", "evidence": "大门锁着"},
    "pause-end": lambda _: {},
    "danger": lambda _: {"severity": "S1", "reason": "漏电"},
    "note": lambda _: {"text": "缺梯子"},
    "measure": lambda _: {"description": "东门架了两盏移动灯"},
    "declined": lambda _: {"by": "王工", "note": "不用临时灯"},
    "repair": lambda _: {
        "work": "换驱动",
        "result": "fixed",
        "cause": "C_PRODUCT",
        "check_after_dark": True,
    },
    "check": lambda _: {"passed": False, "note": "还有两盏不亮"},
    "signature": lambda _: {"name": "王工", "signed_for": "visit"},
    "handback": lambda _: {"reason": "parts"},
}
FEW = {kind: ALL[kind] for kind in ("arrival", "note")}
EVENTS = {
    "acknowledgement": "alert.acknowledged",
    "answer": "ticket.answered",
    "departure": "ticket.departed",
    "arrival": "ticket.arrived",
    "made_safe": "ticket.made_safe",
    "appointment": "appointment.made",
    "pause": "pause.begun",
    "pause-end": "pause.ended",
    "danger": "ticket.severity_changed",
    "note": "ticket.noted",
    "measure": "substitution.settled",
    "declined": "substitution.settled",
    "repair": "ticket.repaired",
    "check": "ticket.checked",
    "signature": "ticket.signed",
    "handback": "ticket.handed_back",
}


@pytest.fixture
async def phone(
    house: Any, chromium: Browser, chromium_path: str | None, tmp_path: Path
) -> AsyncIterator[Phone]:
    async with phone_of(house, chromium_path, tmp_path / "profile") as phone:
        yield phone
    assert phone.troubles == []


async def test_no_failure_loses_an_act_or_doubles_it(house: Any, phone: Phone) -> None:
    """Fourteen answers and broken lines, each once on each act of a ticket of its own."""
    async with bad_line(house.url) as wire:
        phone.url = wire.url
        page = await phone.start()
        await page.goto(f"{wire.url}/round/queue")
        person = await person_of(page)
        # Nothing may wait half a minute here: the phone's patience is its own matter.
        await page.add_init_script(IMPATIENT)
        await page.reload()
        for fate in (*LATER, *REFUSED):
            await _fails_once(house, wire, page, person, fate)


async def _fails_once(house: Any, wire: Wire, page: Page, person: int, fate: Fate) -> None:
    ref = await fault(house)
    await called_out(house, ref)
    hurt: set[str] = set()

    def decide(method: str, path: str) -> Fate:
        is_act = method == "POST" and (f"/tickets/{ref}/" in path or "/pauses/" in path)
        if is_act and path not in hurt:
            hurt.add(path)
            return fate
        return "pass"

    wire.decide, wire.retry_after = decide, 1 if fate in (429, 503) else None
    chosen = ALL if os.environ.get("AFTERGLOW_ALL_ACTS") else FEW
    kinds = [(kind, body(person)) for kind, body in chosen.items()]
    drawn = {
        n: [("other", make_jpeg())] for n, (kind, _) in enumerate(kinds) if kind == "signature"
    }
    # A line's delay cannot be told from a clock's error: closer than it, acts may change places.
    ids = await hold(page, person, ref, kinds, drawn, apart=timedelta(seconds=20))
    for _ in range(4 * len(ids)):
        await deliver(page, isUrged=True, isNow=True)
        held = {act["id"]: act for act in await queue(page)}
        if all(held[each]["state"] in ("received", "refused") for each in ids):
            break
        await asyncio.sleep(0.3)
    states = {held[each]["kind"]: held[each]["state"] for each in ids}
    told = [event async for event in _diary(house, ref)]
    if fate in REFUSED:
        assert set(states.values()) == {"refused"}, (fate, states)
        assert told == []
        assert held[ids[0]]["answer"]["detail"] == wire.sentence
    else:
        left = [held[each] for each in ids if held[each]["state"] != "received"]
        assert [(each["kind"], each["answer"]) for each in left] == [], fate
        # Each once, and only the signature's picture besides.
        wanted = sorted(EVENTS[kind] for kind, _ in kinds)
        assert sorted(each for each in told if each in EVENTS.values()) == wanted, fate
    # The end of a pause that was refused has nowhere to go: it is refused without asking.
    lost = fate in REFUSED and "pause-end" in states
    assert len(hurt) == len(ids) - lost, fate


async def _diary(house: Any, ref: str) -> AsyncIterator[str]:
    """What was recorded since the report, by kind."""
    async with house.room() as session:
        asked = select(Event.kind).join(Ticket, Ticket.id == Event.ticket_id)
        for kind in await session.scalars(asked.where(Ticket.ref == ref).order_by(Event.id)):
            if kind in EVENTS.values():
                yield kind
