"""Brings workers into the world by forking, and kills them: `python -m tests.faults.nursery URL`.

It reads orders, one per line, and answers each with one line. `kill 0.12`: a worker that does
all there is to do is killed after so many seconds, unless it was done. `race`: two sweep while
two relay and post. `pair`: two go on and on; `shoot`: one of them is killed and another is born
in its place; `away`: both are killed. `finish`: one does the rest. Nothing is imported or
connected anew per worker, so that a kill falls into the work and not into a start. `load 0.5`: one
carries out sheets and is killed; `loads`: two carry out what is left. `plan 0.1` and `plans`: the
same for inspections.
"""

import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

from tickets import db
from tickets.channel.actions import handing
from tickets.migrations import load_tables
from workers.loads import carry_out_sheets
from workers.post import send_notices
from workers.postmen import Postmen
from workers.relay import relay_events
from workers.sweeps import breach_overdue_clocks, plan_inspections, warn_in_time

Work = Callable[[], Awaitable[None]]


async def everything() -> None:
    await breach_overdue_clocks({})
    await warn_in_time({})
    await consequences()


async def consequences() -> None:
    while await relay_events({}):
        pass
    await send_notices({})


async def on_and_on() -> None:
    """Everything, messages handed over as well, as the timetable has it but without its waits."""
    postmen = Postmen()
    while True:
        await everything()
        await postmen.set_out()
        await asyncio.sleep(0.05)


async def sheets() -> None:
    await carry_out_sheets({})


async def plans() -> None:
    await plan_inspections({})


async def sweeps() -> None:
    for _ in range(10):
        await breach_overdue_clocks({})
        await warn_in_time({})


async def relays() -> None:
    for _ in range(10):
        await consequences()
        await asyncio.sleep(0.02)


def born(url: str, work: Work) -> int:
    """A child that does the work and is gone."""
    child = os.fork()
    if child:
        return child

    async def connected() -> None:
        engine = db.connect(url, pool_size=2)
        await work()
        await engine.dispose()

    try:
        asyncio.run(connected())
    except BaseException:
        logging.exception("a worker failed")
        os._exit(1)
    os._exit(0)


def killed(child: int, seconds: float) -> str:
    """`kill -9`, without a word before it."""
    time.sleep(seconds)
    ended, status = os.waitpid(child, os.WNOHANG)
    if ended:
        return f"done {os.waitstatus_to_exitcode(status)}"
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "killed"


def ended(*children: int) -> str:
    codes = {os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children}
    return f"done {max(codes)}"


def shot(pair: list[int], url: str, place: int) -> str:
    os.kill(pair[place], signal.SIGKILL)
    os.waitpid(pair[place], 0)
    pair[place] = born(url, on_and_on)
    return "killed"


def away(pair: list[int]) -> str:
    for child in pair:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    pair.clear()
    return "done 0"


def main(url: str) -> None:
    load_tables()
    setattr(handing, "IN_FLIGHT", timedelta(seconds=2))  # noqa: B010  # a postman's channel is another's sooner
    pair: list[int] = []
    orders = {
        "race": (sweeps, relays, sweeps, relays),
        "finish": (everything,),
        "loads": (sheets, sheets),
        "plans": (plans, plans),
    }
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        order, _, seconds = line.strip().partition(" ")
        if order == "kill":
            told = killed(born(url, everything), float(seconds))
        elif order == "load":
            told = killed(born(url, sheets), float(seconds))
        elif order == "plan":
            told = killed(born(url, plans), float(seconds))
        elif order == "pair":
            pair += [born(url, on_and_on), born(url, on_and_on)]
            told = "born"
        elif order == "shoot":
            told = shot(pair, url, int(seconds))
        elif order == "away":
            told = away(pair)
        else:
            told = ended(*[born(url, work) for work in orders[order]])
        sys.stdout.write(told + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
