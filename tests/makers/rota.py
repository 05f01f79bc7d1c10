"""Service groups with members, duties and absences for tests."""

from datetime import date, datetime
from itertools import count

from sqlalchemy.ext.asyncio import AsyncSession

from tests.makers.staff import make_person
from tickets.rota.models import Absence, Duty, GroupMember, ServiceGroup
from tickets.staff.models import Person

_n = count(1)


async def make_group(
    session: AsyncSession, *names: str, name: str | None = None
) -> tuple[ServiceGroup, list[Person]]:
    """A group and its technicians, three unless named."""
    group = ServiceGroup(name=name or f"Group {next(_n)}")
    session.add(group)
    await session.flush()
    people = [
        await make_person(session, name=each, group_id=group.id)
        for each in names or ("Ann", "Bob", "Cyd")
    ]
    session.add_all(GroupMember(group_id=group.id, person_id=p.id) for p in people)
    await session.flush()
    return group, people


async def make_duty(
    session: AsyncSession,
    group: ServiceGroup,
    person: Person,
    from_at: datetime,
    to_at: datetime,
    *,
    is_by_hand: bool = False,
) -> Duty:
    duty = Duty(
        group_id=group.id,
        person_id=person.id,
        from_at=from_at,
        to_at=to_at,
        is_by_hand=is_by_hand,
    )
    session.add(duty)
    await session.flush()
    return duty


async def make_absence(
    session: AsyncSession, person: Person, from_on: date, to_on: date, *, reason: str = "leave"
) -> Absence:
    absence = Absence(person_id=person.id, from_on=from_on, to_on=to_on, reason=reason)
    session.add(absence)
    await session.flush()
    return absence
