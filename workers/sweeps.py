"""What becomes true merely because time passes."""

from datetime import UTC, datetime
from typing import Any

from tickets import pulse
from tickets.db import transaction
from tickets.sla import actions as sla

BATCH = 500


async def breach_overdue_clocks(ctx: dict[str, Any]) -> int:
    """Notice what has broken, batch by batch, each its own transaction: killed in the middle,
    the next run goes on where it stopped."""
    broken = 0
    while True:
        async with transaction() as session:
            found = await sla.breach_overdue(session, datetime.now(UTC), BATCH)
        broken += found
        if found < BATCH:
            return broken


async def beat(ctx: dict[str, Any]) -> None:
    """The heartbeat that /readyz and the banner look for."""
    async with transaction() as session:
        await pulse.beat(session, datetime.now(UTC))
