"""What a technician tells from the site: lines, photos, values."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from tickets.door import PROBLEMS, DoorRoute, Instant, Line, Now, Passage, Session
from tickets.door.typed import Strict
from tickets.inspection import actions, queries, rules
from tickets.inspection.api.plan import InspectionOut, Number64, told
from tickets.inspection.rules import Verdict
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs

router = APIRouter(route_class=DoorRoute, responses=PROBLEMS)
Checker = Annotated[Who, needs(Verb.INSPECTION_CHECK)]

Number = Annotated[float, Field(allow_inf_nan=False)]


class ResultIn(Strict):
    """`asset` is a code; none for the whole project. `value` in the item's unit: three for an item
    with three, `[due, lit]` for a count of lamps. `row` of the limit's table. A value is judged by
    its limit, whatever `verdict` says; `not_accessible` needs a `note`."""

    item: Annotated[str, Field(min_length=1, max_length=20)]
    asset: Annotated[str | None, Field(max_length=100)] = None
    verdict: Verdict | None = None
    value: Number | Annotated[list[Number], Field(max_length=3)] | None = None
    unit: Line | None = None
    note: Passage | None = None
    row: Annotated[str | None, Field(max_length=100)] = None
    photos: Annotated[list[UUID], Field(max_length=50)] = []
    instrument: Annotated[int | None, Field(ge=1, le=2**31 - 1)] = None
    at: Instant | None = None


class ResultsIn(Strict):
    results: Annotated[list[ResultIn], Field(min_length=1, max_length=actions.MOST_RESULTS)]
    at: Instant | None = None
    phone_time: Instant | None = None


class ResultOut(BaseModel):
    """`verdict` null: kept, but not judged, for nobody has said which limit holds there."""

    item: str
    asset: str | None
    verdict: Verdict | None
    values: list[float] | None
    limit: str
    at: datetime | None
    finding: int | None
    ticket: Annotated[str | None, Field(description="The ticket this failure opened.")]


class ResultsOut(BaseModel):
    inspection: InspectionOut
    results: list[ResultOut]


class LineOut(BaseModel):
    item: str
    zh: str
    en: str
    section: str
    kind: str
    unit: str | None
    rows: list[str]
    limit: str
    is_safety: bool
    is_photo_required: bool
    asset: str | None
    name: str | None
    location: str | None
    verdict: str | None
    values: list[float] | None
    row: str | None
    note: str | None
    by: str | None
    at: datetime | None
    photos: list[UUID]
    ticket: str | None


class InspectionWhole(InspectionOut):
    lines: list[LineOut]


class BeginIn(Strict):
    at: Instant | None = None


@router.get("/inspections/{inspection_id}")
async def inspection(
    inspection_id: Number64,
    who: Annotated[Who, needs(Verb.INSPECTION_READ)],
    session: Session,
    now: Now,
) -> InspectionWhole:
    """With its lines in the order one walks; they are laid out when it begins."""
    return await _whole(session, who, inspection_id, now)


async def _whole(session: Session, who: Who, inspection_id: int, now: Now) -> InspectionWhole:
    row = await queries.shown(session, who, inspection_id, now)
    lined = []
    if queries.may_see_lines(who, row.inspection):
        checklist = await queries.checklist_of(session, row.inspection)
        lined = await queries.lines(session, row.inspection, checklist)
    return InspectionWhole(
        **told(row).model_dump(),
        lines=[
            LineOut(
                item=each.check.item,
                zh=each.item.zh,
                en=each.item.en,
                section=each.item.section,
                kind=each.item.kind,
                unit=each.item.unit,
                rows=list(each.item.rows),
                limit=each.limit_words,
                is_safety=each.item.is_safety,
                is_photo_required=each.item.is_photo_required,
                asset=each.code,
                name=each.name,
                location=each.location,
                verdict=each.check.verdict,
                values=each.check.values,
                row=each.check.limit_row,
                note=each.check.note,
                by=each.by,
                at=each.check.at,
                photos=list(each.photos),
                ticket=each.ticket_ref,
            )
            for each in lined
        ],
    )


@router.post("/inspections/{inspection_id}/beginning", status_code=201)
async def begin(
    inspection_id: Number64, who: Checker, session: Session, now: Now, given: BeginIn
) -> InspectionWhole:
    """The newest checklist is frozen into it, and its lines are laid out; begun already, it is as
    it is."""
    await actions.start(session, who, inspection_id, now=now, at=given.at)
    return await _whole(session, who, inspection_id, now)


@router.post("/inspections/{inspection_id}/results", status_code=201)
async def check(
    inspection_id: Number64, who: Checker, session: Session, now: Now, given: ResultsIn
) -> ResultsOut:
    """All or none; the first begins the inspection. A failed safety item opens its ticket."""
    results = [_result(each) for each in given.results]
    _, taken = await actions.check(
        session, who, inspection_id, results, now=now, at=given.at, phone_time=given.phone_time
    )
    return ResultsOut(
        inspection=told(await queries.shown(session, who, inspection_id, now)),
        results=[_told(each) for each in taken],
    )


class LineIn(ResultIn):
    """One result as a phone's act: the same fields, with the phone's clock beside them."""

    phone_time: Instant | None = None


@router.post("/inspections/{inspection_id}/line", status_code=201)
async def check_line(
    inspection_id: Number64, who: Checker, session: Session, now: Now, given: LineIn
) -> ResultOut:
    """One line, with its photos: what a phone sends for each, so that one refused holds up none."""
    result = _result(given)
    _, taken = await actions.check(
        session, who, inspection_id, [result], now=now, at=given.at, phone_time=given.phone_time
    )
    return _told(taken[0])


def _result(given: ResultIn) -> rules.Result:
    return rules.Result(
        item=given.item,
        asset=given.asset,
        verdict=given.verdict,
        values=_values(given.value),
        unit=given.unit,
        note=given.note,
        row=given.row,
        photos=tuple(given.photos),
        instrument=given.instrument,
        at=given.at,
    )


def _told(each: actions.Told) -> ResultOut:
    return ResultOut(
        item=each.item.id,
        asset=each.asset,
        verdict=Verdict(each.check.verdict) if each.check.verdict else None,
        values=each.check.values,
        limit=each.limit_words,
        at=each.check.at,
        finding=each.finding_id,
        ticket=each.ticket,
    )


def _values(value: float | list[float] | None) -> tuple[float, ...]:
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list) else (value,)


class FindingOut(BaseModel):
    id: int
    ticket: str | None
    settled_at: datetime | None


class SettlementIn(Strict):
    note: Passage


@router.post("/findings/{finding_id}/ticket", status_code=201)
async def open_ticket(finding_id: Number64, who: Checker, session: Session, now: Now) -> FindingOut:
    """The ticket that a finding offers; asked twice, the same one."""
    finding, ref = await actions.open_for(session, who, finding_id, now=now)
    return FindingOut(id=finding.id, ticket=ref, settled_at=finding.settled_at)


@router.post("/findings/{finding_id}/settlement", status_code=201)
async def settle(
    finding_id: Number64,
    who: Checker,
    session: Session,
    now: Now,
    given: SettlementIn,
) -> FindingOut:
    """Put right without a ticket."""
    finding = await actions.settle(session, who, finding_id, note=given.note, now=now)
    return FindingOut(id=finding.id, ticket=None, settled_at=finding.settled_at)
