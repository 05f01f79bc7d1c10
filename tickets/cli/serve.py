"""One part alone: the web, the worker, the migration. What systemd starts on real servers."""

import asyncio
import socket
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from tickets import db
from tickets.cli import log
from tickets.cli.place import check_migrated, servers
from tickets.migrations import newest, upgrade
from tickets.migrations.state import revision_of
from tickets.settings import settings


async def _check() -> None:
    engine = db.connect(settings().database_url, pool_size=1)
    try:
        await check_migrated(engine)
    finally:
        await engine.dispose()


def serve(
    fd: Annotated[int | None, typer.Option(hidden=True)] = None,
    certificate: Annotated[Path | None, typer.Option(help="PEM file; with --key.")] = None,
    key: Annotated[Path | None, typer.Option(help="PEM file of its private key.")] = None,
) -> None:
    """Pages and API only, on TICKETS_HOST and TICKETS_PORT. Needs a migrated database."""
    from tickets.cli.tls import checked
    from tickets.cli.up import listen

    tls = checked(certificate, key)

    with servers("serve", with_redis=True):
        log.configure("web")
        if fd is None:
            asyncio.run(_check())
            door = listen(settings().host, settings().port)
        else:
            door = socket.socket(fileno=fd)
        config = uvicorn.Config(
            "tickets.app:create_app",
            factory=True,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
            ssl_certfile=tls.certificate if tls else None,
            ssl_keyfile=tls.key if tls else None,
        )
        uvicorn.Server(config).run(sockets=[door])


def work() -> None:
    """The worker only: sweeps, relay, post. Any number may run. Needs a migrated database."""
    from arq.worker import run_worker

    with servers("work", with_redis=True):
        log.configure("worker")
        asyncio.run(_check())
        from workers.main import Worker

        run_worker({name: value for name, value in vars(Worker).items() if name[0] != "_"})


def migrate() -> None:
    """Bring the database to the version this program needs. Safe to run at any time, by many."""

    async def run() -> None:
        engine = db.connect(settings().database_url, pool_size=1)
        try:
            async with engine.connect() as connection:
                before = await revision_of(connection)
            await upgrade(settings().database_url)
        finally:
            await engine.dispose()
        typer.echo(
            f"The database was at {before or 'nothing'} and is at {newest()}."
            if before != newest()
            else f"The database is at {newest()} already."
        )

    with servers("migrate"):
        asyncio.run(run())
