"""Reports as they are given out: by link, in versions, with the photos that stand in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, cast, func, literal, or_, select
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.inspection.models import Inspection, InspectionReport, ReportHandover
from tickets.media import Photo
from tickets.refusals import Missing, Refused


@dataclass(frozen=True)
class Version:
    """As much of a report as its list shows, without its facts."""

    number: str
    version: int
    reason: str | None
    signed_by: str
    signed_at: datetime


async def versions(session: AsyncSession, inspection: Inspection) -> Sequence[Version]:
    """Newest first."""
    rows = await session.execute(
        select(
            InspectionReport.number,
            InspectionReport.version,
            InspectionReport.reason,
            InspectionReport.signed_by,
            InspectionReport.signed_at,
        )
        .where(InspectionReport.inspection_id == inspection.id)
        .order_by(InspectionReport.version.desc())
    )
    return [Version(*row) for row in rows]


async def by_link(
    session: AsyncSession, link_hash: str, now: datetime, *, lock: bool = False
) -> ReportHandover:
    """Whoever has the address sees the one report, until it ends."""
    asked = select(ReportHandover).where(ReportHandover.link_hash == link_hash)
    if lock:
        asked = asked.with_for_update()
    handover = (await session.scalars(asked)).first()
    if handover is None:
        raise Missing("There is no such report.")
    if handover.link_ends_at is None or now > handover.link_ends_at:
        raise Refused("This link has ended. Please ask for a new one.")
    return handover


async def report_of(session: AsyncSession, handover: ReportHandover) -> InspectionReport:
    return await session.get_one(InspectionReport, handover.report_id)


async def signature_of(session: AsyncSession, report: InspectionReport) -> str | None:
    """The digest of the drawn signature."""
    if report.signature_id is None:
        return None
    return await session.scalar(select(Photo.sha256).where(Photo.id == report.signature_id))


async def photo_of_inspection(session: AsyncSession, inspection: Inspection, digest: str) -> Photo:
    """Only what stands in one of its reports."""
    return await _photo(session, InspectionReport.inspection_id == inspection.id, digest)


async def photo_of_report(session: AsyncSession, handover: ReportHandover, digest: str) -> Photo:
    """Only what stands in this one."""
    return await _photo(session, InspectionReport.id == handover.report_id, digest)


async def _photo(session: AsyncSession, of: ColumnElement[bool], digest: str) -> Photo:
    stands = [
        func.jsonb_path_exists(
            InspectionReport.facts,
            cast(literal(path), JSONPATH),
            func.jsonb_build_object("digest", digest),
        )
        for path in (
            "$.lines[*].photos[*] ? (@ == $digest)",
            "$.findings[*].after[*] ? (@ == $digest)",
        )
    ]
    signed = (
        select(Photo.id)
        .where(Photo.id == InspectionReport.signature_id, Photo.sha256 == digest)
        .exists()
    )
    asked = select(InspectionReport.id).where(of, or_(*stands, signed)).limit(1)
    if await session.scalar(asked) is None:
        raise Missing("There is no such photo.")
    return Photo(sha256=digest)
