"""Servers one may be rough with, the web alone in front of them, and rows that are committed."""

import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psutil
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from tests.setup.running import COMMAND, PATIENCE, free_port, settings_for, soon
from tickets import embedded
from tickets.embedded import Server
from tickets.staff.actions import add_token
from tickets.staff.rules import Role


@asynccontextmanager
async def sessions_of(url: str) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    """Real connections and real commits; the application's own sessions are left as they are."""
    engine = create_async_engine(f"postgresql+asyncpg://{url.partition('://')[2]}", pool_size=20)
    try:
        yield async_sessionmaker(engine, expire_on_commit=False)
    finally:
        await engine.dispose()


async def make_token(session: AsyncSession, *, role: Role = Role.ADMIN, name: str = "key") -> str:
    return (await add_token(session, name=name, role=role, now=datetime.now(UTC)))[1]


class Restarting:
    """A server with a folder of its own, which is ended without a word and started again."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.url = server.url
        self._stack = ExitStack()
        self._process: psutil.Process | None = None

    def start(self) -> None:
        before = set(psutil.Process().children())
        self._stack.enter_context(embedded.running(self.server))
        (self._process,) = set(psutil.Process().children()) - before

    def stop_at_once(self, how: signal.Signals) -> None:
        assert self._process
        self._process.send_signal(how)
        soon(lambda: is_dead(self._process), f"the end of {self.server.name}")
        self.close()

    def close(self) -> None:
        self._stack.close()


def is_dead(process: psutil.Process | None) -> bool:
    try:
        return process is None or bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


@contextmanager
def restarting(server: Server) -> Iterator[Restarting]:
    running = Restarting(server)
    running.start()
    try:
        yield running
    finally:
        running.close()


class Web:
    """`tickets serve` as a process of its own."""

    def __init__(self, folder: Path, database_url: str, redis_url: str) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = folder / f"web-{self.port}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [COMMAND, "serve"],
                env=settings_for(
                    folder,
                    TICKETS_PORT=str(self.port),
                    TICKETS_DATABASE_URL=database_url,
                    TICKETS_REDIS_URL=redis_url,
                    TICKETS_LOCALE="en",
                ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_until_alive(self) -> None:
        soon(lambda: self._is_alive() or self.process.poll() is not None, "an answer")
        assert self.process.poll() is None, self.said()

    def _is_alive(self) -> bool:
        try:
            return httpx.get(f"{self.address}/healthz").status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE)


@contextmanager
def web(folder: Path, database_url: str, redis_url: str) -> Iterator[Web]:
    running = Web(folder, database_url, redis_url)
    try:
        running.wait_until_alive()
        yield running
    finally:
        running.stop()
