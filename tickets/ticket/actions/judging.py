"""A ticket judged anew: its clocks, its status, its place on the board."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.sla import actions as sla
from tickets.sla.queries import as_done
from tickets.ticket import queries, rules
from tickets.ticket.actions.asking import settle_asking
from tickets.ticket.models import Ticket


async def judge_anew(
    session: AsyncSession, ticket: Ticket, *, now: datetime, by_id: int | None
) -> None:
    """From everything that is written down; the diary hears what that breaks or withdraws."""
    await session.flush()
    story = await queries.story_of(session, ticket)
    clocks, acts = await sla.rejudge(session, story, now=now, by_id=by_id)
    if ticket.is_open:
        ticket.status = rules.status_of(as_done(act) for act in acts)
        ticket.breaks_at = rules.breaks_at(rules.Status(ticket.status), clocks, now)
        ticket.paused_since = rules.paused_since(rules.Status(ticket.status), clocks)
        fixes = [act.at for act in acts if as_done(act).is_fix]
        await settle_asking(session, ticket, min(fixes, default=None))
    ticket.version += 1


async def end_clocks(session: AsyncSession, ticket: Ticket, *, now: datetime, by_id: int) -> None:
    """Cancelled or not ours: what is neither kept nor broken is not needed any more. Counted
    from now, whatever instant is named: no date set back makes a breach unhappen."""
    ticket.ended_at = now
    await judge_anew(session, ticket, now=now, by_id=by_id)
