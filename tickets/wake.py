"""Ring the worker after a commit, so that it reads the diary now instead of in a few seconds.

Losing a ring is harmless: the worker looks anyway.
"""

import logging
from typing import Protocol

log = logging.getLogger(__name__)


class Queue(Protocol):
    async def enqueue_job(self, function: str) -> object: ...


_queue: Queue | None = None


def use(queue: Queue | None) -> None:
    global _queue
    _queue = queue


async def wake_worker() -> None:
    if _queue is None:
        return
    try:
        await _queue.enqueue_job("relay_events")
    except Exception as error:  # Redis is a doorbell: whatever is wrong with it costs seconds only
        log.warning("could not wake the worker: %s", error)
