"""People for tests."""

from itertools import count

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.staff.models import HeldRole, Person

_n = count(1)


async def make_person(
    session: AsyncSession,
    *,
    role: str = "technician",
    name: str | None = None,
    locale: str = "en",
    project_id: int | None = None,
    group_id: int | None = None,
    is_program: bool = False,
) -> Person:
    n = next(_n)
    person = Person(
        login=f"{role}{n}", name=name or f"{role} {n}", locale=locale, is_program=is_program
    )
    person.roles = [HeldRole(role=role, project_id=project_id, group_id=group_id)]
    session.add(person)
    await session.flush()
    return person
