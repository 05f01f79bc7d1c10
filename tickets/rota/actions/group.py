"""Service groups are made, renamed, and given their technicians."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.refusals import Invalid, Refused
from tickets.rota import queries
from tickets.rota.actions.planning import replan
from tickets.rota.models import GroupMember, ServiceGroup
from tickets.staff import actions as staff
from tickets.staff.rules import Grant, Role
from tickets.words import N_


async def add_group(
    session: AsyncSession, *, name: str, by_id: int | None = None, now: datetime
) -> ServiceGroup:
    if await session.scalar(select(ServiceGroup.id).where(ServiceGroup.name == name)):
        raise _name_is_taken()
    group = ServiceGroup(name=name)
    await _keep(session, group)
    record(session, "group.added", at=now, by_id=by_id, group_id=group.id, name=name)
    return group


async def rename_group(
    session: AsyncSession, group_id: int, *, name: str, by_id: int | None = None, now: datetime
) -> ServiceGroup:
    group = await queries.find(session, group_id, lock=True)
    if group.name == name:
        return group
    if await session.scalar(select(ServiceGroup.id).where(ServiceGroup.name == name)):
        raise _name_is_taken()
    group.name = name
    await _keep(session, group)
    record(session, "group.changed", at=now, by_id=by_id, group_id=group.id, name=name)
    return group


async def add_member(
    session: AsyncSession,
    group_id: int,
    person_id: int,
    *,
    by_id: int | None = None,
    now: datetime,
) -> None:
    """Being named makes him a technician for the group's projects, if he was none there."""
    group = await queries.find(session, group_id, lock=True)
    person = await staff.grant_role(
        session, person_id, Grant(Role.TECHNICIAN, group_id=group.id), by_id=by_id, now=now
    )
    fresh = await session.scalar(
        insert(GroupMember)
        .values(group_id=group.id, person_id=person.id)
        .on_conflict_do_nothing()
        .returning(GroupMember.person_id)
    )
    if fresh is None:
        raise Refused(N_("{name} is in this group already."), name=person.name)
    await replan(session, group.id, now)
    record(session, "group.changed", at=now, by_id=by_id, group_id=group.id, joined=person.id)


async def remove_member(
    session: AsyncSession,
    group_id: int,
    person_id: int,
    *,
    by_id: int | None = None,
    now: datetime,
) -> None:
    """The role he had for this group goes with it; a role everywhere stays."""
    group = await queries.find(session, group_id, lock=True)
    gone = await session.scalar(
        delete(GroupMember)
        .where(GroupMember.group_id == group.id, GroupMember.person_id == person_id)
        .returning(GroupMember.person_id)
    )
    if gone is None:
        raise Refused(N_("This person is not in the group."))
    await staff.withdraw_role(
        session, person_id, Grant(Role.TECHNICIAN, group_id=group.id), by_id=by_id, now=now
    )
    await replan(session, group.id, now)  # the others take his turns
    record(session, "group.changed", at=now, by_id=by_id, group_id=group.id, left=person_id)


async def _keep(session: AsyncSession, group: ServiceGroup) -> None:
    try:
        async with session.begin_nested():
            session.add(group)
            await session.flush()
    except IntegrityError:  # two admins typed the same name at once
        raise _name_is_taken() from None


def _name_is_taken() -> Invalid:
    return Invalid("name", N_("There is a group of this name already."))
