"""What a report says, gathered once when it is signed: numbers and codes, no language."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset.models import Asset
from tickets.inspection import rules
from tickets.inspection.models import Checklist, Inspection
from tickets.inspection.queries import one, quarter
from tickets.inspection.queries.one import Lined
from tickets.inspection.rules import Rate, Value, Verdict
from tickets.media import Photo
from tickets.papers import contractor
from tickets.project.models import Owner, Project
from tickets.sla.models import Clock
from tickets.staff.models import Person
from tickets.ticket.models import Ticket, TicketAsset, TicketPhoto

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
    repairs = await _repairs(session, lined)
    return {
        "company": contractor(),
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
        "findings": _findings(lined, photos, repairs),
        "rates": rates,
        "computed": _computed(checklist, inspection, rates),
        "earlier": await quarter.earlier(session, inspection),
        "tickets": await quarter.tickets(session, inspection, project, now),
        "trend": await quarter.trend(session, inspection, rates, _insulation(lined)),
        "to_settle": await quarter.to_settle(session, inspection, project),
        "training": await quarter.training(session, project),
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
        told["id"]: {**told, "position": position}
        for position, told in enumerate(checklist.items)
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


async def _repairs(session: AsyncSession, lined: Sequence[Lined]) -> dict[int, dict[str, Any]]:
    """Of each finding's ticket: who answers for it, until when, and how it looked afterwards."""
    ids = [each.finding.ticket_id for each in lined if each.finding and each.finding.ticket_id]
    if not ids:
        return {}
    told: dict[int, dict[str, Any]] = {}
    rows = await session.execute(
        select(Ticket.id, Person.name, Clock.due_at)
        .outerjoin(Person, Person.id == Ticket.technician_id)
        .outerjoin(
            Clock,
            (Clock.ticket_id == Ticket.id)
            & (Clock.cycle == Ticket.cycle)
            & (Clock.promise == "repair")
            & Clock.closed_as.is_(None),
        )
        .where(Ticket.id.in_(ids))
        .order_by(Ticket.id, Clock.generation)
    )
    for id_, name, due_at in rows:
        due = due_at.isoformat() if due_at else None
        told[id_] = {"responsible": name, "due_at": due, "after": []}
    after = await session.execute(
        select(TicketPhoto.ticket_id, Photo.sha256)
        .join(Photo, Photo.id == TicketPhoto.photo_id)
        .where(TicketPhoto.ticket_id.in_(ids), Photo.moment == "after")
        .order_by(TicketPhoto.ticket_id, Photo.created_at, Photo.id)
    )
    for id_, digest in after:
        if digest not in told[id_]["after"]:
            told[id_]["after"].append(digest)
    return told


def _insulation(lined: Sequence[Lined]) -> dict[str, float]:
    """The worst of the three of each circuit, to be held against the quarters before."""
    return {
        each.code: min(each.check.values)
        for each in lined
        if each.code and each.item.kind is Value.NUMBER3 and each.item.unit == "MΩ"
        if each.check.values
    }


def _findings(
    lined: Sequence[Lined], photos: dict[Any, Photo], repairs: Mapping[int, dict[str, Any]]
) -> list[dict[str, Any]]:
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
            "limit": each.limit_words,
            "found_at": each.finding.found_at.isoformat() if each.finding else None,
            "photos": [photos[id_].sha256 for id_ in each.photos if id_ in photos],
            **(
                repairs.get((each.finding and each.finding.ticket_id) or 0)
                or {"responsible": None, "due_at": None, "after": []}
            ),
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
