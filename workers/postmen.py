"""Hand over what is queued: a postman to each channel, so that a dead one holds up no other.

They know nothing of one another nor of the saying; a worker that ends in the middle leaves the
message to the next under the same id (tickets/channel/actions/handing.py).
"""

import asyncio
import logging
from datetime import UTC, datetime
from functools import partial
from typing import Any

from tickets.channel import actions, queries
from tickets.channel.wire import Parcel, hand
from tickets.db import transaction
from tickets.settings import settings
from workers.post import public_url

log = logging.getLogger(__name__)


class Postmen:
    """Those who are out; nobody is sent a second time before he is back."""

    def __init__(self) -> None:
        self.out: dict[int, asyncio.Task[int]] = {}

    async def set_out(self) -> int:
        async with transaction() as session:
            due = await queries.due_channels(session, datetime.now(UTC))
        going = [channel_id for channel_id in due if channel_id not in self.out]
        for channel_id in going:
            task = asyncio.create_task(_round(channel_id))
            self.out[channel_id] = task
            task.add_done_callback(partial(self._back, channel_id))
        return len(going)

    def _back(self, channel_id: int, _: object) -> None:
        self.out.pop(channel_id, None)

    async def all_home(self) -> None:
        await asyncio.gather(*self.out.values(), return_exceptions=True)


async def hand_over(ctx: dict[str, Any]) -> int:
    """Waits for nobody: a round may take as long as its receiver lets it."""
    postmen: Postmen = ctx.setdefault("postmen", Postmen())
    return await postmen.set_out()


async def _round(channel_id: int) -> int:
    """Until nothing is left by this channel, or it rests."""
    handed = 0
    try:
        while number := await _next(channel_id):
            handed += number
    except Exception:
        log.exception("the round of channel %s ended early", channel_id)
    return handed


async def _next(channel_id: int) -> int:
    now = datetime.now(UTC)
    async with transaction() as session:
        taken = await actions.take(
            session, channel_id, now, locale=settings().locale, more=f"{public_url()}/inbox"
        )
    if taken is None:
        return 0

    async def one(parcel: Parcel) -> None:
        outcome = await hand(taken.kind, taken.settings, parcel, datetime.now(UTC))
        async with transaction() as session:
            state = await actions.settle(session, channel_id, parcel.id, outcome, datetime.now(UTC))
        if state != "accepted":
            log.warning("message %s by channel %s: %s", parcel.id, channel_id, state)

    # What cannot be settled keeps neither the others nor the channel: it comes again later.
    ended = await asyncio.gather(*map(one, taken.parcels), return_exceptions=True)
    for parcel, error in zip(taken.parcels, ended, strict=True):
        if error is not None:
            told = "message %s by channel %s: what came of it could not be kept"
            log.error(told, parcel.id, channel_id, exc_info=error)
    async with transaction() as session:
        await actions.let_go(session, channel_id)
    return len(taken.parcels)
