"""A real server, a real database, a real Chromium: what the tests in-process cannot see."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from urllib.request import urlopen

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from tests.makers.asset import make_asset
from tests.makers.database import own_database
from tests.makers.project import make_contact, make_owner, make_project
from tests.makers.staff import make_person
from tickets.staff import signed_in
from tickets.staff.models import SignIn

PATIENCE = 60.0  # seconds; how slow a machine may be before a page counts as broken
expect.set_options(timeout=PATIENCE * 1000)


@dataclass
class House:
    """The running server, and rooms in its database."""

    url: str
    sessions: async_sessionmaker[AsyncSession]
    people: dict[str, int] = field(default_factory=dict)

    @asynccontextmanager
    async def room(self) -> AsyncIterator[AsyncSession]:
        async with self.sessions() as session, session.begin():
            yield session


@pytest.fixture(scope="session")
async def house(server: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One project with a caller, a cabinet, a circuit and lamps; the web on a free port."""
    async with own_database(server) as url:
        engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"))
        sessions = async_sessionmaker(engine, expire_on_commit=False)
        folder = Path(tmp_path_factory.mktemp("house"))
        with (folder / "log").open("wb") as log:
            port = _free_port()
            web = subprocess.Popen(
                f"{sys.executable} -m uvicorn --factory tickets.app:create_app"
                f" --port {port} --log-level warning".split(),
                env=os.environ
                | {
                    "TICKETS_DATABASE_URL": url,
                    "TICKETS_REDIS_URL": "redis://127.0.0.1:1",
                    "TICKETS_DATA_DIR": str(folder),
                    "TICKETS_STORAGE_URL": str(folder / "storage"),
                    "TICKETS_SECURE_COOKIES": "false",
                },
                stdout=log,
                stderr=log,
            )
        try:
            house = House(f"http://127.0.0.1:{port}", sessions)
            _wait(house.url, web, folder / "log")
            async with house.room() as session:
                await _furnish(session)
            yield house
        finally:
            web.terminate()
            web.wait(PATIENCE)
            await engine.dispose()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait(url: str, web: subprocess.Popen[bytes], log: Path) -> None:
    until = monotonic() + PATIENCE
    while monotonic() < until and web.poll() is None:
        try:
            with urlopen(f"{url}/static/app.css", timeout=10):
                return
        except OSError:
            sleep(0.1)
    raise RuntimeError(f"The server did not start:\n{log.read_text()[-2000:]}")


async def _furnish(session: AsyncSession) -> None:
    owner = await make_owner(session, name="滨江城投")
    project = await make_project(
        session,
        code="BJ-01",
        name="滨江夜景一期",
        owner=owner,
        accepted_on=date(2026, 1, 9),
        months=24,
    )
    await make_contact(session, owner=owner, name="王工", phone="13812345678")
    box = await make_asset(
        session, project=project, code="DB03", name="南门配电箱", kind="BOX", is_main=True
    )
    circuit = await make_asset(
        session, project=project, code="DB03-1", name="回路一", kind="CIRC", parent=box
    )
    for code in ("L-0101", "L-0102"):
        await make_asset(session, project=project, code=code, name="投光灯", parent=circuit)


@pytest.fixture(scope="session")
def chromium_path() -> str | None:
    """Of this machine's Chromium; None for the one that Playwright brought along."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
async def chromium(chromium_path: str | None) -> AsyncIterator[Browser]:
    path = chromium_path
    async with async_playwright() as playwright:
        if path is None and not Path(playwright.chromium.executable_path).exists():
            pytest.skip("no Chromium on this machine; .ci/browser says how to get one")
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        await browser.close()


class Desk:
    """Somebody signed in at a browser; counts the keys he presses and hears what goes wrong."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.presses = 0
        self.troubles: list[str] = []
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("console", self._hear)

    def _hear(self, message: object) -> None:
        told = str(getattr(message, "text", ""))
        # A refused form is a 409 or 422 on purpose; a broken page or a blocked script is not.
        if getattr(message, "type", "") == "error" and "status of 4" not in told:
            self.troubles.append(told)

    async def open(self, path: str) -> None:
        await self.page.goto(self.url + path)

    async def press(self, *keys: str) -> None:
        """Each key that is pressed counts, Ctrl too."""
        for key in keys:
            self.presses += len(key.split("+"))
            await self.page.keyboard.press(key)


@pytest.fixture
async def desk_of(house: House, chromium: Browser) -> AsyncIterator[object]:
    """`desk = await desk_of("hotline", locale="en")`: signed in, at a fresh browser."""
    contexts: list[BrowserContext] = []
    desks: list[Desk] = []

    async def sit(
        role: str = "hotline",
        *,
        locale: str = "zh-CN",
        width: int = 1440,
        dark: bool = False,
        javascript: bool = True,
    ) -> Desk:
        async with house.room() as session:
            person = await make_person(session, role=role, locale=locale, name="值班员甲")
            key = f"browser-session-of-{person.id}"
            session.add(
                SignIn(
                    key_hash=signed_in.hashed(key),
                    person_id=person.id,
                    expires_at=datetime.now(UTC) + timedelta(hours=1),
                )
            )
        context = await chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            java_script_enabled=javascript,
            locale=locale,
        )
        context.set_default_timeout(PATIENCE * 1000)
        contexts.append(context)
        await context.add_cookies([{"name": signed_in.COOKIE, "value": key, "url": house.url}])
        desk = Desk(await context.new_page(), house.url)
        desks.append(desk)
        return desk

    yield sit
    for context in contexts:
        await context.close()
    assert [trouble for desk in desks for trouble in desk.troubles] == []
