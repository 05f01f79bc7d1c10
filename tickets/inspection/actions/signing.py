"""签字: an inspection becomes a numbered report that is never changed again (rules.md §9)."""

import hashlib
import json
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.inspection import queries
from tickets.inspection.actions.visits import flagged
from tickets.inspection.models import Inspection, InspectionReport
from tickets.inspection.rules import State
from tickets.media import Photo
from tickets.phone import actions as phones
from tickets.phone.rules import judged
from tickets.project.models import Project
from tickets.refusals import Invalid, Refused
from tickets.staff.rules import Verb, Who


async def sign(
    session: AsyncSession,
    who: Who,
    inspection_id: int,
    *,
    signed_by: str,
    signature: UUID | None,
    now: datetime,
    at: datetime | None = None,
    phone_time: datetime | None = None,
) -> tuple[Inspection, InspectionReport]:
    """The next version: the first, or the one a correction was opened for."""
    inspection, project = await queries.find(
        session, who, inspection_id, Verb.INSPECTION_CHECK, lock=True
    )
    if phone_time is not None:
        await phones.heard(session, who.id, now)
    moment = judged(at, phone_time, now, inspection.begun_at or inspection.created_at)
    if inspection.is_kept:
        raise Refused("This inspection is signed. Open a correction first.")
    if inspection.begun_at is None:
        raise Refused("This inspection has not begun: there is nothing to sign.")
    if moment.at > now:
        raise Invalid("at", "This lies in the future.")
    if moment.at < inspection.begun_at:
        raise Invalid("at", "It cannot be signed before it began.")
    if signature is not None:
        photo = await session.scalar(
            select(Photo).where(Photo.id == signature, Photo.by_id == who.id)
        )
        if photo is None:
            raise Invalid("signature", "This signature is not known; please have it drawn again.")
    facts = await queries.gathered(session, inspection, project, now)
    report = InspectionReport(
        inspection_id=inspection.id,
        version=inspection.report_version + 1,
        number=_number(inspection, project, inspection.report_version + 1),
        reason=inspection.correction,
        signed_by=signed_by,
        signature_id=signature,
        signed_at=moment.at,
        by_id=who.id,
        facts=facts,
        checksum=checksum_of(facts),
    )
    session.add(report)
    inspection.report_version += 1
    inspection.signed_at = moment.at
    inspection.state = State.SIGNED
    inspection.correction = None
    inspection.version += 1
    await session.flush()
    record(
        session,
        "inspection.signed",
        at=moment.at,
        project_id=project.id,
        by_id=who.id,
        inspection_id=inspection.id,
        report_id=report.id,
        version=report.version,
        number=report.number,
        checksum=report.checksum,
        **flagged(moment.flags),
    )
    return inspection, report


def _number(inspection: Inspection, project: Project, version: int) -> str:
    """JC-BJ-01-20260228-1: the project, the quarter's last day, the version."""
    return f"JC-{project.code}-{inspection.due_on:%Y%m%d}-{inspection.number}-V{version}"


def checksum_of(facts: dict[str, Any]) -> str:
    """SHA-256 of the facts, keys in order: what stands on the paper can be compared."""
    told = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()


async def open_correction(
    session: AsyncSession, who: Who, inspection_id: int, *, reason: str, now: datetime
) -> Inspection:
    """A signed report stays as it is; what is put right becomes a new version that names it."""
    inspection, project = await queries.find(
        session, who, inspection_id, Verb.INSPECTION_PLAN, lock=True
    )
    if not inspection.is_kept:
        raise Refused("This inspection is not signed: correct its lines as they are.")
    inspection.state = State.UNDER_WAY
    inspection.correction = reason
    inspection.version += 1
    record(
        session,
        "inspection.reopened",
        at=now,
        project_id=project.id,
        by_id=who.id,
        inspection_id=inspection.id,
        version=inspection.report_version,
        reason=reason,
    )
    return inspection
