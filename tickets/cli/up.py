"""`tickets up`: web, worker and the embedded servers in one terminal."""

import asyncio
import os
import signal
import socket
import sys
import time
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from tickets import db, embedded
from tickets.cli.demo import load_if_empty, sign_ins
from tickets.cli.parts import Part, end_children_of_a_killed_start, note_children, say
from tickets.cli.place import Place, Taken, data_dir, hold_soon, load_secret, use
from tickets.cli.tls import Tls, checked
from tickets.embedded import CannotStart, child_argv
from tickets.migrations import load_tables, newest, upgrade
from tickets.migrations.state import revision_of
from tickets.settings import settings

GRACE = {"PostgreSQL": 60.0}  # its last checkpoint may take a while


def up(
    certificate: Annotated[Path | None, typer.Option(help="PEM file; with --key.")] = None,
    key: Annotated[Path | None, typer.Option(help="PEM file of its private key.")] = None,
) -> None:
    """Everything in one: servers, pages, API and worker. Ctrl-C stops all of it.

    With --certificate and --key the pages are served by HTTPS, which phones need (docs/https.md).

    Without TICKETS_DATABASE_URL and TICKETS_REDIS_URL the servers are embedded, and
    an empty database is filled with demonstration data. Any database is migrated.
    """
    began = time.monotonic()
    tls = checked(certificate, key)
    folder = data_dir()
    with ExitStack() as stack:
        try:
            place = hold_soon(stack, folder, "up")
        except Taken as taken:
            raise CannotStart(
                f"Afterglow already runs on the data folder {folder}"
                f" (`tickets {taken.command}`, process {taken.pid}):"
                " stop it first, or name another folder in TICKETS_DATA_DIR."
            ) from None
        end_children_of_a_killed_start(folder)
        listening = stack.enter_context(listen(settings().host, settings().port))
        load_secret(folder)
        use(data_dir=str(folder))
        asyncio.run(_run(stack, place, listening, began, tls))


def listen(host: str, port: int) -> socket.socket:
    """The door, held here: while the web part is started again, callers wait instead of failing."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=512)
    except (OSError, OverflowError) as error:
        why = {48: "in use already", 98: "in use already", 13: "not allowed for this account"}
        told = why.get(getattr(error, "errno", 0) or 0, str(error))
        raise CannotStart(
            f"Port {port} on {host} is {told}: stop the other program,"
            " or choose another port (PORT=8001 make run, or TICKETS_PORT=8001)."
        ) from None


async def _run(
    stack: ExitStack, place: Place, door: socket.socket, began: float, tls: Tls | None
) -> None:
    loop = asyncio.get_running_loop()
    asked_to_stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, asked_to_stop.set)
    parts: list[Part] = []
    work = asyncio.create_task(_start_and_keep(stack, place, door, began, parts, tls))
    stopping = asyncio.create_task(asked_to_stop.wait())
    try:
        await asyncio.wait((work, stopping), return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            say("afterglow", "stopping")
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
    finally:
        stopping.cancel()
        await _end(parts)
        say("afterglow", "stopped")


async def _end(parts: list[Part]) -> None:
    """Those who use the servers first, then the servers."""
    users = [part for part in parts if part.server is None]
    await asyncio.gather(*(part.end(10) for part in users))
    for part in reversed([part for part in parts if part.server]):
        await part.end(GRACE.get(part.name, 10.0))


async def _start_and_keep(
    stack: ExitStack,
    place: Place,
    door: socket.socket,
    began: float,
    parts: list[Part],
    tls: Tls | None,
) -> None:
    def add(part: Part) -> Part:
        part.on_start = partial(note_children, place.folder, parts)
        parts.append(part)
        return part

    keepers: list[asyncio.Task[None]] = []

    async def start(part: Part) -> None:
        at = time.monotonic()
        await add(part).start()
        if part.server:
            say(part.name, f"ready after {time.monotonic() - at:.1f} s")
        keepers.append(asyncio.create_task(part.keep()))

    say("afterglow", f"starts; its data is in {place.folder}")
    try:
        urls: dict[str, str] = {}
        if not settings().redis_url:
            server = embedded.prepare_redis(place.folder)
            urls["redis_url"] = server.url
            await start(Part.of(server))
            use(redis_url=server.url)
        if not settings().database_url:
            server = await asyncio.to_thread(
                stack.enter_context, embedded.prepare_postgres(place.folder)
            )
            urls["database_url"] = server.url
            await start(Part.of(server))
            use(database_url=server.url)
        note = place.folder / "postgres.place"
        if "database_url" in urls and note.exists():
            say("PostgreSQL", " ".join(note.read_text().split("\n")[::-1]).strip())
        hints = await fill(with_demonstration="database_url" in urls)
        place.publish(**urls)
        await asyncio.gather(start(_web(door, tls)), start(_worker()))
        await _first_answer(keepers, tls)
        _welcome(time.monotonic() - began, hints, tls)
        done, _ = await asyncio.wait(keepers, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()  # tells why
    finally:
        for task in keepers:
            task.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)


async def fill(*, with_demonstration: bool) -> list[str]:
    """The database is migrated; an empty one of our own gets the demonstration data. A named
    server does not: the demonstration's password is public (`tickets demo` loads it if asked)."""
    load_tables()
    engine = db.connect(settings().database_url, pool_size=1)
    try:
        async with engine.connect() as connection:
            before = await revision_of(connection)
        if before != newest():
            say("afterglow", f"migrating the database from {before or 'nothing'} to {newest()}")
            await upgrade(settings().database_url)
        if with_demonstration and await load_if_empty():
            say("afterglow", "the database was empty; it has demonstration data now")
        return await sign_ins()
    finally:
        await engine.dispose()


