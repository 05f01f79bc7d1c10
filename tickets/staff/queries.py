"""Who somebody is, and who holds which role where."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from tickets.settings import settings
from tickets.staff.models import HeldRole, Person, SignIn, Token
from tickets.staff.rules import Grant, Role, Verb, Who


def who_is(person: Person, *, session_id: int | None = None) -> Who:
    return Who(
        id=person.id,
        name=person.name,
        locale=person.locale or settings().locale,
        grants=tuple(Grant(Role(r.role), r.project_id, r.group_id) for r in person.roles),
        permissions=frozenset(Verb(p) for p in person.permissions),
        session_id=session_id,
        is_staff=any(r.role != Role.OWNER for r in person.roles),
    )


async def by_sign_in(session: AsyncSession, key_hash: str, now: datetime) -> Who | None:
    row = (
        await session.execute(
            select(SignIn.id, Person)
            .join(Person, Person.id == SignIn.person_id)
            .where(
                SignIn.key_hash == key_hash,
                SignIn.ended_at.is_(None),
                SignIn.expires_at > now,
                Person.retired_at.is_(None),
            )
            .options(selectinload(Person.roles))
        )
    ).first()
    return who_is(row[1], session_id=row[0]) if row else None


async def by_token(session: AsyncSession, key_hash: str, now: datetime) -> Who | None:
    person = await session.scalar(
        select(Person)
        .join(Token, Token.person_id == Person.id)
        .where(
            Token.key_hash == key_hash,
            Token.revoked_at.is_(None),
            Person.retired_at.is_(None),
        )
        .options(selectinload(Person.roles))
    )
    return who_is(person) if person else None


async def in_role(
    session: AsyncSession, *roles: Role, project_id: int, group_id: int | None
) -> Sequence[Person]:
    """The people who hold one of the roles for a project; programs are told nothing."""
    return (
        await session.scalars(
            select(Person)
            .join(HeldRole, HeldRole.person_id == Person.id)
            .where(
                HeldRole.role.in_(roles),
                or_(
                    HeldRole.project_id.is_(None) & HeldRole.group_id.is_(None),
                    HeldRole.project_id == project_id,
                    HeldRole.group_id.is_not(None) & (HeldRole.group_id == (group_id or 0)),
                ),
                Person.retired_at.is_(None),
                Person.is_program.is_(False),
            )
            .distinct()
            .order_by(Person.id)
        )
    ).all()
