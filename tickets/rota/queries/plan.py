"""What planning needs to know: the plan, who is in the group, who is away, the duties there are."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.refusals import Missing
from tickets.rota.models import Absence, CalendarKey, Duty, GroupMember, ToldGap, TurnPlan
from tickets.rota.queries.duty import ZONE
from tickets.rota.rules import Away, Plan, Span, Turn
from tickets.staff.models import Person
from tickets.words import N_


def plan_of(row: TurnPlan) -> Plan:
    return Plan(Turn(row.turn), tuple(row.order), row.begins_on, row.handover, row.timezone)


async def plan_row(session: AsyncSession, group_id: int) -> TurnPlan | None:
    """As it is now; the group is locked by whoever means to change it."""
    return await session.get(TurnPlan, group_id, populate_existing=True)


async def zone_of(session: AsyncSession, person_id: int) -> str:
    """The time zone in which somebody's days are meant: his first group's."""
    zone = await session.scalar(
        select(TurnPlan.timezone)
        .join(GroupMember, GroupMember.group_id == TurnPlan.group_id)
        .where(GroupMember.person_id == person_id)
        .order_by(TurnPlan.group_id)
        .limit(1)
    )
    return zone or ZONE


async def members(session: AsyncSession, group_id: int) -> Sequence[Person]:
    """Those who still work here."""
    return (
        await session.scalars(
            select(Person)
            .join(GroupMember, GroupMember.person_id == Person.id)
            .where(GroupMember.group_id == group_id, Person.retired_at.is_(None))
            .order_by(Person.id)
        )
    ).all()


async def groups_of(session: AsyncSession, person_id: int) -> list[int]:
    return list(
        await session.scalars(
            select(GroupMember.group_id)
            .where(GroupMember.person_id == person_id)
            .order_by(GroupMember.group_id)
        )
    )


async def away(
    session: AsyncSession, people: Collection[int], from_on: date, to_on: date | None = None
) -> list[Away]:
    """Absences that touch the days."""
    asked = select(Absence.person_id, Absence.from_on, Absence.to_on).where(
        Absence.person_id.in_(people),
        Absence.to_on >= from_on,
        Absence.to_on >= Absence.from_on,
    )
    if to_on is not None:
        asked = asked.where(Absence.from_on <= to_on)
    return [Away(*row) for row in await session.execute(asked)]


async def duties_from(session: AsyncSession, group_id: int, from_at: datetime) -> Sequence[Duty]:
    """All that have not ended by then, as they are now."""
    return (
        await session.scalars(
            select(Duty)
            .where(Duty.group_id == group_id, Duty.to_at > from_at)
            .order_by(Duty.from_at)
            .execution_options(populate_existing=True)
        )
    ).all()


async def told_gaps(session: AsyncSession, group_id: int) -> list[Span]:
    """Those that were told, in order, as far as they were open when last looked at."""
    asked = select(ToldGap.from_at, ToldGap.to_at).where(ToldGap.group_id == group_id)
    return [Span(*row) for row in await session.execute(asked.order_by(ToldGap.from_at))]


async def absence(session: AsyncSession, absence_id: int, *, lock: bool = False) -> Absence:
    asked = select(Absence).where(Absence.id == absence_id)
    if lock:
        asked = asked.with_for_update().execution_options(populate_existing=True)
    found = await session.scalar(asked)
    if found is None:
        raise Missing(N_("There is no such absence."))
    return found


async def calendar_secret(session: AsyncSession, person_id: int) -> str | None:
    key = await session.get(CalendarKey, person_id, populate_existing=True)
    return key.secret if key else None


async def name_of(session: AsyncSession, person_id: int) -> str:
    return await session.scalar(select(Person.name).where(Person.id == person_id)) or "?"
