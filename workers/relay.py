"""Read the diary and hand each event to its reactions.

The outbox (`unrelayed`) is spread into one delivery per reaction. A delivery is handled in the
transaction that marks it handled, in order per ticket; one that fails is put off alone, longer
each time, and takes no other down.
"""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, exists, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from tickets.db import transaction
from tickets.events import Delivery, Event, Unrelayed
from workers.reactions import REACTIONS

log = logging.getLogger(__name__)

BATCH = 50  # tickets a reaction locks stay locked until the batch commits
LONGEST_WAIT = timedelta(hours=1)


async def relay_events(ctx: dict[str, Any]) -> int:
    """Returns how many deliveries were handled or put off. What a reaction records has its
    consequences before this ends: a message waits for all that happened to its ticket."""
    handled = 0
    while True:
        while await _spread():
            pass
        if not (taken := await _hand_over()):
            return handled
        handled += taken


async def _spread() -> int:
    """Outbox rows become deliveries and are gone, in one transaction."""
    async with transaction() as session:
        taken = (
            await session.scalars(
                delete(Unrelayed)
                .where(
                    Unrelayed.event_id.in_(
                        select(Unrelayed.event_id)
                        .order_by(Unrelayed.event_id)
                        .limit(BATCH)
                        .with_for_update(skip_locked=True)
                    )
                )
                .returning(Unrelayed.event_id)
            )
        ).all()
        if not taken:
            return 0
        rows = await session.execute(
            select(Event.id, Event.kind, Event.ticket_id)
            .where(Event.id.in_(taken))
            .order_by(Event.id)
        )
        owed = [
            {"event_id": event_id, "reaction": reaction.__name__, "ticket_id": ticket_id}
            for event_id, kind, ticket_id in rows
            for reaction in REACTIONS.get(kind, ())
        ]
        if owed:
            await session.execute(insert(Delivery), owed)
        return len(taken)


async def _hand_over() -> int:
    """A batch of deliveries, each in its own savepoint, all marked by one commit."""
    now = datetime.now(UTC)
    async with transaction() as session:
        deliveries = await _owed(session, now)
        for delivery in deliveries:
            event = await session.get_one(Event, delivery.event_id)
            react = {r.__name__: r for r in REACTIONS.get(event.kind, ())}.get(delivery.reaction)
            try:
                if react is not None:
                    async with session.begin_nested():
                        await react(session, event)
                        await session.flush()
            except Exception as error:
                log.exception("%s of event %s failed", delivery.reaction, event.id)
                delivery.failures += 1
                delivery.last_error = repr(error)[:500]
                delivery.retry_at = now + min(
                    timedelta(seconds=5) * 2 ** min(delivery.failures, 12), LONGEST_WAIT
                )
            else:
                delivery.handled_at = now
        return len(deliveries)


async def _owed(session: AsyncSession, now: datetime) -> list[Delivery]:
    """The oldest deliveries whose turn it is: of one ticket never two at once, so order holds
    between workers too; one that has failed does not hold up those behind it."""
    earlier = aliased(Delivery)
    return list(
        await session.scalars(
            select(Delivery)
            .where(
                Delivery.handled_at.is_(None),
                or_(Delivery.retry_at.is_(None), Delivery.retry_at <= now),
                or_(
                    Delivery.ticket_id.is_(None),
                    ~exists().where(
                        earlier.ticket_id == Delivery.ticket_id,
                        earlier.id < Delivery.id,
                        earlier.handled_at.is_(None),
                        earlier.failures == 0,
                    ),
                ),
            )
            .order_by(Delivery.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
    )
