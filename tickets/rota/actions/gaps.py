"""空班: that nobody will be on duty is told a day ahead, once, and again when what was filled falls
open again (rules.md §5)."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import Event, record
from tickets.notice import actions as notices
from tickets.rota import queries, rules
from tickets.rota.actions.planning import keep_told, note_gap
from tickets.rota.models import ServiceGroup, TurnPlan
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
            if await _is_new(session, group.id, gap, now):
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


async def _is_new(session: AsyncSession, group_id: int, gap: Span, now: datetime) -> bool:
    """Is there a part of it that was not told, and that is ahead no more than a day? Then all of
    it is told."""
    known = await queries.told_gaps(session, group_id)
    untold = rules.gaps(known, gap.from_at, gap.to_at)
    if not any(part.to_at > now and part.from_at < now + BEFORE for part in untold):
        return False
    others = [each for each in known if not rules.shared([each], [gap])]
    await keep_told(session, group_id, [*others, gap])
    return True


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
