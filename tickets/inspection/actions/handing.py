"""交付: a report reaches the owner; the first that does meets the quarter (rules.md §9)."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.inspection import queries
from tickets.inspection.actions.visits import flagged
from tickets.inspection.models import Inspection, InspectionReport, ReportHandover
from tickets.inspection.rules import HOW_LABELS, State
from tickets.media import Photo
from tickets.phone import actions as phones
from tickets.phone.rules import judged
from tickets.refusals import Invalid
from tickets.staff.rules import Verb, Who

LINK_DAYS: Final = 30
LONGEST_LINK: Final = 365


@dataclass(frozen=True)
class HandedOver:
    inspection: Inspection
    report: InspectionReport
    handover: ReportHandover
    link: str | None = None  # the path; it is shown once


async def hand_over(
    session: AsyncSession,
    who: Who,
    inspection_id: int,
    *,
    received_by: str,
    how: str,
    now: datetime,
    at: datetime | None = None,
    phone_time: datetime | None = None,
    version: int | None = None,
    signature: UUID | None = None,
    link_days: int = LINK_DAYS,
) -> HandedOver:
    """Who received which version, when and how. `how` "link" makes an address that ends by itself;
    the diary tells it without the name."""
    inspection, project = await queries.find(
        session, who, inspection_id, Verb.INSPECTION_CHECK, lock=True
    )
    if phone_time is not None:
        await phones.heard(session, who.id, now)
    report = await queries.report(session, inspection, version)
    moment = judged(at, phone_time, now, report.signed_at)
    if moment.at > now:
        raise Invalid("at", "This lies in the future.")
    if moment.at < report.signed_at:
        raise Invalid("at", "It was not signed yet at that time.")
    if signature is not None:
        drawn = select(Photo.id).where(Photo.id == signature, Photo.by_id == who.id)
        if await session.scalar(drawn) is None:
            raise Invalid("signature", "This signature is not known; please have it drawn again.")
    key = secrets.token_urlsafe(24) if how == "link" else None
    if not 1 <= link_days <= LONGEST_LINK:
        raise Invalid("link_days", "A link holds for 1 to {most} days.", most=LONGEST_LINK)
    handover = ReportHandover(
        report_id=report.id,
        received_by=received_by,
        how=how,
        at=moment.at,
        by_id=who.id,
        signature_id=signature,
        link_hash=link_hash(key) if key else None,
        link_ends_at=now + timedelta(days=link_days) if key else None,
    )
    session.add(handover)
    if inspection.handed_over_at is None or moment.at < inspection.handed_over_at:
        inspection.handed_over_at = moment.at
    if inspection.state == State.SIGNED and report.version == inspection.report_version:
        inspection.state = State.HANDED_OVER
    inspection.version += 1
    await session.flush()
    record(
        session,
        "inspection.handed_over",
        at=moment.at,
        project_id=project.id,
        by_id=who.id,
        inspection_id=inspection.id,
        report_id=report.id,
        handover_id=handover.id,
        version=report.version,
        how=how if how in HOW_LABELS else "other",  # words of one's own may name somebody
        **flagged(moment.flags),
    )
    return HandedOver(inspection, report, handover, f"/r/{key}" if key else None)


def link_hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


async def note_opened(session: AsyncSession, key: str, now: datetime) -> ReportHandover:
    """Whoever has the address says that he has received the report; the first time counts."""
    handover = await queries.by_link(session, link_hash(key), now, lock=True)
    if handover.opened_at is not None:
        return handover
    report = await session.get_one(InspectionReport, handover.report_id)
    inspection = await session.get_one(Inspection, report.inspection_id)
    handover.opened_at = now
    record(
        session,
        "inspection.received",
        at=now,
        project_id=inspection.project_id,
        inspection_id=inspection.id,
        report_id=report.id,
        handover_id=handover.id,
        version=report.version,
    )
    return handover
