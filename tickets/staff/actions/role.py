"""One role given or taken, for rooms above that name people for something."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.refusals import Refused
from tickets.staff.actions.person import held_roles, locked, spoken
from tickets.staff.models import Person
from tickets.staff.rules import Grant, check_grants
from tickets.words import N_


async def grant_role(
    session: AsyncSession, person_id: int, grant: Grant, *, by_id: int | None, now: datetime
) -> Person:
    """Nothing changes for whom already holds it there, or everywhere."""
    check_grants([grant])
    person = await locked(session, person_id)
    if person.retired_at is not None:
        raise Refused(N_("{name} has already retired."), name=person.name)
    if person.is_program:
        raise Refused(N_("A program is nobody's colleague."))
    held = {(r.role, r.project_id, r.group_id) for r in person.roles}
    if (grant.role, grant.project_id, grant.group_id) in held or (grant.role, None, None) in held:
        return person
    person.roles.extend(held_roles([grant]))
    person.version += 1
    record(
        session,
        "person.changed",
        at=now,
        by_id=by_id,
        person_id=person.id,
        changed=["roles"],
        granted=spoken(grant),
    )
    await session.flush()
    return person


async def withdraw_role(
    session: AsyncSession, person_id: int, grant: Grant, *, by_id: int | None, now: datetime
) -> Person:
    person = await locked(session, person_id)
    for held in list(person.roles):
        if (held.role, held.project_id, held.group_id) == (
            grant.role,
            grant.project_id,
            grant.group_id,
        ):
            person.roles.remove(held)
            person.version += 1
            record(
                session,
                "person.changed",
                at=now,
                by_id=by_id,
                person_id=person.id,
                changed=["roles"],
                withdrawn=spoken(grant),
            )
    await session.flush()
    return person
