"""Acts put into the phone's queue without their forms, and delivered."""

import asyncio
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from playwright.async_api import Page
from sqlalchemy import func, select

from tests.browser.phone import queue
from tickets.events import Event
from tickets.ticket.models import Ticket

# Where the door of a kind has another name than the kind.
DOORS = {
    "answer": "response",
    "danger": "severity",
    "declined": "substitution_declined",
    "measure": "measures",
    "note": "notes",
    "pause": "pauses",
}

HELD = """async ({ version, acts }) => {
    const store = await import(`/phone/${version}/store.js`);
    for (const { pictures, ...act } of acts) {
        const photos = pictures.map(({ id, base64, moment }) => ({
            id, moment, type: "image/jpeg", taken_at: null,
            bytes: Uint8Array.from(atob(base64), (each) => each.charCodeAt(0)).buffer,
        }));
        await store.put(act, photos);
    }
}"""
DELIVER = """async ({ version, how }) => {
    const { deliver } = await import(`/phone/${version}/delivery.js`);
    return deliver(how);
}"""

Kinds = dict[str, dict[str, Any]] | list[tuple[str, dict[str, Any]]]


async def hold(
    page: Page,
    person: int,
    ref: str,
    kinds: Kinds,
    pictures: dict[int, list[tuple[str, bytes]]] | None = None,
    at: datetime | None = None,
    apart: timedelta = timedelta(),
) -> list[str]:
    """Acts written down as a form writes them, without their forms. `pictures` belong to the act of
    that place: of which moment, and the bytes. `at` is that of the
    last one by the phone's clock, now if absent; those before it were so far `apart`."""
    now = datetime.now(UTC).isoformat()
    made: list[dict[str, Any]] = []
    pause = None
    wanted = list(kinds.items() if isinstance(kinds, dict) else kinds)
    for n, (kind, body) in enumerate(wanted):
        photos = [
            {"id": str(uuid4()), "base64": b64encode(content).decode(), "moment": moment}
            for moment, content in (pictures or {}).get(n, ())
        ]
        ends = kind == "pause-end"
        path = "/pauses/{pause}/end" if ends else f"/tickets/{ref}/{DOORS.get(kind, kind)}"
        act = {
            "id": str(uuid4()),
            "person": person,
            "name": "李师傅",
            "ref": ref,
            "kind": kind,
            "path": path,
            "body": body,
            "values": {},
            "builds_on": pause if ends else None,
            "photos": [each["id"] for each in photos],
            "pictures": photos,
            "at": ((at or datetime.now(UTC)) - apart * (len(wanted) - n - 1)).isoformat(),
            "written": now,
            "hold_until": 0,
            "state": "waiting",
            "tries": 0,
            "put_off": None,
            "answer": None,
        }
        pause = act["id"] if kind == "pause" else pause
        made.append(act)
    await page.evaluate(HELD, {"version": await version(page), "acts": made})
    return [str(each["id"]) for each in made]


async def version(page: Page) -> str:
    return str(await page.get_attribute("#app", "data-version"))


async def person_of(page: Page) -> int:
    return int(str(await page.get_attribute("#app", "data-person")))


async def deliver(page: Page, **how: bool) -> int:
    left: int = await page.evaluate(DELIVER, {"version": await version(page), "how": how})
    return left


async def settled(page: Page, seconds: float = 30) -> list[dict[str, Any]]:
    """Once everything that is held is received or refused."""
    for _ in range(int(seconds * 5)):
        held = await queue(page)
        if all(act["state"] in ("received", "refused") for act in held):
            return held
        await asyncio.sleep(0.2)
    raise AssertionError([(act["kind"], act["state"], act["answer"]) for act in held])


async def notes(house: Any, ref: str) -> int:
    async with house.room() as session:
        asked = select(func.count()).select_from(Event).join(Ticket, Ticket.id == Event.ticket_id)
        told = await session.scalar(asked.where(Ticket.ref == ref, Event.kind == "ticket.noted"))
        return told or 0
