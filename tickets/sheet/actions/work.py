"""What the worker notes about a sheet beside carrying it out, each in a transaction of its own."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.sheet.models import SheetLoad, SheetProgress
from tickets.sheet.rules import limits
from tickets.words import N_

BROKEN_OFF = N_("Carrying this sheet out broke off again and again. We have written down why.")


async def take_up(session: AsyncSession, *, but: Collection[int] = ()) -> SheetLoad | None:
    """The oldest that waits and nobody is at; locked until the transaction ends."""
    return (
        await session.scalars(
            select(SheetLoad)
            .where(SheetLoad.state == "waiting", SheetLoad.id.not_in(but))
            .order_by(SheetLoad.id)
            .limit(1)
            # For two workers: the second passes by what the first is at.
            .with_for_update(skip_locked=True)
        )
    ).first()


async def progress(
    session: AsyncSession, load_id: int, percent: int, *, is_new_attempt: bool = False
) -> tuple[bool, int]:
    """Notes how far it is; says whether it was called off, and the number of the attempt."""
    row = (
        await session.execute(
            update(SheetProgress)
            .where(SheetProgress.load_id == load_id)
            .values(percent=percent, attempts=SheetProgress.attempts + int(is_new_attempt))
            .returning(SheetProgress.is_cancelled, SheetProgress.attempts)
        )
    ).one()
    return row[0], row[1]


async def end_cancelled(session: AsyncSession, load: SheetLoad, now: datetime) -> None:
    load.state = "cancelled"
    load.finished_at = now
    await session.flush()


async def break_off(session: AsyncSession, load: SheetLoad, now: datetime) -> None:
    """After so many attempts it is given up, with a sentence."""
    load.state = "failed"
    load.refusal = {"sentence": BROKEN_OFF, "places": {}}
    load.finished_at = now
    await session.flush()


def is_hopeless(attempts: int) -> bool:
    return attempts > limits.ATTEMPTS
