"""The doorbell: nobody waits for it, many rings are one, and none is answered twice at a time."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tickets import wake
from workers import main


class Bell:
    """A queue that only counts."""

    def __init__(self) -> None:
        self.rings: list[timedelta] = []

    async def enqueue_job(self, function: str, *, _expires: timedelta) -> object:
        assert function == "relay_events"
        self.rings.append(_expires)
        return None


async def test_many_commits_within_a_moment_are_one_ring_and_the_next_moment_another() -> None:
    bell = Bell()
    wake.use(bell)
    try:
        for _ in range(50):
            await wake.wake_worker()
        assert bell.rings == []  # nobody waited for it
        await asyncio.sleep(wake.A_MOMENT * 3)
        assert len(bell.rings) == 1
        await wake.wake_worker()
        await asyncio.sleep(wake.A_MOMENT * 3)
        assert len(bell.rings) == 2
    finally:
        wake.use(None)


async def test_a_broken_bell_is_no_trouble_and_rings_again_once_it_is_mended() -> None:
    class Broken(Bell):
        async def enqueue_job(self, function: str, *, _expires: timedelta) -> object:
            raise ConnectionError("gone")

    wake.use(Broken())
    await wake.wake_worker()
    await asyncio.sleep(wake.A_MOMENT * 3)
    bell = Bell()
    wake.use(bell)
    try:
        await wake.wake_worker()
        await asyncio.sleep(wake.A_MOMENT * 3)
        assert len(bell.rings) == 1
    finally:
        wake.use(None)


async def test_a_ring_while_somebody_is_at_it_makes_him_look_once_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked = 0
    at_it = asyncio.Event()
    go_on = asyncio.Event()

    async def relay(ctx: dict[str, Any]) -> int:
        nonlocal looked
        looked += 1
        at_it.set()
        await go_on.wait()
        return 0

    async def post(ctx: dict[str, Any]) -> int:
        return 0

    monkeypatch.setattr(main, "relay_events", relay)
    monkeypatch.setattr(main, "send_notices", post)
    ctx = {"rung": main.Rung()}
    first = asyncio.create_task(main.relay_and_post(ctx))
    await at_it.wait()
    for _ in range(20):
        await main.relay_and_post(ctx)  # each free at once
    assert looked == 1
    go_on.set()
    await first
    assert looked == 2
    await main.relay_and_post(ctx)
    assert looked == 3
