"""缺陷: what failed becomes a finding, a safety matter a ticket in the same breath."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset.models import Asset
from tickets.events import record
from tickets.inspection import queries, rules
from tickets.inspection.models import Check, CheckPhoto, Finding, Inspection
from tickets.inspection.rules import Item, Limit
from tickets.project.models import Project
from tickets.refusals import Missing, Refused
from tickets.staff.rules import Verb, Who
from tickets.ticket import actions as tickets
from tickets.ticket.models import Ticket
from tickets.ticket.rules import FAULTS, Call, Severity

LEAST = "S4"


async def found(
    session: AsyncSession,
    who: Who,
    project: Project,
    inspection: Inspection,
    line: Check,
    item: Item,
    limit: Limit,
    asset: Asset | None,
    *,
    photos: Sequence[UUID],
    at: datetime,
    now: datetime,
) -> tuple[Finding, str | None]:
    """One finding for a line, however often it fails. Gives the ticket it opened, by its number."""
    severity = rules.severity_of(item, limit, line.values or ()) or LEAST
    # Somebody may be opening its ticket from the report at this moment.
    finding = await session.scalar(
        select(Finding)
        .where(Finding.check_id == line.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if finding is None:
        finding = Finding(
            inspection_id=inspection.id,
            project_id=project.id,
            check_id=line.id,
            severity=severity,
            is_safety=item.is_safety,
            found_at=at,
        )
        session.add(finding)
    finding.severity = min(severity, finding.severity)
    finding.settled_at = finding.settled_by_id = finding.settled_note = None
    await session.flush()
    known = await session.get(Ticket, finding.ticket_id) if finding.ticket_id else None
    if known is not None and not known.is_open and known.status != "merged":
        over_at = known.closed_at or known.ended_at
        if over_at is not None and at > over_at:
            known = finding.ticket_id = None  # it was put right, and has failed again since
    if known is not None:
        return finding, known.ref
    ref = None
    if item.is_safety or severity == Severity.S1:
        ref = await _open(
            session, who, project, inspection, finding, line, item, limit, asset, photos, at, now
        )
    return finding, ref


async def _open(
    session: AsyncSession,
    who: Who,
    project: Project,
    inspection: Inspection,
    finding: Finding,
    line: Check,
    item: Item,
    limit: Limit,
    asset: Asset | None,
    photos: Sequence[UUID],
    at: datetime,
    now: datetime,
) -> str:
    value = " / ".join(map(rules.plain, line.values or ()))
    told = [item.text(who.locale)]
    if value:
        told.append(f"{value} {item.unit or ''} ({limit.in_words()})".replace(" ()", ""))
    if line.note:
        told.append(line.note)
    ticket = await tickets.open_ticket(
        session,
        who,
        Call(
            project=project.code,
            description=" · ".join(told),
            fault=_fault(item, finding.severity),
            severity=Severity(finding.severity),
            assets=(asset.code,) if asset else (),
            channel="patrol",
            reported_at=min(at, now),
            photos=tuple(photos),
        ),
        now,
    )
    finding.ticket_id = ticket.id
    record(
        session,
        "inspection.found",
        at=at,
        ticket_id=ticket.id,
        project_id=project.id,
        by_id=who.id,
        inspection_id=inspection.id,
        finding_id=finding.id,
        item=item.id,
        severity=finding.severity,
    )
    return ticket.ref


def _fault(item: Item, severity: str) -> str:
    """The item's own, unless a caller's words for it would mean a greater danger than was found:
    a ticket has the severity of its item (rules.md §9)."""
    fault = FAULTS.get(item.fault)
    return item.fault if fault is not None and fault.severity >= severity else "OTHER"


async def in_order(
    session: AsyncSession, who: Who, line: Check, at: datetime, *, is_looked_at: bool
) -> None:
    """Looked at again and in order: the finding is settled. Its ticket is closed by who closes."""
    finding = await session.scalar(select(Finding).where(Finding.check_id == line.id))
    if finding is not None and finding.settled_at is None and is_looked_at:
        finding.settled_at, finding.settled_by_id = at, who.id
        finding.settled_note = None


async def open_for(
    session: AsyncSession, who: Who, finding_id: int, *, now: datetime
) -> tuple[Finding, str]:
    """The ticket that a finding offers. Asked twice, it is the same one."""
    finding, line, inspection, project = await _finding(session, who, finding_id)
    if finding.ticket_id is not None:
        known = await session.scalar(select(Ticket.ref).where(Ticket.id == finding.ticket_id))
        return finding, known or ""
    if finding.settled_at is not None:
        raise Refused("This finding is settled.")
    checklist = await queries.checklist_of(session, inspection)
    item = next(each for each in rules.items_of(checklist.items) if each.id == line.item)
    asset = await session.get(Asset, line.asset_id) if line.asset_id else None
    photos = (
        await session.scalars(select(CheckPhoto.photo_id).where(CheckPhoto.check_id == line.id))
    ).all()
    limit = rules.limit_at(item, line.limit_row)
    ref = await _open(
        session, who, project, inspection, finding, line, item, limit, asset, photos, now, now
    )
    return finding, ref


async def settle(
    session: AsyncSession, who: Who, finding_id: int, *, note: str, now: datetime
) -> Finding:
    """Put right without a ticket: who says so, and what was done."""
    finding, line, inspection, project = await _finding(session, who, finding_id)
    if finding.settled_at is not None:
        return finding
    if finding.ticket_id is not None:
        raise Refused("This finding has a ticket; it is settled when that is closed.")
    finding.settled_at, finding.settled_by_id, finding.settled_note = now, who.id, note
    record(
        session,
        "inspection.settled",
        at=now,
        project_id=project.id,
        by_id=who.id,
        inspection_id=inspection.id,
        finding_id=finding.id,
        item=line.item,
        note=note,
    )
    return finding


async def _finding(
    session: AsyncSession, who: Who, finding_id: int
) -> tuple[Finding, Check, Inspection, Project]:
    finding = await session.scalar(
        select(Finding).where(Finding.id == finding_id).with_for_update()
    )
    if finding is None:
        raise Missing("There is no such finding.")
    inspection, project = await queries.find(
        session, who, finding.inspection_id, Verb.INSPECTION_CHECK
    )
    line = await session.get_one(Check, finding.check_id)
    return finding, line, inspection, project
