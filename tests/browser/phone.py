"""A technician's phone for the browser tests: a browser profile that outlives its process."""

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, Page, Playwright, async_playwright
from sqlalchemy import func, select

from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket
from tickets.events import Event
from tickets.notice.models import Alert
from tickets.project.models import Project
from tickets.sla.models import Act, Clock
from tickets.staff import signed_in
from tickets.staff.models import Person, SignIn
from tickets.ticket.models import Ticket


@dataclass
class Phone:
    """One person's phone. `kill` ends the browser's process as an empty battery would."""

    playwright: Playwright
    path: str | None
    folder: Path
    url: str
    key: str
    locale: str = "zh-CN"
    width: int = 390
    arguments: tuple[str, ...] = ()
    context: BrowserContext | None = None
    troubles: list[str] = field(default_factory=list)

    async def start(self) -> Page:
        self.context = await self.playwright.chromium.launch_persistent_context(
            str(self.folder),
            executable_path=self.path,
            args=["--no-sandbox", *self.arguments],
            viewport={"width": self.width, "height": 844},
            locale=self.locale,
        )
        self.context.set_default_timeout(30_000)
        await self.sign_in(self.key)
        page = self.context.pages[0] if self.context.pages else await self.context.new_page()
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        return page

    async def sign_in(self, key: str | None) -> None:
        assert self.context is not None
        await self.context.clear_cookies()
        if key is not None:
            # As the real one it outlives the browser's last window.
            until = datetime.now(UTC).timestamp() + 3600
            cookie = {"name": signed_in.COOKIE, "value": key, "url": self.url, "expires": until}
            await self.context.add_cookies([cookie])  # type: ignore[list-item]

    async def kill(self) -> None:
        """SIGKILL to the browser of this profile, and to no other."""
        assert self._processes(is_main=True), "nothing to kill"
        for pid in self._processes(is_main=True):
            os.kill(pid, signal.SIGKILL)
        for _ in range(100):  # the others see it and go
            if not self._processes():
                break
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.5)
        for lock in self.folder.glob("Singleton*"):  # whoever held it is no more
            lock.unlink(missing_ok=True)
        self.context = None

    def _processes(self, *, is_main: bool = False) -> list[int]:
        told = subprocess.run(
            ["ps", "-ww", "-eo", "pid,args"], capture_output=True, text=True, check=True
        )
        lines = [line.strip().partition(" ") for line in told.stdout.splitlines()]
        return [
            int(pid)
            for pid, _, args in lines
            if f"--user-data-dir={self.folder}" in args
            and not (is_main and ("--type=" in args or "/sh " in args))
        ]

    async def close(self) -> None:
        if self.context is not None:
            await self.context.close()
            self.context = None


@asynccontextmanager
async def phone_of(
    house: Any, path: str | None, folder: Path, *, locale: str = "zh-CN", width: int = 390
) -> AsyncIterator[Phone]:
    """A fresh technician with a fresh profile."""
    _, key = await technician(house, locale=locale)
    async with async_playwright() as playwright:
        phone = Phone(playwright, path, folder, house.url, key, locale, width)
        try:
            yield phone
        finally:
            await phone.close()


async def technician(house: Any, *, locale: str = "zh-CN", name: str = "李师傅") -> tuple[int, str]:
    async with house.room() as session:
        person = await make_person(session, role="technician", locale=locale, name=name)
        key = f"phone-of-{person.id}"
        await sign_in_row(session, person, key)
        return person.id, key


async def sign_in_row(session: Any, person: Person, key: str) -> None:
    session.add(
        SignIn(
            key_hash=signed_in.hashed(key),
            person_id=person.id,
            expires_at=datetime.now(UTC) + timedelta(hours=1),
        )
    )
    await session.flush()


async def fault(
    house: Any, *, hours: float = 1, fault: str = "OUT_ONE", text: str = "灯不亮"
) -> str:
    """A ticket reported some hours ago that nobody has yet."""
    async with house.room() as session:
        project = (await session.scalars(select(Project).where(Project.code == "BJ-01"))).one()
        now = datetime.now(UTC)
        ticket = await make_ticket(
            session,
            project=project,
            now=now,
            reported_at=now - timedelta(hours=hours),
            fault=fault,
            assets=("L-0101",),
            description=text,
        )
        return ticket.ref


async def called_out(house: Any, ref: str) -> int:
    """It is called out, and nobody has said that he heard it."""
    async with house.room() as session:
        ticket = (await session.scalars(select(Ticket).where(Ticket.ref == ref))).one()
        clock = await session.scalar(
            select(Clock.id).where(Clock.ticket_id == ticket.id).order_by(Clock.id).limit(1)
        )
        told = select(Event.id).where(Event.ticket_id == ticket.id).order_by(Event.id.desc())
        before = await session.scalar(
            select(func.count()).select_from(Alert).where(Alert.ticket_id == ticket.id)
        )
        now = datetime.now(UTC)
        alert = Alert(
            ticket_id=ticket.id,
            clock_id=clock,
            breach_no=before + 1,
            threshold="open",
            event_id=await session.scalar(told.limit(1)),
            falls_at=now,
            rung=1,
            climbs_at=now + timedelta(minutes=10),
            climbs_every=timedelta(minutes=10),
        )
        session.add(alert)
        await session.flush()
        return int(alert.id)


async def acts_of(house: Any, ref: str) -> list[Act]:
    async with house.room() as session:
        rows = await session.scalars(
            select(Act)
            .join(Ticket, Ticket.id == Act.ticket_id)
            .where(Ticket.ref == ref)
            .order_by(Act.at, Act.id)
        )
        return list(rows)


async def queue(page: Page) -> list[dict[str, Any]]:
    """What the phone holds, as its own store says."""
    held: list[dict[str, Any]] = await page.evaluate(
        """() => new Promise((done, fail) => {
            const asked = indexedDB.open("afterglow", 1);
            asked.onerror = () => fail(asked.error);
            asked.onsuccess = () => {
                const all = asked.result.transaction("acts").objectStore("acts").getAll();
                all.onsuccess = () => {
                    asked.result.close();
                    done(all.result.sort((a, b) => a.n - b.n));
                };
            };
        })"""
    )
    return held


async def ready(page: Page) -> None:
    """The worker runs and the round was taken along."""
    for _ in range(150):
        if await page.evaluate(_IS_READY):
            return
        await asyncio.sleep(0.2)
    raise AssertionError("the round was not taken along")


_IS_READY = """async () => {
    if (navigator.serviceWorker.controller?.state !== "activated") return false;
    const person = document.getElementById("app").dataset.person;
    const kept = await caches.open(`pages-${person}`);
    const stops = [...document.querySelectorAll(".stop:not([id^=inspection])")];
    const cards = stops.map(({ id }) => `/round/${id}`);
    for (const path of ["/round", "/round/queue", "/round/offline", ...cards]) {
        if (!(await kept.match(path))) return false;
    }
    return true;
}"""
