"""DATA_DIR: who uses it, which servers run for it, and the secret that lies in it."""

import asyncio
import errno
import fcntl
import json
import os
import secrets
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine

from tickets import db, embedded
from tickets.embedded import CannotStart
from tickets.migrations import load_tables, newest
from tickets.migrations.state import revision_of
from tickets.settings import settings

T = TypeVar("T")
LASTING = ("up", "serve", "work")  # hold the place for hours; a command holds it for seconds
WAIT_FOR_A_COMMAND = 60.0


class Taken(Exception):
    """Somebody else holds the place: what he runs, and his process id."""

    def __init__(self, command: str, pid: int) -> None:
        super().__init__(command)
        self.command = command
        self.pid = pid


class Place:
    """One data folder, held by this process: nobody else starts servers in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def publish(self, **facts: str) -> None:
        """Tell commands beside us where the servers are; readable by the owner alone."""
        fresh = self.folder / "running.new"
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(facts))
        fresh.replace(self.folder / "running.json")

    def withdraw(self) -> None:
        (self.folder / "running.json").unlink(missing_ok=True)


def data_dir() -> Path:
    """The folder, made if need be. 0711 for root: PostgreSQL's account passes through.

    Two commands may be the first ones here at once: either may make it, the other finds it.
    """
    folder = settings().data_dir.absolute()
    try:
        if not folder.exists():
            with suppress(FileExistsError):
                folder.mkdir(parents=True)
                folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
        (folder / "lock").touch(mode=0o600)
    except OSError as error:
        raise CannotStart(
            f"The data folder {folder} cannot be written ({os.strerror(error.errno or 0)}):"
            " make it writable for this account, or name another one in TICKETS_DATA_DIR."
        ) from None
    return folder


@contextmanager
def holding(folder: Path, command: str) -> Iterator[Place]:
    """The lock goes with the process, however it ends. Raises Taken."""
    with (folder / "lock").open("r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                raise CannotStart(
                    f"The data folder {folder} cannot be locked ({os.strerror(error.errno or 0)}):"
                    " it must lie on a local disk."
                ) from None
            holder, _, pid = lock.read().partition(" ")
            raise Taken(holder or "another command", int(pid or 0)) from None
        lock.truncate(0)
        lock.write(f"{command} {os.getpid()}")
        lock.flush()
        place = Place(folder)
        place.withdraw()  # of somebody killed
        try:
            yield place
        finally:
            place.withdraw()
            lock.truncate(0)


def hold_soon(stack: ExitStack, folder: Path, command: str) -> Place:
    """Like `holding`, but a command that is at work for seconds is waited for."""
    deadline = time.monotonic() + WAIT_FOR_A_COMMAND
    while True:
        try:
            return stack.enter_context(holding(folder, command))
        except Taken as taken:
            if taken.command in LASTING or time.monotonic() > deadline:
                raise
        time.sleep(0.05)


def _read_running(folder: Path) -> dict[str, str] | None:
    try:
        read: dict[str, str] = json.loads((folder / "running.json").read_text())
    except (OSError, ValueError):
        return None
    return read


def use(**values: str) -> None:
    """Settings for this process and its children."""
    os.environ.update({f"TICKETS_{name.upper()}": value for name, value in values.items()})
    settings.cache_clear()


def load_secret(folder: Path) -> None:
    """The key that signs: named in the settings, or made once and kept in the folder.

    Written aside under a name of this process alone and put in place whole: of those who make
    one at once, the first one's is everybody's.
    """
    if settings().secret_key:
        return
    path = folder / "secret.key"
    try:
        if not path.exists():
            with NamedTemporaryFile("w", dir=folder, prefix="secret.", suffix=".new") as fresh:
                fresh.write(secrets.token_urlsafe(48))
                fresh.flush()
                with suppress(FileExistsError):
                    os.link(fresh.name, path)
        use(secret_key=path.read_text().strip())
    except OSError as error:
        raise CannotStart(
            f"The secret key {path} cannot be used ({os.strerror(error.errno or 0)})."
        ) from None


@contextmanager
def servers(command: str, *, with_redis: bool = False) -> Iterator[None]:
    """The settings name servers that run: those of the environment, those of a `tickets up`
    on the same data folder, or our own for as long as the block runs."""
    folder = data_dir()
    load_secret(folder)
    if settings().database_url and (settings().redis_url or not with_redis):
        yield
        return
    with ExitStack() as stack:
        place = _hold_or_join(stack, folder, command)
        if place is None:
            yield
            return
        urls = {}
        if not settings().database_url:
            urls["database_url"] = stack.enter_context(embedded.postgres(folder))
        if with_redis and not settings().redis_url:
            urls["redis_url"] = stack.enter_context(embedded.redis(folder))
        use(**urls)
        if command in LASTING:
            place.publish(**urls)
        yield


def _hold_or_join(stack: ExitStack, folder: Path, command: str) -> Place | None:
    """None: somebody else runs the servers, and the settings name them now."""
    deadline = time.monotonic() + WAIT_FOR_A_COMMAND
    while True:
        try:
            return hold_soon(stack, folder, command)
        except Taken as taken:
            if found := _read_running(folder):
                missing = {k: v for k, v in found.items() if not getattr(settings(), k)}
                use(**missing)
                return None
            if time.monotonic() > deadline:
                raise CannotStart(
                    f"The data folder {folder} is in use by `tickets {taken.command}`"
                    f" (process {taken.pid}), which is not ready."
                ) from None
        time.sleep(0.05)


async def check_migrated(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        at = await revision_of(connection)
    if at != newest():
        raise CannotStart(
            f"The database is at {at or 'no version yet'}, this program needs {newest()}:"
            " run `tickets migrate` first."
        )


def in_database(command: str, work: Callable[[], Awaitable[T]]) -> T:
    """Run `work` with the database connected and migrated; it opens its own transactions."""

    async def connected() -> T:
        load_tables()  # a foreign key to a room nobody imported cannot be resolved
        engine = db.connect(settings().database_url, pool_size=2)
        try:
            await check_migrated(engine)
            return await work()
        finally:
            await engine.dispose()

    with servers(command):
        return asyncio.run(connected())
