"""空班: that nobody will be on duty is told a day ahead, once (rules.md §5)."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import Event, record
from tickets.notice import actions as notices
from tickets.rota import queries
from tickets.rota.actions.planning import note_gap
from tickets.rota.models import ServiceGroup, ToldGap, TurnPlan
from tickets.rota.rules import Span
from tickets.staff import queries as staff
from tickets.staff.rules import Role

BEFORE: Final = timedelta(days=1)


async def tell_gaps(session: AsyncSession, now: datetime, limit: int) -> int:
    """The sweep: gaps that begin within a day, or have begun, and were not told. Gives how many
    were told."""
    rows = await session.execute(
        select(ServiceGroup, TurnPlan)
        .join(TurnPlan, TurnPlan.group_id == ServiceGroup.id)
        .where(or_(TurnPlan.gap_from_at < now + BEFORE, TurnPlan.gap_to_at <= now))
        .order_by(ServiceGroup.id)
        .limit(limit)
        .with_for_update(of=ServiceGroup, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    told = 0
    for group, plan in rows.all():
        for gap in await note_gap(session, plan, now):
            if gap.from_at < now + BEFORE and await _is_new(session, group.id, gap):
                told += 1
                record(
                    session,
                    "rota.gap",
                    at=now,
                    group_id=group.id,
                    group=group.name,
                    from_at=gap.from_at.isoformat(),
                    to_at=gap.to_at.isoformat(),
                    timezone=plan.timezone,
                )
    return told


async def _is_new(session: AsyncSession, group_id: int, gap: Span) -> bool:
    """One that has grown or shrunk is still the one that was told."""
    known = await session.scalar(
        select(ToldGap.from_at)
        .where(
            ToldGap.group_id == group_id, ToldGap.from_at < gap.to_at, ToldGap.to_at > gap.from_at
        )
        .limit(1)
    )
    if known is not None:
        return False
    fresh = await session.scalar(
        insert(ToldGap)
        .values(group_id=group_id, from_at=gap.from_at, to_at=gap.to_at)
        .on_conflict_do_nothing()
        .returning(ToldGap.group_id)
    )
    return fresh is not None


async def tell_of_gap(session: AsyncSession, event: Event) -> None:
    """The managers and the hotline lead, if nobody has filled it meanwhile."""
    group_id = event.facts["group_id"]
    from_at = datetime.fromisoformat(event.facts["from_at"])
    to_at = datetime.fromisoformat(event.facts["to_at"])
    if not await queries.gaps(session, group_id, from_at, to_at):
        return
    people = await staff.in_role(
        session, Role.HOTLINE_LEAD, Role.MANAGER, Role.ADMIN, project_id=0, group_id=group_id
    )
    facts = {name: event.facts[name] for name in ("group", "from_at", "to_at", "timezone")}
    await notices.write(session, event, to=people, facts=facts | {"link": "/rota"})
