"""Sheets that wait are carried out, one after the other, each in one transaction."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import structlog

from tickets.db import transaction
from tickets.sheet import actions as sheet
from tickets.sheet.actions.work import is_hopeless

log = structlog.get_logger("sheet")
_at_work = asyncio.Lock()  # one at a time in each worker


async def carry_out_sheets(ctx: dict[str, Any]) -> int:
    """Killed in the middle, nothing of a sheet is written and the next run takes it up anew."""
    if _at_work.locked():  # the timetable rings again while a large one is carried out
        return 0
    done = 0
    troubled: set[int] = set()
    async with _at_work:
        while await _one(troubled):
            done += 1
    return done


async def _one(troubled: set[int]) -> bool:
    """Whether there was one. What fails for a reason of ours is put aside for this run, is tried
    again by the next, and given up after a few."""
    load_id = None
    try:
        async with transaction() as session:
            load = await sheet.take_up(session, but=troubled)
            if load is None:
                return False
            load_id = load.id
            is_cancelled, attempts = await _note(load_id, 0, is_new_attempt=True)
            if is_cancelled:
                await sheet.end_cancelled(session, load, datetime.now(UTC))
            elif is_hopeless(attempts):
                await sheet.break_off(session, load, datetime.now(UTC))
            else:
                await sheet.carry_out(session, load, tell=_teller(load_id), now=datetime.now(UTC))
    except sheet.Cancelled:
        pass  # what it wrote is undone; the next look sees that it was called off
    except Exception:
        if load_id is None:
            raise
        log.exception("a sheet could not be carried out", load=load_id)
        troubled.add(load_id)
    return True


async def _note(load_id: int, percent: int, *, is_new_attempt: bool = False) -> tuple[bool, int]:
    async with transaction() as session:
        return await sheet.progress(session, load_id, percent, is_new_attempt=is_new_attempt)


def _teller(load_id: int) -> Any:
    last = -1

    async def tell(percent: int) -> None:
        nonlocal last
        if percent == last:
            return
        last = percent
        is_cancelled, _ = await _note(load_id, percent)
        if is_cancelled and percent < 100:
            raise sheet.Cancelled

    return tell
