"""The worker: `arq workers.main.Worker`. Below, its timetable."""

from dataclasses import replace
from typing import Any

from arq import cron, func
from arq.connections import RedisSettings

from tickets import db, wake
from tickets.inspection import actions as inspection
from tickets.migrations import load_tables
from tickets.project import actions as project
from tickets.settings import settings
from workers.loads import carry_out_sheets
from workers.post import send_notices
from workers.postmen import Postmen, hand_over
from workers.relay import relay_events
from workers.sweeps import (
    beat,
    breach_overdue_clocks,
    climb_alerts,
    forget_leftovers,
    hand_over_absences,
    owe_while_paused,
    plan_ahead,
    plan_inspections,
    remind_inspections,
    tell_endings,
    tell_gaps,
    warn_in_time,
    watch_appointments,
    watch_calls,
    watch_repairs,
)


async def _start(ctx: dict[str, Any]) -> None:
    load_tables()
    ctx["engine"] = db.connect(settings().database_url)
    project.follow_covers(inspection.replan)
    ctx["rung"] = Rung()
    ctx["postmen"] = Postmen()
    wake.use(ctx["redis"])
    await beat(ctx)


async def _stop(ctx: dict[str, Any]) -> None:
    wake.use(None)
    await ctx["postmen"].all_home()
    await ctx["engine"].dispose()


class Rung:
    """Rings while somebody is at it: he looks once more, and the others are free at once, so
    that many rings never stand before the sweep of the clocks."""

    def __init__(self) -> None:
        self.is_heard = True
        self.is_at_work = False


async def relay_and_post(ctx: dict[str, Any]) -> None:
    """What a ring asks for: the consequences first, then the messages they owe."""
    rung: Rung = ctx["rung"]
    rung.is_heard = False
    if rung.is_at_work:
        return
    rung.is_at_work = True
    try:
        while not rung.is_heard:
            rung.is_heard = True
            await relay_events(ctx)
            await send_notices(ctx)
    finally:
        rung.is_at_work = False


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
        cron(warn_in_time, second=set(range(60)), max_tries=1),
        cron(climb_alerts, second=set(range(3, 60, 5)), max_tries=1),
        cron(relay_and_post, second=set(range(1, 60, 5)), max_tries=1),
        cron(hand_over, second=set(range(60)), max_tries=1),
        # An hour, for the largest; one at a time in each worker.
        cron(carry_out_sheets, second=set(range(0, 60, 2)), max_tries=1, timeout=3600),
        cron(beat, second=set(range(0, 60, 15)), max_tries=1),
        cron(owe_while_paused, second={11, 26, 41, 56}, max_tries=1),
        cron(watch_calls, second=set(range(3, 60, 10)), max_tries=1),
        cron(watch_appointments, second={13, 43}, max_tries=1),
        cron(watch_repairs, second={7, 37}, max_tries=1),
        cron(hand_over_absences, second={17}, max_tries=1),
        cron(tell_gaps, second={47}, max_tries=1),
        cron(tell_endings, minute=set(range(2, 60, 5)), second=37, max_tries=1),
        cron(plan_inspections, second={23}, max_tries=1),
        cron(remind_inspections, minute=set(range(3, 60, 5)), second=41, max_tries=1),
        cron(plan_ahead, minute={5, 35}, second=27, max_tries=1),
        cron(forget_leftovers, hour=4, minute=30, max_tries=1),
    ]
