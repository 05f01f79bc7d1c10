"""Which inspections are owed, when one goes, and who."""

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from tickets.door import PROBLEMS, DoorRoute, Now, Session
from tickets.door.typed import Strict
from tickets.inspection import actions, queries
from tickets.inspection.queries import Planned, Wanted
from tickets.inspection.rules import Standing
from tickets.refusals import Invalid
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.ticket.queries.sought import cursor_of, key_of

router = APIRouter(route_class=DoorRoute, responses=PROBLEMS)

# A number as the database counts them.
Number64 = Annotated[int, Path(ge=1, le=2**62)]
InspectionState = Literal["planned", "under_way", "signed", "handed_over", "not_owed"]


class InspectionOut(BaseModel):
    """`quarter` 1 is the first of a cover, counted from `anchor`; both days belong to it. `version`
    is that of the newest report, 0 while none is signed. `standing` is what the plan shows."""

    id: int
    project: str
    quarter: int
    anchor: date
    starts_on: date
    due_on: date
    days: int
    state: InspectionState
    standing: Standing
    reason: Annotated[str | None, Field(description="Why none is owed.")]
    visit_on: date | None
    people: list[str]
    signed_at: datetime | None
    handed_over_at: datetime | None
    version: int


class InspectionList(BaseModel):
    items: list[InspectionOut]
    next: str | None


class VisitIn(Strict):
    """`visit_on` null cancels the visit; the quarter stays open."""

    visit_on: date | None
    people: Annotated[list[Annotated[int, Field(ge=1, le=2**31 - 1)]], Field(max_length=50)] = []


def told(row: Planned) -> InspectionOut:
    each = row.inspection
    return InspectionOut(
        id=each.id,
        project=row.code,
        quarter=each.number,
        anchor=each.anchor,
        starts_on=each.starts_on,
        due_on=each.due_on,
        days=each.days,
        state=each.state if each.not_owed is None else "not_owed",
        standing=row.standing,
        reason=each.not_owed,
        visit_on=each.visit_on,
        people=list(row.people),
        signed_at=each.signed_at,
        handed_over_at=each.handed_over_at,
        version=each.report_version,
    )


@router.get("/inspections")
async def inspections(
    who: Annotated[Who, needs(Verb.INSPECTION_READ)],
    session: Session,
    now: Now,
    project: Annotated[str | None, Query(max_length=100)] = None,
    state: InspectionState | None = None,
    overdue: bool = False,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> InspectionList:
    """The one that falls due first comes first. `overdue`: over and not handed to the owner."""
    after = None
    if cursor:
        at, id_ = key_of(cursor)
        if not isinstance(at, datetime):
            raise Invalid("cursor", "This cursor is not one of ours.")
        after = (at.date(), id_)
    rows = await queries.page(
        session, who, Wanted(project, state, overdue), now=now, after=after, most=limit
    )
    shown = rows[:limit]
    following = None
    if len(rows) > limit:
        last = shown[-1].inspection
        midnight = datetime(last.due_on.year, last.due_on.month, last.due_on.day, tzinfo=now.tzinfo)
        following = cursor_of(midnight, last.id)
    return InspectionList(items=[told(row) for row in shown], next=following)


@router.post("/inspections/{inspection_id}/visit", status_code=201)
async def plan_visit(
    inspection_id: Number64,
    who: Annotated[Who, needs(Verb.INSPECTION_PLAN)],
    session: Session,
    now: Now,
    given: VisitIn,
) -> InspectionOut:
    """When one goes and who; it moves no other quarter."""
    await actions.plan_visit(
        session, who, inspection_id, visit_on=given.visit_on, people=given.people, now=now
    )
    return told(await queries.shown(session, who, inspection_id, now))
