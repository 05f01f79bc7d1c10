"""Two swap their duties in one act; somebody is given a duty by hand (调班)."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.refusals import Missing
from tickets.rota import queries, rules
from tickets.rota.actions.planning import cut, duty_of, note_gap
from tickets.rota.models import Duty
from tickets.rota.rules import DAY, Shift, Span
from tickets.words import N_


async def swap(
    session: AsyncSession,
    group_id: int,
    duty_id: int,
    with_duty_id: int,
    *,
    by_id: int | None = None,
    now: datetime,
) -> tuple[Duty, Duty]:
    """One act with both names; neither duty is changed without the other (rules.md §5)."""
    await queries.find(session, group_id, lock=True)
    first, second = (
        await _one(session, group_id, duty_id),
        await _one(session, group_id, with_duty_id),
    )
    rules.check_swap(_shift(first), _shift(second), now)
    for duty, other in ((first, second), (second, first)):
        await _check_takes(session, group_id, Shift(duty.from_at, duty.to_at, other.person_id))
    first.person_id, second.person_id = second.person_id, first.person_id
    first.is_by_hand = second.is_by_hand = True
    await session.flush()
    record(
        session,
        "duty.swapped",
        at=now,
        by_id=by_id,
        group_id=group_id,
        duties=[_told(first), _told(second)],
    )
    return first, second


async def give(
    session: AsyncSession,
    group_id: int,
    person_id: int,
    *,
    from_at: datetime,
    to_at: datetime,
    by_id: int | None = None,
    now: datetime,
) -> Duty:
    """Whoever had the duty then has it no more; planning anew leaves it alone."""
    await queries.find(session, group_id, lock=True)
    from_at = rules.check_given(from_at, to_at, now)
    shift = Shift(from_at, to_at, person_id)
    await _check_takes(session, group_id, shift)
    span = Span(from_at, to_at)
    taken = []
    for duty in await queries.duties_from(session, group_id, from_at):
        lost = rules.shared([span], [Span(duty.from_at, duty.to_at)])
        if duty.person_id != person_id:
            taken += [_told(Shift(each.from_at, each.to_at, duty.person_id)) for each in lost]
        await cut(session, duty, [span])
    given = duty_of(group_id, shift, is_by_hand=True)
    session.add(given)
    await session.flush()
    row = await queries.plan_row(session, group_id)
    if row is not None:
        await note_gap(session, row, now)
    record(
        session,
        "duty.given",
        at=now,
        by_id=by_id,
        group_id=group_id,
        taken=taken,
        **_told(given),
    )
    return given


async def _one(session: AsyncSession, group_id: int, duty_id: int) -> Duty:
    duty = await session.scalar(
        select(Duty)
        .where(Duty.id == duty_id, Duty.group_id == group_id)
        .execution_options(populate_existing=True)
    )
    if duty is None:
        raise Missing(N_("This duty is no more; please look at the rota again."))
    return duty


async def _check_takes(session: AsyncSession, group_id: int, shift: Shift) -> None:
    members = {person.id: person.name for person in await queries.members(session, group_id)}
    row = await queries.plan_row(session, group_id)
    zone = row.timezone if row else queries.ZONE
    day = rules.local_day(shift.from_at, zone)
    absences = await queries.away(session, [shift.person_id], day - DAY)
    name = members.get(shift.person_id) or await queries.name_of(session, shift.person_id)
    rules.check_takes(shift, name, members=members, absences=absences, timezone=zone)


def _shift(duty: Duty) -> Shift:
    return Shift(duty.from_at, duty.to_at, duty.person_id)


def _told(duty: Duty | Shift) -> dict[str, Any]:
    return {
        "person_id": duty.person_id,
        "from_at": duty.from_at.isoformat(),
        "to_at": duty.to_at.isoformat(),
    }
