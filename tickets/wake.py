"""Ring the worker after a commit, so that it reads the diary now instead of in a few seconds.

Losing a ring is harmless: the worker looks anyway.
"""

import asyncio
import logging
from datetime import timedelta
from typing import Protocol

log = logging.getLogger(__name__)

A_MOMENT = 0.05  # seconds: what is committed within it shares one ring
STALE = timedelta(seconds=10)  # by then the worker has looked by itself; no rings pile up


class Queue(Protocol):
    async def enqueue_job(self, function: str, *, _expires: timedelta) -> object: ...


_queue: Queue | None = None
_is_waiting = False
_rings: set[asyncio.Task[None]] = set()  # so that none is collected before it rang


def use(queue: Queue | None) -> None:
    global _queue, _is_waiting
    _queue = queue
    _is_waiting = False


async def wake_worker() -> None:
    """Returns at once: nobody waits for the doorbell to be heard."""
    global _is_waiting
    if _queue is None or _is_waiting:
        return
    _is_waiting = True
    ring = asyncio.create_task(_ring())
    _rings.add(ring)
    ring.add_done_callback(_rings.discard)


async def _ring() -> None:
    global _is_waiting
    try:
        await asyncio.sleep(A_MOMENT)
    finally:
        _is_waiting = False
    if _queue is None:
        return
    try:
        await _queue.enqueue_job("relay_events", _expires=STALE)
    except Exception as error:  # Redis is a doorbell: whatever is wrong with it costs seconds only
        log.warning("could not wake the worker: %s", error)
