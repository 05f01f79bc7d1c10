"""What becomes true merely because time passes."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, delete, or_
from sqlalchemy.ext.asyncio import AsyncSession

from tickets import pulse
from tickets.db import transaction
from tickets.door import Answered
from tickets.events import Delivery
from tickets.inspection import actions as inspection
from tickets.loan import actions as loan
from tickets.project import actions as project
from tickets.rota import actions as rota
from tickets.sla import actions as sla
from tickets.sla import queries as clocks
from tickets.staff.models import FailedSignIn, SignIn
from tickets.ticket import actions as ticket
from tickets.visit import actions as visit
from tickets.visit.models import Upload
from tickets.visit.rules import KEPT

BATCH = 500


async def breach_overdue_clocks(ctx: dict[str, Any]) -> int:
    """Notice what has broken, batch by batch, each its own transaction: killed in the middle,
    the next run goes on where it stopped."""
    async with transaction(is_reading=True) as session:
        if not await clocks.is_anything_due(session, datetime.now(UTC)):
            return 0
    return await _in_batches(sla.breach_overdue)


async def warn_in_time(ctx: dict[str, Any]) -> int:
    """Promises of which so much time is over that somebody must hear it."""
    async with transaction(is_reading=True) as session:
        if not await clocks.is_anything_to_warn(session, datetime.now(UTC)):
            return 0
    return await _in_batches(sla.warn_in_time)


async def owe_while_paused(ctx: dict[str, Any]) -> int:
    """Substitutes owed although no promise broke: the clock stood still, the owner had no light."""
    return await _in_batches(loan.owe_while_paused)


async def watch_repairs(ctx: dict[str, Any]) -> int:
    """Temporary repairs whose day is over, looks after dark that nobody took."""
    return await _in_batches(ticket.watch_repairs)


async def climb_alerts(ctx: dict[str, Any]) -> int:
    """What nobody has acknowledged in time goes one rung up."""
    return await _in_batches(ticket.climb)


async def plan_ahead(ctx: dict[str, Any]) -> int:
    """Duties are written eight weeks ahead; every plan goes on from where it ends."""
    return await _in_batches(rota.plan_ahead)


async def tell_gaps(ctx: dict[str, Any]) -> int:
    """Nobody will be on duty within a day: said once for each gap."""
    async with transaction() as session:
        return await rota.tell_gaps(session, datetime.now(UTC), BATCH)


async def tell_endings(ctx: dict[str, Any]) -> int:
    """Covers that end soon, retained money that falls due: said once for each threshold."""
    return await _in_batches(project.tell_endings)


async def plan_inspections(ctx: dict[str, Any]) -> int:
    """Projects in cover that have no plan of inspections: written before there were any."""
    return await _in_batches(inspection.plan_missing)


async def remind_inspections(ctx: dict[str, Any]) -> int:
    """Quarters that end soon, or are over with no report handed over."""
    return await _in_batches(inspection.remind)


async def hand_over_absences(ctx: dict[str, Any]) -> int:
    """Somebody's absence has begun: his open tickets go to who is on duty."""
    return await _in_batches(ticket.hand_over_absences)


async def watch_calls(ctx: dict[str, Any]) -> int:
    """Calls promised to a caller whose instant has come, or that are ten minutes over it."""
    return await _in_batches(ticket.watch_calls)


async def watch_appointments(ctx: dict[str, Any]) -> int:
    """Appointments that are an hour away: whoever goes is reminded."""
    return await _in_batches(visit.watch_appointments)


Look = Callable[[AsyncSession, datetime, int], Awaitable[int]]


async def _in_batches(look: Look) -> int:
    """Each batch is its own transaction, until one is not full. Gives how many were found."""
    seen = 0
    while True:
        async with transaction() as session:
            found = await look(session, datetime.now(UTC), BATCH)
        seen += found
        if found < BATCH:
            return seen


async def beat(ctx: dict[str, Any]) -> None:
    """The heartbeat that /readyz and the banner look for."""
    async with transaction() as session:
        await pulse.beat(session, datetime.now(UTC))


# How long what nobody needs any more is kept. The diary and what people did are kept for good;
# sign-ins for half a year, as network logs must be (网络安全法 art. 21).
ANSWERS = timedelta(days=30)
DELIVERIES = timedelta(days=30)
SIGN_INS = timedelta(days=183)


async def forget_leftovers(ctx: dict[str, Any]) -> int:
    """Once a day: answers no phone will ask for again, photos half sent a week ago, deliveries long
    handled, old sign-ins."""
    now = datetime.now(UTC)
    gone = 0
    for statement in (
        delete(Answered).where(Answered.at < now - ANSWERS),
        delete(Upload).where(Upload.touched_at < now - KEPT),  # its pieces go with it
        delete(Delivery).where(Delivery.handled_at < now - DELIVERIES),
        delete(FailedSignIn).where(FailedSignIn.at < now - SIGN_INS),
        delete(SignIn).where(
            or_(SignIn.ended_at < now - SIGN_INS, SignIn.expires_at < now - SIGN_INS)
        ),
    ):
        async with transaction() as session:
            done = await session.execute(statement)
            gone += done.rowcount if isinstance(done, CursorResult) else 0
    return gone
