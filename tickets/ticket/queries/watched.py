"""Repairs that are watched: a day until which they hold, a look after dark that is due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import DateTime, case, cast, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from tickets.project.models import Project
from tickets.sla.models import Act
from tickets.ticket.models import Ticket
from tickets.ticket.rules import LOOK_WITHIN


@dataclass(frozen=True)
class Watched:
    """`since` is when the day was over in the project's zone, or the look was due."""

    act: Act
    project_id: int
    since: datetime
    is_open: bool
    is_overtaken: bool


async def watched(session: AsyncSession, now: datetime, limit: int) -> Sequence[Watched]:
    """Those whose instant has come, locked: two sweeps never take the same."""
    over = func.timezone(Project.timezone, cast(Act.expires_on + 1, DateTime))
    since = case((Act.expires_on.is_not(None), over), else_=Act.at + LOOK_WITHIN)
    later = aliased(Act)
    overtaken = exists().where(
        later.ticket_id == Act.ticket_id,
        later.kind == "repair",
        later.result == "fixed",
        later.dark_check.is_distinct_from("failed"),
        later.at >= Act.at,
        later.id != Act.id,
    )
    rows = await session.execute(
        select(Act, Ticket.project_id, since, Ticket.is_open, overtaken)
        .join(Ticket, Ticket.id == Act.ticket_id)
        .join(Project, Project.id == Ticket.project_id)
        .where(
            Act.watched_at.is_(None),
            or_(Act.expires_on.is_not(None), Act.dark_check == "waiting"),
            since <= now,
        )
        .order_by(Act.id)
        .limit(limit)
        .with_for_update(of=Act, skip_locked=True)
    )
    return [Watched(*row) for row in rows]
