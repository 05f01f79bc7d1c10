"""An inspection begins: its checklist is frozen, its lines are laid out."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.inspection import queries, rules
from tickets.inspection.actions.visits import must_be_owed
from tickets.inspection.models import Check, Inspection
from tickets.inspection.rules import State
from tickets.project import queries as projects
from tickets.project.models import Project
from tickets.refusals import Refused
from tickets.staff.rules import Verb, Who

MOST_LINES = 20_000


async def start(
    session: AsyncSession,
    who: Who,
    inspection_id: int,
    *,
    now: datetime,
    at: datetime | None = None,
) -> tuple[Inspection, Project]:
    """Begun already, it is as it is: several technicians begin the same one."""
    inspection, project = await queries.find(
        session, who, inspection_id, Verb.INSPECTION_CHECK, lock=True
    )
    await lay_out(session, who, inspection, project, at or now)
    return inspection, project


async def lay_out(
    session: AsyncSession, who: Who, inspection: Inspection, project: Project, at: datetime
) -> None:
    """With the row locked. Sampled only where the terms say so, by a seed that can be repeated."""
    if inspection.begun_at is not None:
        return  # begun, it is finished, whatever became of its quarter meanwhile
    must_be_owed(inspection)
    checklist = await queries.checklist_of(session, inspection)
    terms = await projects.terms_at(session, project.id, at)
    items = [
        item
        for item in rules.items_of(checklist.items)
        if rules.is_due(item.frequency, inspection.number, inspection.starts_on, inspection.due_on)
        and item.kind is not rules.Value.COMPUTED
    ]
    places = await queries.places_of(session, project.id)
    lines = rules.lines_of(items, places)
    drawn = lines
    if terms.sampling_percent < 100:
        drawn = rules.sampled(
            lines, items, terms.sampling_percent, f"{project.code}:{inspection.id}"
        )
    if len(drawn) > MOST_LINES:
        raise Refused(
            "This would be {number} lines: put the lamps below circuits first.", number=len(drawn)
        )
    inspection.checklist_id = checklist.id
    inspection.sampling = terms.sampling_percent
    inspection.left_out = len(lines) - len(drawn)
    inspection.begun_at, inspection.begun_by_id = at, who.id
    inspection.state = State.UNDER_WAY
    inspection.version += 1
    await session.flush()
    if drawn:
        await session.execute(
            insert(Check),
            [
                {
                    "inspection_id": inspection.id,
                    "item": line.item,
                    "asset_id": line.asset_id,
                    "position": position,
                }
                for position, line in enumerate(_as_walked(drawn, places))
            ],
        )
    record(
        session,
        "inspection.begun",
        at=at,
        project_id=project.id,
        by_id=who.id,
        inspection_id=inspection.id,
        quarter=inspection.number,
        checklist=checklist.version,
        lines=len(drawn),
        left_out=inspection.left_out,
    )


def _as_walked(lines: Sequence[rules.Line], places: Sequence[rules.Place]) -> Sequence[rules.Line]:
    """Place by place down the branches, what is of the whole project last: one stands before a
    cabinet and does all there is to do on it."""
    turn = {place.id: n for n, place in enumerate(places)}
    return sorted(lines, key=lambda line: turn.get(line.asset_id or 0, len(turn)))
