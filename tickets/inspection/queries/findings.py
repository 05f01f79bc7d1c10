"""Findings that are still open, and where one was found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset.models import Asset
from tickets.inspection.models import Check, Checklist, Finding, Inspection
from tickets.inspection.queries.one import LARGEST
from tickets.refusals import Missing
from tickets.ticket.models import Ticket


@dataclass(frozen=True)
class OpenFinding:
    """What was promised last time and is not settled yet."""

    finding: Finding
    item: str
    zh: str
    en: str
    asset: str | None
    note: str | None
    ticket_ref: str | None
    found_at: datetime
    quarter: int


async def open_findings(
    session: AsyncSession,
    project_id: int,
    *,
    before: Inspection | None = None,
    is_signed: bool = False,
) -> Sequence[OpenFinding]:
    """Findings whose ticket is not closed and that nobody has settled; oldest first. `before` an
    inspection: those of earlier ones. `is_signed`: only what stands in a report."""
    asked = (
        select(Finding, Check, Checklist.items, Asset.code, Ticket.ref, Inspection.number)
        .join(Check, Check.id == Finding.check_id)
        .join(Inspection, Inspection.id == Finding.inspection_id)
        .join(Checklist, Checklist.id == Inspection.checklist_id)
        .outerjoin(Asset, Asset.id == Check.asset_id)
        .outerjoin(Ticket, Ticket.id == Finding.ticket_id)
        .where(
            Finding.project_id == project_id,
            Finding.settled_at.is_(None),
            Ticket.id.is_(None) | Ticket.is_open,
        )
        .order_by(Finding.found_at, Finding.id)
        .limit(500)
    )
    if before is not None:
        asked = asked.where(
            Inspection.id != before.id,
            tuple_(Inspection.due_on, Inspection.id) < (before.due_on, before.id),
        )
    if is_signed:
        asked = asked.where(Inspection.state.in_(("signed", "handed_over")))
    found = []
    for finding, check, items, code, ref, number in await session.execute(asked):
        item = next((each for each in items if each["id"] == check.item), None)
        found.append(
            OpenFinding(
                finding,
                check.item,
                item["zh"] if item else check.item,
                item["en"] if item else check.item,
                code,
                check.note,
                ref,
                finding.found_at,
                number,
            )
        )
    return found


async def inspection_of_finding(session: AsyncSession, finding_id: int) -> int:
    found = None
    if 0 < finding_id < LARGEST:
        found = await session.scalar(select(Finding.inspection_id).where(Finding.id == finding_id))
    if found is None:
        raise Missing("There is no such finding.")
    return found
