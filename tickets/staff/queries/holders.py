"""Who holds which role where."""

from collections.abc import Iterable, Sequence

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.refusals import Missing
from tickets.staff.models import HeldRole, Person
from tickets.staff.rules import Role
from tickets.words import N_

_NO_COLLEAGUES = (Role.OWNER, Role.INTEGRATION)

# Built once: whoever is told something is found by it, and the ticket page asks it.
_IN_ROLE = (
    select(Person)
    .where(
        Person.id.in_(
            select(HeldRole.person_id).where(
                HeldRole.role.in_(bindparam("roles", expanding=True)),
                or_(
                    and_(HeldRole.project_id.is_(None), HeldRole.group_id.is_(None)),
                    HeldRole.project_id == bindparam("project_id"),
                    HeldRole.group_id == bindparam("group_id"),
                ),
            )
        ),
        Person.retired_at.is_(None),
        Person.is_program.is_(False),
    )
    .order_by(Person.id)
)


async def in_role(
    session: AsyncSession, *roles: Role, project_id: int, group_id: int | None
) -> Sequence[Person]:
    """The people who hold one of the roles for a project; programs are told nothing."""
    return (
        await session.scalars(
            _IN_ROLE, {"roles": roles, "project_id": project_id, "group_id": group_id or 0}
        )
    ).all()


async def technicians_for(
    session: AsyncSession, project_id: int, group_id: int | None
) -> Sequence[Person]:
    """Who may be given a ticket of this project."""
    return await in_role(session, Role.TECHNICIAN, project_id=project_id, group_id=group_id)


async def holders(session: AsyncSession, role: Role) -> Sequence[Person]:
    """Everybody who holds the role anywhere."""
    return (
        await session.scalars(
            select(Person)
            .where(
                Person.id.in_(select(HeldRole.person_id).where(HeldRole.role == role)),
                Person.retired_at.is_(None),
                Person.is_program.is_(False),
            )
            .order_by(Person.name, Person.id)
        )
    ).all()


async def technician_named(
    session: AsyncSession, name: str, *, project_id: int, group_id: int | None
) -> Person | None:
    """A technician of a project, by his number or his sign-in name; programs may be one too."""
    here = or_(
        HeldRole.project_id.is_(None) & HeldRole.group_id.is_(None),
        HeldRole.project_id == project_id,
        HeldRole.group_id.is_not(None) & (HeldRole.group_id == (group_id or 0)),
    )
    asked = (
        select(Person)
        .join(HeldRole, HeldRole.person_id == Person.id)
        .where(HeldRole.role == Role.TECHNICIAN, here, Person.retired_at.is_(None))
    )
    if name.isascii() and name.isdigit() and len(name) < 10:
        asked = asked.where(Person.id == int(name))
    else:
        asked = asked.where(func.lower(Person.login) == name.strip().lower())
    return (await session.scalars(asked.limit(1))).first()


async def id_of(session: AsyncSession, name: str) -> int | None:
    """A person by his number or his sign-in name."""
    if name.isascii() and name.isdigit() and len(name) < 10:
        return await session.scalar(select(Person.id).where(Person.id == int(name)))
    return await session.scalar(
        select(Person.id).where(func.lower(Person.login) == name.strip().lower())
    )


async def colleague(session: AsyncSession, person_id: int) -> Person:
    """Somebody who works here; neither a program nor an owner's person."""
    person = await session.scalar(
        select(Person).where(
            Person.id == person_id,
            Person.retired_at.is_(None),
            Person.is_program.is_(False),
            Person.id.in_(select(HeldRole.person_id).where(HeldRole.role.not_in(_NO_COLLEAGUES))),
        )
    )
    if person is None:
        raise Missing(N_("There is no such person."))
    return person


async def names(session: AsyncSession, ids: Iterable[int]) -> dict[int, str]:
    """Names of people by number; one statement."""
    rows = await session.execute(select(Person.id, Person.name).where(Person.id.in_(set(ids))))
    return {row[0]: row[1] for row in rows.all()}
