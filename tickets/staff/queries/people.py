"""The pages of people and programs, and a person's own account."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import column, func, or_, select, table
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from tickets.grams import fold
from tickets.refusals import Forbidden, Missing
from tickets.staff.models import Person, SignIn, Token
from tickets.staff.rules import IDLE, Verb, Who
from tickets.words import N_

# Rooms above us, by name: only to say for what a role is held.
_PROJECT = table("project", column("id"), column("code"), column("name"))
_GROUP = table("service_group", column("id"), column("name"))


def check_may_manage(who: Who) -> None:
    """An administrator of one project does not decide who works here."""
    if not who.scope(Verb.PEOPLE_MANAGE).everywhere:
        raise Forbidden(N_("Your role does not allow this."))


@dataclass(frozen=True)
class Place:
    """For what a role is held, as one says it; both None: everywhere."""

    project: str | None = None
    group: str | None = None


async def people_page(
    session: AsyncSession,
    who: Who,
    *,
    q: str | None = None,
    is_retired: bool = False,
    after: int = 0,
    limit: int = 50,
) -> tuple[Sequence[Person], int | None]:
    """People with their roles, by key; and the key after which to go on."""
    check_may_manage(who)
    query = select(Person).where(Person.is_program.is_(False), Person.id > after)
    query = query.where(
        Person.retired_at.is_not(None) if is_retired else Person.retired_at.is_(None)
    )
    if q:
        like = f"%{_escaped(fold(q))}%"
        query = query.where(
            or_(
                func.lower(Person.name).like(like, escape="\\"),
                func.lower(Person.login).like(like, escape="\\"),
            )
        )
    people = (
        await session.scalars(
            query.order_by(Person.id).limit(limit + 1).options(selectinload(Person.roles))
        )
    ).all()
    return people[:limit], people[limit - 1].id if len(people) > limit else None


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


async def find(session: AsyncSession, who: Who, person_id: int) -> Person:
    check_may_manage(who)
    person = await session.scalar(
        select(Person)
        .where(Person.id == person_id, Person.is_program.is_(False))
        .options(selectinload(Person.roles))
        .execution_options(populate_existing=True)
    )
    if person is None:
        raise Missing(N_("There is no such person."))
    return person


async def by_login(session: AsyncSession, login: str) -> Person:
    person = await session.scalar(
        select(Person)
        .where(func.lower(Person.login) == func.lower(login))
        .options(selectinload(Person.roles))
    )
    if person is None:
        raise Missing(N_("There is no such person."))
    return person


async def places_of(
    session: AsyncSession, people: Sequence[Person]
) -> dict[tuple[int | None, int | None], Place]:
    """The names of all places these people hold roles for; two statements at most."""
    projects = {r.project_id for p in people for r in p.roles if r.project_id is not None}
    groups = {r.group_id for p in people for r in p.roles if r.group_id is not None}
    found: dict[tuple[int | None, int | None], Place] = {(None, None): Place()}
    if projects:
        rows = await session.execute(
            select(_PROJECT.c.id, _PROJECT.c.code, _PROJECT.c.name).where(
                _PROJECT.c.id.in_(projects)
            )
        )
        for row in rows.all():
            found[row[0], None] = Place(project=f"{row[1]} {row[2]}")
    if groups:
        rows = await session.execute(
            select(_GROUP.c.id, _GROUP.c.name).where(_GROUP.c.id.in_(groups))
        )
        for row in rows.all():
            found[None, row[0]] = Place(group=row[1])
    return found


async def project_id_of(session: AsyncSession, code: str) -> int | None:
    id_: int | None = await session.scalar(select(_PROJECT.c.id).where(_PROJECT.c.code == code))
    return id_


async def group_names(session: AsyncSession) -> list[tuple[int, str]]:
    rows = await session.execute(select(_GROUP.c.id, _GROUP.c.name).order_by(_GROUP.c.name))
    return [(row[0], row[1]) for row in rows]


@dataclass(frozen=True)
class KnownToken:
    id: int
    name: str
    person: Person
    created_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


async def tokens(
    session: AsyncSession, who: Who, *, person_id: int | None = None, limit: int = 200
) -> list[KnownToken]:
    """The newest first; those still valid before those revoked."""
    check_may_manage(who)
    return await all_tokens(session, person_id=person_id, limit=limit)


async def all_tokens(
    session: AsyncSession, *, person_id: int | None = None, limit: int = 200
) -> list[KnownToken]:
    """For the operator at the machine, who needs no role."""
    query = (
        select(Token, Person)
        .join(Person, Person.id == Token.person_id)
        .options(selectinload(Person.roles))
        .order_by(Token.revoked_at.is_not(None), Token.id.desc())
        .limit(limit)
    )
    if person_id is not None:
        query = query.where(Token.person_id == person_id)
    return [
        KnownToken(token.id, token.name, person, token.created_at, token.used_at, token.revoked_at)
        for token, person in (await session.execute(query)).all()
    ]


async def own_sign_ins(session: AsyncSession, person_id: int, now: datetime) -> Sequence[SignIn]:
    """Where somebody is signed in, the latest first."""
    return (
        await session.scalars(
            select(SignIn)
            .where(
                SignIn.person_id == person_id,
                SignIn.ended_at.is_(None),
                SignIn.expires_at > now,
                SignIn.seen_at > now - IDLE,
            )
            .order_by(SignIn.seen_at.desc())
            .limit(50)
        )
    ).all()


async def me(session: AsyncSession, who: Who) -> Person:
    return (
        await session.scalars(
            select(Person).where(Person.id == who.id).options(selectinload(Person.roles))
        )
    ).one()
