"""保养: dated tasks beside the inspections; and the instruments one measures with."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.inspection.models import Instrument, Upkeep
from tickets.inspection.rules import UPKEEP_LABELS
from tickets.project import queries as projects
from tickets.project.models import Project
from tickets.project.rules import FIRST_DAY, LAST_DAY, day_of
from tickets.refusals import Invalid, Missing, Refused
from tickets.staff import queries as staff
from tickets.staff.rules import Verb, Who


async def add_upkeep(
    session: AsyncSession,
    who: Who,
    code: str,
    *,
    kind: str,
    what: str,
    due_on: date,
    person_id: int | None,
    now: datetime,
) -> Upkeep:
    project = await projects.find(session, who, code, Verb.INSPECTION_PLAN)
    if kind not in UPKEEP_LABELS:
        raise Invalid("kind", "This is not one of the known values.")
    if not FIRST_DAY <= due_on <= LAST_DAY:
        raise Invalid("due_on", "This day cannot be: it is too far away.")
    if person_id is not None:
        may_go = await staff.technicians_for(session, project.id, project.group_id)
        if person_id not in {person.id for person in may_go}:
            raise Invalid("person_id", "This person is no technician of the project.")
    task = Upkeep(project_id=project.id, kind=kind, what=what, due_on=due_on, person_id=person_id)
    session.add(task)
    await session.flush()
    record(
        session,
        "upkeep.planned",
        at=now,
        project_id=project.id,
        by_id=who.id,
        upkeep_id=task.id,
        upkeep=kind,
        due_on=due_on.isoformat(),
    )
    return task


async def finish_upkeep(
    session: AsyncSession,
    who: Who,
    upkeep_id: int,
    *,
    done_on: date | None,
    note: str | None,
    now: datetime,
) -> Upkeep:
    task, project = await _task(session, who, upkeep_id, Verb.INSPECTION_CHECK)
    if task.done_on is not None:
        return task
    if task.cancelled_at is not None:
        raise Refused("This task was cancelled.")
    today = day_of(now, project.timezone)
    if done_on is not None and done_on > today:
        raise Invalid("done_on", "This day is still to come.")
    if done_on is not None and done_on < FIRST_DAY:
        raise Invalid("done_on", "This day cannot be: it is too far away.")
    task.done_on, task.done_by_id, task.done_note = done_on or today, who.id, note
    record(
        session,
        "upkeep.done",
        at=now,
        project_id=project.id,
        by_id=who.id,
        upkeep_id=task.id,
        upkeep=task.kind,
        done_on=task.done_on.isoformat(),
    )
    return task


async def cancel_upkeep(
    session: AsyncSession, who: Who, upkeep_id: int, *, reason: str, now: datetime
) -> Upkeep:
    task, project = await _task(session, who, upkeep_id, Verb.INSPECTION_PLAN)
    if task.done_on is not None:
        raise Refused("This task is done.")
    if task.cancelled_at is None:
        task.cancelled_at = now
        record(
            session,
            "upkeep.cancelled",
            at=now,
            project_id=project.id,
            by_id=who.id,
            upkeep_id=task.id,
            upkeep=task.kind,
            reason=reason,
        )
    return task


async def _task(
    session: AsyncSession, who: Who, upkeep_id: int, verb: Verb
) -> tuple[Upkeep, Project]:
    task = await session.scalar(select(Upkeep).where(Upkeep.id == upkeep_id).with_for_update())
    if task is None:
        raise Missing("There is no such task.")
    return task, await projects.find_by_id(session, who, task.project_id, verb)


async def keep_instrument(
    session: AsyncSession,
    who: Who,
    *,
    instrument_id: int | None,
    name: str,
    model: str | None,
    serial: str,
    calibrated_until: date | None,
    now: datetime,
) -> Instrument:
    """A new one, or what is known of an old one corrected."""
    tool = Instrument()
    if instrument_id is not None:
        tool = await _tool(session, instrument_id)
    tool.name, tool.model, tool.serial = name, model, serial
    tool.calibrated_until = calibrated_until
    try:
        async with session.begin_nested():
            session.add(tool)
    except IntegrityError:
        raise Refused("There is an instrument {serial} already.", serial=serial) from None
    record(
        session,
        "instrument.changed" if instrument_id is not None else "instrument.added",
        at=now,
        by_id=who.id,
        instrument_id=tool.id,
        serial=serial,
        calibrated_until=calibrated_until.isoformat() if calibrated_until else None,
    )
    return tool


async def retire_instrument(
    session: AsyncSession, who: Who, instrument_id: int, *, now: datetime
) -> Instrument:
    tool = await _tool(session, instrument_id)
    if tool.retired_at is None:
        tool.retired_at = now
        record(
            session,
            "instrument.retired",
            at=now,
            by_id=who.id,
            instrument_id=tool.id,
            serial=tool.serial,
        )
    return tool


async def _tool(session: AsyncSession, instrument_id: int) -> Instrument:
    tool = await session.scalar(
        select(Instrument).where(Instrument.id == instrument_id).with_for_update()
    )
    if tool is None:
        raise Missing("There is no such instrument.")
    return tool
