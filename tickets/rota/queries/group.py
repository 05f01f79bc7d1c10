"""Which service groups there are, and who is named in them."""

from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.project.models import Project
from tickets.refusals import Missing
from tickets.rota.models import GroupMember, ServiceGroup
from tickets.rota.rules import missing
from tickets.staff.models import Person
from tickets.words import N_


@dataclass
class Group:
    id: int
    name: str
    projects: int = 0
    members: list[Person] = field(default_factory=list)

    @property
    def missing(self) -> int:
        return missing(len(self.members))


async def groups_page(
    session: AsyncSession, *, after: int = 0, limit: int = 50
) -> tuple[list[Group], int | None]:
    """Groups with their members who still work here, by key; two statements."""
    projects = (
        select(func.count())
        .where(Project.group_id == ServiceGroup.id)
        .correlate(ServiceGroup)
        .scalar_subquery()
    )
    rows = (
        await session.execute(
            select(ServiceGroup.id, ServiceGroup.name, projects)
            .where(ServiceGroup.id > after)
            .order_by(ServiceGroup.id)
            .limit(limit + 1)
        )
    ).all()
    groups = {row[0]: Group(row[0], row[1], row[2]) for row in rows[:limit]}
    named = await session.execute(
        select(GroupMember.group_id, Person)
        .join(Person, Person.id == GroupMember.person_id)
        .where(GroupMember.group_id.in_(groups), Person.retired_at.is_(None))
        .order_by(Person.id)
    )
    for row in named.all():
        groups[row[0]].members.append(row[1])
    return list(groups.values()), rows[limit - 1][0] if len(rows) > limit else None


async def find(session: AsyncSession, group_id: int, *, lock: bool = False) -> ServiceGroup:
    query = select(ServiceGroup).where(ServiceGroup.id == group_id)
    group = await session.scalar(query.with_for_update() if lock else query)
    if group is None:
        raise Missing(N_("There is no such service group."))
    return group
