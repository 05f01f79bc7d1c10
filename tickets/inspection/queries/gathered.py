"""What a report says, gathered once when it is signed: numbers and codes, no language."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset.models import Asset
from tickets.inspection import rules
from tickets.inspection.models import Checklist, Inspection, InspectionReport, Training
from tickets.inspection.queries import one
from tickets.inspection.queries.one import Lined
from tickets.inspection.rules import Rate, Value, Verdict
from tickets.media import Photo
from tickets.project import queries as projects
from tickets.project.models import Owner, Project
from tickets.sla.models import Clock
from tickets.sla.rules import state
from tickets.ticket.models import Ticket, TicketAsset

PLACES = ("AREA", "BOX", "CIRC")


async def gathered(
    session: AsyncSession, inspection: Inspection, project: Project, now: datetime
) -> dict[str, Any]:
    """As things stand now. The same number of statements for ten lines and for ten thousand."""
    checklist = await one.checklist_of(session, inspection)
    lined = await one.lines(session, inspection, checklist)
    photos = await _photos(session, lined)
    owner = await session.get_one(Owner, project.owner_id)
    rates = await _rates(session, project, lined)
    return {
        "owner": owner.name,
        "project": {"code": project.code, "name": project.name, "address": project.address},
        "timezone": project.timezone,
        "hotline": project.hotline,
        "quarter": {
            "number": inspection.number,
            "anchor": inspection.anchor.isoformat(),
            "starts_on": inspection.starts_on.isoformat(),
            "due_on": inspection.due_on.isoformat(),
            "days": inspection.days,
        },
        "visit_on": inspection.visit_on.isoformat() if inspection.visit_on else None,
        "begun_at": inspection.begun_at.isoformat() if inspection.begun_at else None,
        "inspectors": await _inspectors(session, inspection, lined),
        "checklist": {
            "version": checklist.version,
            "zh": checklist.title_zh,
            "en": checklist.title_en,
        },
        "sampling": inspection.sampling,
        "left_out": inspection.left_out,
        "note": inspection.note,
        "suggestions": inspection.suggestions,
        "instruments": _instruments(lined, inspection),
        "items": _items(checklist, lined),
        "lines": [_line(each, photos) for each in lined],
        "findings": _findings(lined, photos),
        "rates": rates,
        "computed": _computed(checklist, inspection, rates),
        "earlier": await _earlier(session, inspection),
        "tickets": await _tickets(session, inspection, project, now),
        "trend": await _trend(session, inspection, rates),
        "to_settle": await _to_settle(session, inspection, project),
        "training": await _training(session, project),
    }


async def _inspectors(
    session: AsyncSession, inspection: Inspection, lined: Sequence[Lined]
) -> list[str]:
    """Who was planned to go, and whoever wrote a line."""
    planned = [person.name for person in await one.inspectors(session, inspection.id)]
    return list(dict.fromkeys([*planned, *(each.by for each in lined if each.by)]))


async def _photos(session: AsyncSession, lined: Sequence[Lined]) -> dict[Any, Photo]:
    wanted = {photo for each in lined for photo in each.photos}
    if not wanted:
        return {}
    found = await session.scalars(select(Photo).where(Photo.id.in_(wanted)))
    return {photo.id: photo for photo in found}


def _line(each: Lined, photos: dict[Any, Photo]) -> dict[str, Any]:
    check = each.check
    limit = rules.limit_at(each.item, check.limit_row)
    return {
        "item": check.item,
        "asset": each.code,
        "name": each.name,
        "location": each.location,
        "kind": each.kind,
        "verdict": check.verdict,
        "values": check.values,
        "row": check.limit_row,
        "limit": limit.in_words(),
        "note": check.note,
        "by": each.by,
        "at": check.at.isoformat() if check.at else None,
        "instrument": each.instrument.serial if each.instrument else None,
        "photos": [photos[id_].sha256 for id_ in each.photos if id_ in photos],
    }


def _items(checklist: Checklist, lined: Sequence[Lined]) -> dict[str, Any]:
    """As the frozen version says them, those that were used and those that are reckoned."""
    used = {each.check.item for each in lined}
    return {
        told["id"]: told
        for told in checklist.items
        if told["id"] in used or told["kind"] == Value.COMPUTED
    }


def _instruments(lined: Sequence[Lined], inspection: Inspection) -> list[dict[str, Any]]:
    """`is_expired`: its calibration did not hold any more when it was used."""
    used: dict[str, dict[str, Any]] = {}
    for each in lined:
        tool, at = each.instrument, each.check.at
        if tool is None:
            continue
        until = tool.calibrated_until
        told = used.setdefault(
            tool.serial,
            {
                "name": tool.name,
                "model": tool.model,
                "serial": tool.serial,
                "calibrated_until": until.isoformat() if until else None,
                "is_expired": False,
            },
        )
        if until is not None and at is not None and at.date() > until:
            told["is_expired"] = True
    return sorted(used.values(), key=lambda tool: (tool["name"], tool["serial"]))


def _findings(lined: Sequence[Lined], photos: dict[Any, Photo]) -> list[dict[str, Any]]:
    """Safety first, then by severity."""
    failed = [each for each in lined if each.check.verdict == Verdict.FAIL and each.finding]
    failed.sort(key=lambda each: (not each.item.is_safety, each.finding.severity))  # type: ignore[union-attr]
    return [
        {
            "item": each.check.item,
            "asset": each.code,
            "name": each.name,
            "location": each.location,
            "severity": each.finding.severity if each.finding else None,
            "is_safety": each.item.is_safety,
            "note": each.check.note,
            "values": each.check.values,
            "ticket": each.ticket_ref,
            "is_settled": bool(
                each.finding
                and (each.finding.settled_at or (each.ticket_ref and not each.is_ticket_open))
            ),
            "photos": [photos[id_].sha256 for id_ in each.photos if id_ in photos],
        }
        for each in failed
    ]


async def _rates(
    session: AsyncSession, project: Project, lined: Sequence[Lined]
) -> dict[str, list[int]]:
    """Part and whole of each: a rate never comes without its counts."""
    verdicts = [each.check.verdict for each in lined if not each.check.is_extra]
    pairs = [
        (each.check.values[0], each.check.values[1])
        for each in lined
        if each.item.kind is Value.COUNT_PAIR and each.check.values
    ]
    equipment = (
        Asset.project_id == project.id,
        Asset.retired_at.is_(None),
        Asset.kind.not_in(PLACES),
    )
    whole = await session.scalar(select(func.count()).select_from(Asset).where(*equipment)) or 0
    failed = [each.check.asset_id for each in lined if each.check.verdict == Verdict.FAIL]
    out = (
        select(TicketAsset.asset_id)
        .join(Ticket, Ticket.id == TicketAsset.ticket_id)
        .where(Ticket.project_id == project.id, Ticket.is_open, Ticket.kind == "fault")
    )
    broken = (
        await session.scalar(
            select(func.count())
            .select_from(Asset)
            .where(*equipment, Asset.id.in_(out) | Asset.id.in_([f for f in failed if f]))
        )
        or 0
    )
    rates = {
        "coverage": rules.coverage(verdicts),
        "passed": rules.passed(each.check.verdict for each in lined),
        "lit": rules.lit_rate(pairs),
        "intact": Rate(whole - broken, whole),
    }
    return {name: [rate.part, rate.whole] for name, rate in rates.items()}


def _computed(
    checklist: Checklist, inspection: Inspection, rates: dict[str, list[int]]
) -> dict[str, Any]:
    """STA-02, STA-03: reckoned, and judged like what is measured."""
    told = {}
    for item in rules.items_of(checklist.items):
        name = {"STA-02": "lit", "STA-03": "intact"}.get(item.id)
        if item.kind is not Value.COMPUTED or name is None:
            continue
        percent = Rate(*rates[name]).percent
        limit = rules.limit_at(item, inspection.rows.get(item.id))
        verdict = rules.judge(limit, [percent]) if percent is not None else None
        told[item.id] = {"rate": name, "limit": limit.in_words(), "verdict": verdict}
    return told


async def _earlier(session: AsyncSession, inspection: Inspection) -> list[dict[str, Any]]:
    """What earlier inspections found and is still open."""
    found = await one.open_findings(session, inspection.project_id, before=inspection.id)
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


async def _tickets(
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
            select(Ticket.id, Ticket.ref, Ticket.severity, Ticket.is_open, Ticket.fault).where(
                *of_quarter
            )
        )
    ).all()
    promises: dict[str, Counter[str]] = {}
    for clock in await session.scalars(
        select(Clock).join(Ticket, Ticket.id == Clock.ticket_id).where(*of_quarter)
    ):
        promises.setdefault(clock.promise, Counter())[state(clock, now).value] += 1
    return {
        "received": len(rows),
        "closed": sum(not row.is_open for row in rows),
        "severities": dict(Counter(row.severity for row in rows)),
        "promises": {promise: dict(count) for promise, count in promises.items()},
    }


async def _trend(
    session: AsyncSession, inspection: Inspection, rates: dict[str, list[int]]
) -> list[dict[str, Any]]:
    """The rates of the last eight reports of the project, this one last."""
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
        select(InspectionReport.facts["quarter"], InspectionReport.facts["rates"])
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
        {"due_on": quarter["due_on"], "number": quarter["number"], "rates": told}
        for quarter, told in rows
    ]
    trend.reverse()
    this = {"due_on": inspection.due_on.isoformat(), "number": inspection.number, "rates": rates}
    return [*trend, this]


async def _to_settle(
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
        .limit(200)
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


async def _training(session: AsyncSession, project: Project) -> dict[str, Any]:
    held = await session.scalar(
        select(func.max(Training.held_on)).where(Training.project_id == project.id)
    )
    acceptances = (await projects.held_of(session, project)).acceptances
    first = min((each.accepted_on for each in acceptances), default=None)
    return {
        "held_on": held.isoformat() if held else None,
        "accepted_on": first.isoformat() if first else None,
    }
