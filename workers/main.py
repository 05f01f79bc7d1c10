"""The worker: `arq workers.main.Worker`. Below, its timetable."""

from dataclasses import replace
from typing import Any

from arq import cron, func
from arq.connections import RedisSettings

from tickets import db, wake
from tickets.migrations import load_tables
from tickets.settings import settings
from workers.post import send_notices
from workers.relay import relay_events
from workers.sweeps import beat, breach_overdue_clocks, forget_leftovers


async def _start(ctx: dict[str, Any]) -> None:
    load_tables()
    ctx["engine"] = db.connect(settings().database_url)
    wake.use(ctx["redis"])
    await beat(ctx)


async def _stop(ctx: dict[str, Any]) -> None:
    wake.use(None)
    await ctx["engine"].dispose()


async def relay_and_post(ctx: dict[str, Any]) -> None:
    """What a ring asks for: the consequences first, then the messages they owe."""
    await relay_events(ctx)
    await send_notices(ctx)


class Worker:
    # A doorbell may be away for an hour: it is waited for, and `tickets up` need not give up.
    redis_settings = replace(
        RedisSettings.from_dsn(settings().redis_url or "redis://127.0.0.1:6379"),
        conn_retries=3600,
    )
    on_startup = _start
    on_shutdown = _stop
    keep_result = 0
    max_jobs = 4
    job_timeout = 300
    poll_delay = 0.2
    functions = [func(relay_and_post, name="relay_events", max_tries=1)]
    cron_jobs = [
        cron(breach_overdue_clocks, second=set(range(60)), max_tries=1),
        cron(relay_and_post, second=set(range(1, 60, 5)), max_tries=1),
        cron(beat, second=set(range(0, 60, 15)), max_tries=1),
        cron(forget_leftovers, hour=4, minute=30, max_tries=1),
    ]
