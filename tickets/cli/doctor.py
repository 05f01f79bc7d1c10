"""`tickets doctor`: what is reachable, migrated, overdue, stuck."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import redis.asyncio
import typer
from sqlalchemy import text

from tickets import db, pulse
from tickets.cli.place import data_dir, servers
from tickets.migrations import newest
from tickets.migrations.state import revision_of
from tickets.settings import settings

LATE = timedelta(minutes=1)  # the sweep and the relay look every few seconds
_COUNTS = """
SELECT (SELECT count(*) FROM ticket WHERE is_open),
       (SELECT count(*) FROM clock WHERE met_at IS NULL AND closed_as IS NULL
               AND breached_at IS NULL AND due_at < :before),
       (SELECT count(*) FROM unrelayed JOIN event ON event.id = event_id
         WHERE recorded_at < :before),
       (SELECT count(*) FROM delivery JOIN event ON event.id = event_id
         WHERE handled_at IS NULL AND recorded_at < :before),
       (SELECT count(*) FROM notice WHERE sent_at IS NULL AND created_at < :before)
"""
Finding = tuple[bool, str]


async def _database(now: datetime) -> list[Finding]:
    engine = db.connect(settings().database_url, pool_size=1)
    try:
        async with engine.connect() as connection:
            version = await connection.scalar(text("SHOW server_version"))
            found = [(True, f"database: reachable, PostgreSQL {version}")]
            at = await revision_of(connection)
            if at != newest():
                at = at or "nothing"
                return [*found, (False, f"migrations: at {at}, the newest is {newest()}")]
            found.append((True, f"migrations: at the newest, {at}"))
            counts = (await connection.execute(text(_COUNTS), {"before": now - LATE})).one()
        found += list(_stuck(*counts))
        async with db.transaction() as session:
            last = await pulse.last_beat(session)
        told = f"seen {(now - last).total_seconds():.0f} s ago" if last else "never seen"
        return [*found, (not pulse.is_silent(last, now), f"worker: {told}")]
    except Exception as error:
        return [(False, f"database: not reachable ({error})")]
    finally:
        await engine.dispose()


def _stuck(
    tickets: int, clocks: int, events: int, deliveries: int, notices: int
) -> Iterator[Finding]:
    yield True, f"tickets: {tickets} open"
    yield not clocks, f"sweep: {clocks} clocks past due for over a minute and not yet breached"
    yield not events, f"relay: {events} events not yet spread for over a minute"
    yield not deliveries, f"reactions: {deliveries} owed for over a minute"
    yield not notices, f"post: {notices} notices unsent for over a minute"


async def _redis() -> Finding:
    client = redis.asyncio.Redis.from_url(settings().redis_url)
    try:
        await client.ping()
    except Exception as error:
        return False, f"Redis: not reachable ({error})"
    finally:
        await client.aclose()
    return True, "Redis: reachable"


def _disk() -> Iterator[Finding]:
    folder = data_dir()
    yield os.access(folder, os.W_OK), f"data folder: {folder}"
    free = shutil.disk_usage(folder).free >> 20
    yield free > 500, f"disk: {free:,} MB free"


async def _all(now: datetime) -> list[Finding]:
    return [*_disk(), *await _database(now), await _redis()]


def doctor() -> None:
    """What is reachable, migrated, overdue, stuck; exit code 1 if unhealthy."""
    with servers("doctor", with_redis=True):
        findings = asyncio.run(_all(datetime.now(UTC)))
    for is_well, told in findings:
        typer.echo(f"{'ok  ' if is_well else 'BAD '} {told}")
    if not all(is_well for is_well, _ in findings):
        raise typer.Exit(1)