def _own(name: str, command: str, **options: object) -> Part:
    argv = (
        sys.executable,
        "-m",
        "tickets.cli",
        command,
        *(f"--{k}={v}" for k, v in options.items()),
    )
    return Part(
        name,
        child_argv(argv, last_signal=signal.SIGKILL),
        env=dict(os.environ) | {"PYTHONUNBUFFERED": "1"},
        as_it_is=settings().log == "json",
    )


def _web(door: socket.socket, tls: Tls | None) -> Part:
    part = _own("web", "serve", fd=door.fileno(), **(tls.options() if tls else {}))
    part.pass_fds = (door.fileno(),)
    return part


def _worker() -> Part:
    return _own("worker", "work")


async def _first_answer(keepers: list[asyncio.Task[None]], tls: Tls | None) -> None:
    """The web answers, or a part has given up."""
    asking = asyncio.create_task(_ask_until_it_answers(tls))
    done, _ = await asyncio.wait((asking, *keepers), return_when=asyncio.FIRST_COMPLETED)
    if asking not in done:
        asking.cancel()
        for task in done:
            task.result()


async def _ask_until_it_answers(tls: Tls | None) -> None:
    """The door is open already, so one question waits until somebody is behind it; a web part
    that dies over the question costs another."""
    while True:
        with suppress(OSError):
            reader, writer = await asyncio.open_connection(
                _near_host(), settings().port, ssl=tls.to_ourselves() if tls else None
            )
            try:
                writer.write(
                    b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
                )
                if b" 200 " in await reader.readline():
                    return
            finally:
                writer.close()
        await asyncio.sleep(0.05)


def _near_host() -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings().host, settings().host)


def _welcome(seconds: float, hints: list[str], tls: Tls | None) -> None:
    host = _near_host()
    address = (
        f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{settings().port}"
    )
    say("afterglow", f"ready after {seconds:.1f} s at {settings().public_url or address}")
    for line in hints:
        say("afterglow", line)
    say("afterglow", "Ctrl-C stops everything")
