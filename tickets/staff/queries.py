"""Who somebody is, and who holds which role where."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, column, func, or_, select, table
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from tickets.grams import fold
from tickets.refusals import Forbidden, Missing
from tickets.settings import settings
from tickets.staff.models import HeldRole, Person, SignIn, Token
from tickets.staff.rules import IDLE, SEEN_EVERY, Grant, Role, Verb, Who
from tickets.words import N_

# Rooms above us, by name: only to say for what a role is held.
_PROJECT = table("project", column("id"), column("code"), column("name"))
_GROUP = table("service_group", column("id"), column("name"))


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


@dataclass(frozen=True)
class AtTheDoor:
    """Who came in, by which key, and whether it is time to note that he was seen."""

    who: Who
    key_id: int
    is_stale: bool


async def by_sign_in(
    session: AsyncSession, key_hash: str, now: datetime, *, locale: str | None = None
) -> AtTheDoor | None:
    """One statement: every page begins with it. `locale` is for who has chosen none."""
    rows = await session.execute(
        _with_roles(SignIn.id, SignIn.seen_at)
        .select_from(SignIn)
        .join(Person, Person.id == SignIn.person_id)
        .outerjoin(HeldRole, HeldRole.person_id == Person.id)
        .where(
            SignIn.key_hash == key_hash,
            SignIn.ended_at.is_(None),
            SignIn.expires_at > now,
            SignIn.seen_at > now - IDLE,
            Person.retired_at.is_(None),
        )
    )
    return _at_the_door(rows.all(), now, locale, by_browser=True)


async def by_token(
    session: AsyncSession, key_hash: str, now: datetime, *, locale: str | None = None
) -> AtTheDoor | None:
    rows = await session.execute(
        _with_roles(Token.id, Token.used_at)
        .select_from(Token)
        .join(Person, Person.id == Token.person_id)
        .outerjoin(HeldRole, HeldRole.person_id == Person.id)
        .where(Token.key_hash == key_hash, Token.revoked_at.is_(None), Person.retired_at.is_(None))
    )
    return _at_the_door(rows.all(), now, locale, by_browser=False)


def _with_roles(*first: Any) -> Select[Any]:
    return select(
        *first,
        Person.id,
        Person.name,
        Person.locale,
        Person.permissions,
        HeldRole.role,
        HeldRole.project_id,
        HeldRole.group_id,
    )


def _at_the_door(
    rows: Sequence[Row[Any]], now: datetime, locale: str | None, *, by_browser: bool
) -> AtTheDoor | None:
    if not rows:
        return None
    key_id, seen_at, person_id, name, own_locale, permissions = rows[0][:6]
    grants = tuple(Grant(Role(r[6]), r[7], r[8]) for r in rows if r[6] is not None)
    who = Who(
        id=person_id,
        name=name,
        locale=own_locale or locale or settings().locale,
        grants=grants,
        permissions=frozenset(Verb(permission) for permission in permissions),
        session_id=key_id if by_browser else None,
        is_staff=any(grant.role is not Role.OWNER for grant in grants),
    )
    return AtTheDoor(who, key_id, seen_at is None or seen_at < now - SEEN_EVERY)


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
                    and_(HeldRole.project_id.is_(None), HeldRole.group_id.is_(None)),
                    HeldRole.project_id == project_id,
                    and_(HeldRole.group_id.is_not(None), HeldRole.group_id == (group_id or 0)),
                ),
                Person.retired_at.is_(None),
                Person.is_program.is_(False),
            )
            .distinct()
            .order_by(Person.id)
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


# --- the page of people ---------------------------------------------------------------------


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
        for id_, code, name in rows:
            found[id_, None] = Place(project=f"{code} {name}")
    if groups:
        rows = await session.execute(
            select(_GROUP.c.id, _GROUP.c.name).where(_GROUP.c.id.in_(groups))
        )
        for id_, name in rows:
            found[None, id_] = Place(group=name)
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


async def names(session: AsyncSession, ids: Iterable[int]) -> dict[int, str]:
    """Names of people by number; one statement."""
    rows = await session.execute(select(Person.id, Person.name).where(Person.id.in_(set(ids))))
    return {person_id: name for person_id, name in rows}
