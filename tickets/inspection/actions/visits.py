"""When one goes, and who: moving a visit moves no other, cancelling one leaves the quarter open."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.inspection import queries
from tickets.inspection.models import Inspection, Inspector
from tickets.project.models import Project
from tickets.project.rules import FIRST_DAY, LAST_DAY
from tickets.refusals import Invalid, Refused
from tickets.staff import queries as staff
from tickets.staff.rules import Verb, Who


async def plan_visit(
    session: AsyncSession,
    who: Who,
    inspection_id: int,
    *,
    visit_on: date | None,
    people: Sequence[int],
    now: datetime,
    version: int | None = None,
) -> tuple[Inspection, Project]:
    """`visit_on` None: the visit is cancelled, and the quarter is as open as before. `version` is
    the one the writer saw: the second of two writers is told."""
    inspection, project = await queries.find(
        session, who, inspection_id, Verb.INSPECTION_PLAN, lock=True
    )
    if version is not None and inspection.version != version:
        raise Refused(
            "Somebody else changed this meanwhile. Please look at it again, then change it."
        )
    must_be_owed(inspection)
    if inspection.is_kept:
        raise Refused("This inspection is signed: no visit is planned any more.")
    if visit_on is not None and not FIRST_DAY <= visit_on <= LAST_DAY:
        raise Invalid("visit_on", "This day cannot be: it is too far away.")
    may_go = {
        person.id for person in await staff.technicians_for(session, project.id, project.group_id)
    }
    wanted = list(dict.fromkeys(people)) if visit_on is not None else []
    if set(wanted) - may_go:
        raise Invalid("people", "This person is no technician of the project.")
    before = inspection.visit_on
    inspection.visit_on = visit_on
    inspection.version += 1
    await session.execute(delete(Inspector).where(Inspector.inspection_id == inspection.id))
    session.add_all(Inspector(inspection_id=inspection.id, person_id=each) for each in wanted)
    record(
        session,
        "inspection.visit_planned" if visit_on else "inspection.visit_cancelled",
        at=now,
        project_id=project.id,
        by_id=who.id,
        inspection_id=inspection.id,
        quarter=inspection.number,
        visit_on=visit_on.isoformat() if visit_on else None,
        before=before.isoformat() if before else None,
        people=wanted,
    )
    return inspection, project


def must_be_owed(inspection: Inspection) -> None:
    if inspection.not_owed is not None:
        raise Refused("No inspection is owed for this quarter.")


def flagged(flags: Sequence[str]) -> dict[str, Any]:
    """What the diary keeps of how a phone's instant was judged."""
    return {"flags": list(flags)} if flags else {}
