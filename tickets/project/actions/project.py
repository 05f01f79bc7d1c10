"""A project is added with its owner, and changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.grams import digits, grams
from tickets.project import queries
from tickets.project.actions.accept import accept
from tickets.project.actions.contacts import add_contact
from tickets.project.models import Owner, Project, Terms
from tickets.project.rules import (
    CODE,
    ServiceTerms,
    is_timezone,
)
from tickets.refusals import Forbidden, Invalid, Refused
from tickets.staff.rules import Verb, Who

# The terms a project starts with hold for every report of it, however far dated back.
SINCE_EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class NewProject:
    code: str
    name: str
    owner_name: str
    contact_name: str | None = None
    contact_phone: str | None = None
    accepted_on: date | None = None
    warranty_months: int = 12
    timezone: str = "Asia/Shanghai"
    address: str | None = None
    hotline: str | None = None
    group_id: int | None = None
    terms: Mapping[str, Any] = field(default_factory=dict)


async def add_project(session: AsyncSession, who: Who, new: NewProject, now: datetime) -> Project:
    """With its owner, found by the exact name or made; batch "1" is accepted on the given day."""
    if CODE.fullmatch(new.code) is None:
        raise Invalid("code", "A code holds letters, digits and - _ . # ( ), no spaces.")
    _must_be_timezone(new.timezone)
    terms = ServiceTerms.from_json(new.terms)
    if new.contact_phone and not digits(new.contact_phone):
        raise Invalid("owner.phone", "This is not a telephone number.")
    if not who.may_for(Verb.PROJECT_WRITE, None, new.group_id):
        raise Forbidden("You may add projects only to your own service group.")
    await _must_be_group(session, new.group_id)
    owner = await _owner_named(session, who, new.owner_name, now)
    project = Project(
        code=new.code,
        name=new.name,
        owner_id=owner.id,
        group_id=new.group_id,
        timezone=new.timezone,
        address=new.address,
        hotline=new.hotline,
        grams=grams(new.code, new.name, new.address, owner.name),
    )
    try:
        async with session.begin_nested():
            session.add(project)
    except IntegrityError:
        # The unique code decides between two who add it at once.
        raise Refused("There is already a project {code}.", code=new.code) from None
    record(session, "project.added", at=now, project_id=project.id, by_id=who.id, code=project.code)
    session.add(
        Terms(
            project_id=project.id,
            valid_from=SINCE_EVER,
            numbers=terms.to_json(),
            by_id=who.id,
        )
    )
    if new.contact_name or new.contact_phone:
        await add_contact(
            session,
            who,
            project,
            name=new.contact_name or owner.name,
            phone=new.contact_phone or "",
            now=now,
        )
    if new.accepted_on is not None:
        await accept(
            session,
            who,
            project,
            batch="1",
            accepted_on=new.accepted_on,
            months=new.warranty_months,
            now=now,
        )
    return project


async def _owner_named(session: AsyncSession, who: Who, name: str, now: datetime) -> Owner:
    """Two who add projects of the same owner at once make one owner."""
    made = await session.scalar(
        insert(Owner)
        .values(name=name, grams=grams(name))
        .on_conflict_do_nothing()
        .returning(Owner.id)
    )
    if made is not None:
        record(session, "owner.added", at=now, by_id=who.id, owner_id=made)
    return (await session.scalars(select(Owner).where(Owner.name == name))).one()


async def change_project(
    session: AsyncSession,
    who: Who,
    code: str,
    *,
    version: int,
    now: datetime,
    **changes: Any,
) -> Project:
    """`changes` are columns among name, address, hotline, timezone, group_id.

    `version` is the one the writer saw: the second of two writers is told, nothing is lost.
    """
    project = await queries.find(session, who, code, Verb.PROJECT_WRITE, lock=True)
    if project.version != version:
        raise Refused(
            "Somebody else changed this meanwhile. Please look at it again, then change it."
        )
    if "timezone" in changes:
        _must_be_timezone(changes["timezone"])
    if changes.get("group_id") != project.group_id:
        await _must_be_group(session, changes.get("group_id"))
    changed = {name: value for name, value in changes.items() if getattr(project, name) != value}
    if not changed:
        return project
    for name, value in changed.items():
        setattr(project, name, value)
    project.version += 1
    project.grams = grams(project.code, project.name, project.address, project.owner.name)
    record(
        session,
        "project.changed",
        at=now,
        project_id=project.id,
        by_id=who.id,
        fields=sorted(changed),
    )
    await session.flush()
    return project


def _must_be_timezone(name: str) -> None:
    if not is_timezone(name):
        raise Invalid("timezone", "This time zone is not known.")


async def _must_be_group(session: AsyncSession, group_id: int | None) -> None:
    if group_id is not None and group_id not in {
        known for known, _ in await queries.groups(session)
    }:
        raise Invalid("group", "There is no such service group.")
