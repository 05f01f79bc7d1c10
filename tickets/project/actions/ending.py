"""到期提醒: that a cover ends, or retained money falls due, is told before, once for each
threshold (rules.md §7)."""

from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from sqlalchemy import Date, cast, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import Event, record
from tickets.notice import actions as notices
from tickets.project import queries
from tickets.project.actions.ends import told
from tickets.project.models import CoverEnd, CoverTold, Project
from tickets.project.rules import TOLD_FROM, day_of, nearest, next_telling
from tickets.project.rules.kinds import FAMILIES, KINDS
from tickets.staff import queries as staff
from tickets.staff.rules import Role


async def tell_endings(session: AsyncSession, now: datetime, limit: int) -> int:
    """The sweep: ends of which a threshold has come, from the morning on. Gives how many it looked
    at. After an outage only the nearest threshold is told."""
    morning = now - TOLD_FROM
    their_day = cast(func.timezone(Project.timezone, morning), Date)
    rows = await session.execute(
        select(CoverEnd, Project)
        .join(Project, Project.id == CoverEnd.project_id)
        # The second line is for the index: no zone is further ahead.
        .where(
            CoverEnd.tells_on <= their_day,
            CoverEnd.tells_on <= day_of(morning, "Pacific/Kiritimati"),
        )
        .order_by(CoverEnd.tells_on, CoverEnd.id)
        .limit(limit)
        # Two sweeps take different ones; the project's lock comes with it, for whoever corrects an
        # acceptance holds that and then waits for this.
        .with_for_update(of=(CoverEnd, Project), key_share=True, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    looked_at = 0
    for end, project in rows.all():
        looked_at += 1
        today = day_of(morning, project.timezone)
        days = nearest(end.what, end.ends_on, today)
        known = await told(session, end)
        if days is not None and days not in known:
            if await _is_first(session, end, days, now):
                await _record(session, end, project, days, today, now)
            known.add(days)
        end.tells_on = next_telling(end.what, end.ends_on, today, known)
    return looked_at


async def _is_first(session: AsyncSession, end: CoverEnd, days: int, now: datetime) -> bool:
    made = await session.scalar(
        insert(CoverTold)
        .values(cover_end_id=end.id, ends_on=end.ends_on, days=days, told_at=now)
        .on_conflict_do_nothing()
        .returning(CoverTold.days)
    )
    return made is not None


async def _record(
    session: AsyncSession, end: CoverEnd, project: Project, days: int, today: date, now: datetime
) -> None:
    """A contract that was renewed does not end: its successor will be told."""
    about = await queries.what_ends(session, project, end)
    if about.is_renewed:
        return
    record(
        session,
        "cover.ending",
        at=now,
        project_id=project.id,
        cover_end_id=end.id,
        what=end.what,
        ends_on=end.ends_on.isoformat(),
        days=days,
        days_left=(end.ends_on - today).days,
        batch=about.batch,
        asset_kind=end.asset_kind,
        number=about.number,
        follows=about.follows,
        amount=about.amount,
    )


async def tell_of_ending(session: AsyncSession, event: Event) -> None:
    """The managers and the hotline lead, unless another last day was set meanwhile."""
    end = await session.get(CoverEnd, event.facts["cover_end_id"], populate_existing=True)
    if end is None or end.ends_on.isoformat() != event.facts["ends_on"]:
        return
    project = await session.get_one(Project, end.project_id)
    people = await staff.in_role(
        session,
        Role.HOTLINE_LEAD,
        Role.MANAGER,
        Role.ADMIN,
        project_id=project.id,
        group_id=project.group_id,
    )
    names = ("what", "ends_on", "days", "days_left", "batch", "asset_kind", "number", "follows")
    facts: dict[str, Any] = {name: event.facts[name] for name in (*names, "amount")}
    kind = end.asset_kind
    facts |= {
        "project": project.name,
        "code": project.code,
        "asset_label": KINDS.get(kind) or FAMILIES.get(kind) if kind else None,
        "link": f"/projects/{quote(project.code, safe='')}/covers",
    }
    await notices.write(session, event, to=people, facts=facts, reach="push")
