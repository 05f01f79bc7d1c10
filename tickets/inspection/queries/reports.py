"""Reports and to whom they went; the versions of checklists."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.inspection.models import Checklist, Inspection, InspectionReport, ReportHandover
from tickets.refusals import Missing
from tickets.staff.models import Person


async def report(
    session: AsyncSession, inspection: Inspection, version: int | None = None
) -> InspectionReport:
    """The newest, or the version that is asked for."""
    asked = select(InspectionReport).where(InspectionReport.inspection_id == inspection.id)
    if version is not None:
        asked = asked.where(InspectionReport.version == min(max(version, 0), 2**31 - 1))
    found = (
        await session.scalars(asked.order_by(InspectionReport.version.desc()).limit(1))
    ).first()
    if found is None:
        raise Missing("There is no such report: the inspection is not signed.")
    return found


async def handovers(
    session: AsyncSession, inspection: Inspection
) -> Sequence[tuple[ReportHandover, int, str]]:
    """With the version of the report, and who of ours handed it over; latest first."""
    rows = await session.execute(
        select(ReportHandover, InspectionReport.version, Person.name)
        .join(InspectionReport, InspectionReport.id == ReportHandover.report_id)
        .join(Person, Person.id == ReportHandover.by_id)
        .where(InspectionReport.inspection_id == inspection.id)
        .order_by(ReportHandover.at.desc(), ReportHandover.id.desc())
    )
    return [(each, version, name) for each, version, name in rows]


async def checklists(session: AsyncSession) -> Sequence[Checklist]:
    """Newest first; a draft before what is published."""
    return (
        await session.scalars(
            select(Checklist).order_by(Checklist.name, Checklist.version.desc()).limit(100)
        )
    ).all()


async def checklist(session: AsyncSession, checklist_id: int) -> Checklist:
    found = await session.get(Checklist, checklist_id) if 0 < checklist_id < 2**31 else None
    if found is None:
        raise Missing("There is no such checklist.")
    return found
