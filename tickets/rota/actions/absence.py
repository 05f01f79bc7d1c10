"""Somebody is away for some days, or back earlier; the duties follow (请假)."""

from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.refusals import Refused
from tickets.rota import queries, rules
from tickets.rota.actions.planning import replan
from tickets.rota.models import Absence
from tickets.rota.rules import AbsenceReason
from tickets.staff import queries as staff
from tickets.words import N_


async def add_absence(
    session: AsyncSession,
    person_id: int,
    *,
    from_on: date,
    to_on: date,
    reason: AbsenceReason,
    note: str | None = None,
    by_id: int | None = None,
    now: datetime,
) -> Absence:
    """His duties in these days go to the next in order; his tickets when they begin."""
    groups = await _locked_groups(session, person_id)
    person = await staff.colleague(session, person_id)
    today = rules.local_day(now, await queries.zone_of(session, person_id))
    rules.check_absence(from_on, to_on, today)
    for other in await queries.away(session, [person_id], from_on, to_on):
        raise Refused(
            N_("{name} is away already from {first} to {last}."),
            name=person.name,
            first=other.from_on,
            last=other.to_on,
        )
    absence = Absence(
        person_id=person_id,
        from_on=from_on,
        to_on=to_on,
        reason=reason.value,
        note=note,
        added_at=now,
        added_by_id=by_id,
    )
    session.add(absence)
    await session.flush()
    for group_id in groups:
        await replan(session, group_id, now)
    record(
        session,
        "absence.added",
        at=now,
        by_id=by_id,
        absence_id=absence.id,
        person_id=person_id,
        from_on=from_on.isoformat(),
        to_on=to_on.isoformat(),
        reason=reason.value,
    )
    return absence


async def end_absence(
    session: AsyncSession,
    absence_id: int,
    *,
    back_on: date | None = None,
    by_id: int | None = None,
    now: datetime,
) -> Absence:
    """He is back on `back_on`, today if absent; before the first day, the absence never was."""
    person_id = (await queries.absence(session, absence_id)).person_id
    groups = await _locked_groups(session, person_id)
    absence = await queries.absence(session, absence_id, lock=True)
    if absence.ended_at is not None:
        raise Refused(N_("This absence has been ended already."))
    today = rules.local_day(now, await queries.zone_of(session, person_id))
    absence.to_on = rules.ended(absence.from_on, absence.to_on, back_on or today, today)
    absence.ended_at, absence.ended_by_id = now, by_id
    await session.flush()
    for group_id in groups:
        await replan(session, group_id, now)
    record(
        session,
        "absence.ended",
        at=now,
        by_id=by_id,
        absence_id=absence.id,
        person_id=person_id,
        to_on=absence.to_on.isoformat(),
    )
    return absence


async def _locked_groups(session: AsyncSession, person_id: int) -> list[int]:
    """In order, so that two absences never wait for each other."""
    groups = await queries.groups_of(session, person_id)
    for group_id in groups:
        await queries.find(session, group_id, lock=True)
    return groups
