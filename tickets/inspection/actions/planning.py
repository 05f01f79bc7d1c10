"""排期: every quarter a cover owes stands in the plan, exactly once (rules.md §9)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import Event, record
from tickets.inspection import rules
from tickets.inspection.models import Inspection
from tickets.inspection.rules import NotOwed, Quarter
from tickets.project import queries as projects
from tickets.project.models import Acceptance, Contract, Project
from tickets.project.rules import day_of


async def replan(session: AsyncSession, project: Project, now: datetime) -> int:
    """What the covers of a project owe by now; done as often as one likes, by any number at once.

    Quarters that were signed keep their days. Gives how many were added, moved or taken back.
    """
    # Whoever plans the same project waits here and then sees what the first has written.
    await session.execute(
        select(Project.id).where(Project.id == project.id).with_for_update(key_share=True)
    )
    held = await projects.held_of(session, project)
    terms = await projects.terms_at(session, project.id, now)
    planned = (
        await session.scalars(
            select(Inspection)
            .where(Inspection.project_id == project.id)
            .order_by(Inspection.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    ).all()
    reckoned = rules.reckon(held.covers(), terms.inspection_quarters, planned)
    today = day_of(now, project.timezone)
    changed = _apply(planned, reckoned)
    known = {(each.anchor, each.number) for each in planned}
    await session.flush()
    rows = [
        _row(project.id, quarter, rules.first_reminder(quarter.due_on, today))
        for key, quarter in reckoned.quarters.items()
        if key not in known
    ]
    added: Sequence[Any] = ()
    if rows:
        made = insert(Inspection).values(rows).on_conflict_do_nothing()
        added = (await session.execute(made.returning(Inspection.id))).scalars().all()
    for each in changed:
        each.remind_on = rules.first_reminder(each.due_on, today)
        each.reminded = None
        each.version += 1
    if added or changed:
        record(
            session,
            "inspection.planned",
            at=now,
            project_id=project.id,
            added=list(added),
            changed=[each.id for each in changed],
            quarters=len(reckoned.quarters),
        )
    return len(added) + len(changed)


def _row(project_id: int, quarter: Quarter, remind_on: Any) -> dict[str, Any]:
    return {**vars(quarter), "project_id": project_id, "remind_on": remind_on}


def _apply(planned: Sequence[Inspection], reckoned: rules.Reckoned) -> list[Inspection]:
    """Those that became others. An anchor that moved takes the signed ones along, days and all."""
    changed = []
    for each in planned:
        before = (each.starts_on, each.due_on, each.days, each.not_owed)
        each.anchor = reckoned.anchors.get(each.anchor, each.anchor)
        if each.is_reported:
            continue
        quarter = reckoned.quarters.get((each.anchor, each.number))
        if quarter is None:
            each.not_owed = NotOwed.OUT_OF_COVER
        else:
            each.starts_on, each.due_on = quarter.starts_on, quarter.due_on
            each.days, each.not_owed = quarter.days, quarter.not_owed
        if before != (each.starts_on, each.due_on, each.days, each.not_owed):
            changed.append(each)
    return changed


async def replan_after(session: AsyncSession, event: Event) -> None:
    """The net under those who changed a cover or terms without planning along."""
    if event.project_id is not None:
        project = await session.get_one(Project, event.project_id)
        await replan(session, project, event.recorded_at)


async def plan_missing(session: AsyncSession, now: datetime, limit: int) -> int:
    """The sweep: projects with a cover and no plan at all. Gives how many it looked at."""
    covered = or_(
        select(Acceptance.id).where(Acceptance.project_id == Project.id).exists(),
        select(Contract.id).where(Contract.project_id == Project.id).exists(),
    )
    planned = select(Inspection.id).where(Inspection.project_id == Project.id).exists()
    found = (
        await session.scalars(
            select(Project)
            .where(covered, ~planned)
            .order_by(Project.id)
            .limit(limit)
            .with_for_update(key_share=True, skip_locked=True)
        )
    ).all()
    for project in found:
        await replan(session, project, now)
    return len(found)
