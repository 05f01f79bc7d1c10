"""What a report says of the quarter besides its lines: tickets, promises, what is still open."""

from collections import Counter
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.inspection.models import Inspection, InspectionReport, Training
from tickets.inspection.queries.findings import open_findings
from tickets.project import queries as projects
from tickets.project.models import Project
from tickets.sla.models import Clock
from tickets.sla.rules import ClockState, state
from tickets.ticket.models import Ticket

MOST_LISTED = 200


async def earlier(session: AsyncSession, inspection: Inspection) -> list[dict[str, Any]]:
    """What earlier inspections found and is still open."""
    found = await open_findings(session, inspection.project_id, before=inspection)
    return [
        {
            "item": each.item,
            "zh": each.zh,
            "en": each.en,
            "asset": each.asset,
            "quarter": each.quarter,
            "severity": each.finding.severity,
            "ticket": each.ticket_ref,
            "note": each.note,
            "found_at": each.found_at.isoformat(),
        }
        for each in found
    ]


def span_of(inspection: Inspection, project: Project) -> tuple[datetime, datetime]:
    """The quarter as instants: from its first day's midnight there to the end of its last."""
    zone = ZoneInfo(project.timezone)
    return (
        datetime.combine(inspection.starts_on, time(), zone),
        datetime.combine(inspection.due_on + timedelta(1), time(), zone),
    )


async def tickets(
    session: AsyncSession, inspection: Inspection, project: Project, now: datetime
) -> dict[str, Any]:
    """What was reported in the quarter, and how its promises were kept until now."""
    begins, ends = span_of(inspection, project)
    of_quarter = (
        Ticket.project_id == project.id,
        Ticket.reported_at >= begins,
        Ticket.reported_at < ends,
        Ticket.status.not_in(("cancelled", "merged")),
    )
    rows = (
        await session.execute(
            select(
                Ticket.id,
                Ticket.ref,
                Ticket.kind,
                Ticket.severity,
                Ticket.is_open,
                Ticket.status,
                Ticket.fault,
                Ticket.cycle,
                Ticket.reported_at,
            )
            .where(*of_quarter)
            .order_by(Ticket.reported_at, Ticket.id)
        )
    ).all()
    promises: dict[str, Counter[str]] = {}
    broken: Counter[int] = Counter()
    for clock in await session.scalars(
        select(Clock).join(Ticket, Ticket.id == Clock.ticket_id).where(*of_quarter)
    ):
        is_now = state(clock, now)
        promises.setdefault(clock.promise, Counter())[is_now.value] += 1
        broken[clock.ticket_id] += is_now is ClockState.LATE
    return {
        "received": len(rows),
        "closed": sum(not row.is_open for row in rows),
        "severities": dict(Counter(row.severity for row in rows)),
        "again": sum(row.cycle > 1 for row in rows),
        "listed": [
            {
                "ticket": row.ref,
                "kind": row.kind,
                "fault": row.fault,
                "severity": row.severity,
                "reported_at": row.reported_at.isoformat(),
                "status": row.status,
                "broken": broken[row.id],
            }
            for row in rows[:MOST_LISTED]
        ],
        "promises": {promise: dict(count) for promise, count in promises.items()},
    }


async def trend(
    session: AsyncSession,
    inspection: Inspection,
    rates: dict[str, list[int]],
    insulation: dict[str, float],
) -> list[dict[str, Any]]:
    """The rates and insulation of the last eight reports of the project, this one last."""
    newest = (
        select(InspectionReport.inspection_id, func.max(InspectionReport.version).label("version"))
        .join(Inspection, Inspection.id == InspectionReport.inspection_id)
        .where(
            Inspection.project_id == inspection.project_id,
            Inspection.due_on < inspection.due_on,
        )
        .group_by(InspectionReport.inspection_id)
        .subquery()
    )
    rows = await session.execute(
        select(
            InspectionReport.facts["quarter"],
            InspectionReport.facts["rates"],
            InspectionReport.facts[("trend", "-1", "insulation")],
        )
        .join(
            newest,
            (newest.c.inspection_id == InspectionReport.inspection_id)
            & (newest.c.version == InspectionReport.version),
        )
        .join(Inspection, Inspection.id == InspectionReport.inspection_id)
        .order_by(Inspection.due_on.desc())
        .limit(7)
    )
    trend = [
        {
            "due_on": quarter["due_on"],
            "number": quarter["number"],
            "rates": told,
            "insulation": measured or {},
        }
        for quarter, told, measured in rows
    ]
    trend.reverse()
    this = {
        "due_on": inspection.due_on.isoformat(),
        "number": inspection.number,
        "rates": rates,
        "insulation": insulation,
    }
    return [*trend, this]


async def to_settle(
    session: AsyncSession, inspection: Inspection, project: Project
) -> list[dict[str, Any]] | None:
    """Of the last inspection of a cover: whatever must be settled before that ends (§9)."""
    later = await session.scalar(
        select(Inspection.id)
        .where(
            Inspection.project_id == project.id,
            Inspection.due_on > inspection.due_on,
            Inspection.not_owed.is_(None),
        )
        .limit(1)
    )
    if later is not None:
        return None
    rows = await session.execute(
        select(Ticket.ref, Ticket.description, Ticket.severity, Ticket.reported_at)
        .where(Ticket.project_id == project.id, Ticket.is_open)
        .order_by(Ticket.reported_at)
        .limit(MOST_LISTED)
    )
    return [
        {
            "ticket": ref,
            "what": description[:120],
            "severity": severity,
            "since": reported_at.isoformat(),
        }
        for ref, description, severity, reported_at in rows
    ]


async def training(session: AsyncSession, project: Project) -> dict[str, Any]:
    held = await session.scalar(
        select(func.max(Training.held_on)).where(Training.project_id == project.id)
    )
    acceptances = (await projects.held_of(session, project)).acceptances
    first = min((each.accepted_on for each in acceptances), default=None)
    return {
        "held_on": held.isoformat() if held else None,
        "accepted_on": first.isoformat() if first else None,
    }
