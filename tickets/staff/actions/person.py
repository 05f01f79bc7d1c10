"""People are added, changed, retired and reinstated; never deleted (rules.md §11)."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from tickets.events import record
from tickets.refusals import Invalid, Missing, Refused
from tickets.staff import keys
from tickets.staff.models import HeldRole, Person, SignIn
from tickets.staff.rules import Grant, Role, check_grants, check_login, check_password
from tickets.words import LOCALES, N_


async def add_person(
    session: AsyncSession,
    *,
    login: str,
    name: str,
    password: str,
    roles: Sequence[Grant],
    phone: str | None = None,
    email: str | None = None,
    locale: str | None = None,
    by_id: int | None = None,
    now: datetime,
) -> Person:
    check_login(login)
    check_password(password, login, name)
    check_grants(roles)
    _check_locale(locale)
    if await session.scalar(select(Person.id).where(func.lower(Person.login) == func.lower(login))):
        raise _login_is_taken()
    person = Person(
        login=login,
        name=name,
        password_hash=await keys.password_hash(password),
        phone=phone,
        email=email,
        locale=locale,
        created_at=now,
        roles=held_roles(roles),
    )
    try:
        async with session.begin_nested():
            session.add(person)
            await session.flush()
    except IntegrityError as error:  # two admins typed the same name at once
        if "uq_person_login" in str(error.orig):
            raise _login_is_taken() from None
        raise Invalid("roles", N_("This project or group does not exist.")) from None
    record(
        session,
        "person.added",
        at=now,
        by_id=by_id,
        person_id=person.id,
        login=login,
        name=name,
        roles=[spoken(grant) for grant in roles],
    )
    return person


async def change_person(
    session: AsyncSession,
    person_id: int,
    *,
    version: int,
    login: str,
    name: str,
    roles: Sequence[Grant],
    phone: str | None = None,
    email: str | None = None,
    by_id: int | None = None,
    now: datetime,
) -> Person:
    """`version` is what the admin had before his eyes; what came in between is not run over."""
    check_login(login)
    check_grants(roles)
    admins = await _lock_admins(session)
    person = await locked(session, person_id)
    if person.version != version:
        raise Refused(
            N_("Somebody else has changed {name} meanwhile. Please look again."), name=person.name
        )
    if person.id in admins and Grant(Role.ADMIN) not in roles:
        _keep_one_admin(admins)
    taken = await session.scalar(
        select(Person.id).where(
            func.lower(Person.login) == func.lower(login), Person.id != person.id
        )
    )
    if taken:
        raise _login_is_taken()
    before = {(r.role, r.project_id, r.group_id): r for r in person.roles}
    after = {(g.role.value, g.project_id, g.group_id): g for g in roles}
    changed = [
        field
        for field, value in (("login", login), ("name", name), ("phone", phone), ("email", email))
        if getattr(person, field) != value
    ]
    if before.keys() != after.keys():
        changed.append("roles")
    if not changed:
        return person
    person.login, person.name, person.phone, person.email = login, name, phone, email
    person.version += 1
    try:
        async with session.begin_nested():
            for place, held in before.items():
                if place not in after:
                    person.roles.remove(held)
            person.roles.extend(
                held_roles([g for place, g in after.items() if place not in before])
            )
            await session.flush()
    except IntegrityError as error:
        if "uq_person_login" in str(error.orig):
            raise _login_is_taken() from None
        raise Invalid("roles", N_("This project or group does not exist.")) from None
    facts: dict[str, Any] = {"person_id": person.id, "changed": changed}
    if "roles" in changed:
        facts["roles"] = [spoken(grant) for grant in roles]
    record(session, "person.changed", at=now, by_id=by_id, **facts)
    return person


async def retire(
    session: AsyncSession, person_id: int, *, by_id: int | None = None, now: datetime
) -> Person:
    """Somebody leaves: the name stays in the diary, every open door closes at once."""
    admins = await _lock_admins(session)
    person = await locked(session, person_id)
    if person.retired_at is not None:
        raise Refused(N_("{name} has already retired."), name=person.name)
    if person.id in admins:
        _keep_one_admin(admins)
    person.retired_at = now
    person.version += 1
    await end_sign_ins(session, person.id, now)
    record(session, "person.retired", at=now, by_id=by_id, person_id=person.id)
    return person


async def reinstate(
    session: AsyncSession, person_id: int, *, by_id: int | None = None, now: datetime
) -> Person:
    person = await locked(session, person_id)
    if person.retired_at is None:
        raise Refused(N_("{name} has not retired."), name=person.name)
    person.retired_at = None
    person.version += 1
    record(session, "person.reinstated", at=now, by_id=by_id, person_id=person.id)
    return person


async def set_password(
    session: AsyncSession,
    person_id: int,
    password: str,
    *,
    by_id: int | None = None,
    keep: int | None = None,
    now: datetime,
) -> Person:
    """Whoever came in with the old one is out; `keep` is the sign-in of the one who changes it."""
    person = await locked(session, person_id)
    if person.is_program:
        raise Refused(N_("A program has no password; give it a token."))
    check_password(password, person.login, person.name)
    person.password_hash = await keys.password_hash(password)
    await end_sign_ins(session, person.id, now, keep=keep)
    record(
        session, "person.changed", at=now, by_id=by_id, person_id=person.id, changed=["password"]
    )
    return person


async def set_locale(session: AsyncSession, person_id: int, locale: str) -> None:
    """A person's own taste: no event."""
    _check_locale(locale)
    await session.execute(update(Person).where(Person.id == person_id).values(locale=locale))


async def set_addresses(
    session: AsyncSession, person_id: int, *, phone: str | None, email: str | None, now: datetime
) -> None:
    """Where a person himself wants to be reached."""
    person = await locked(session, person_id)
    if email is not None and not re.fullmatch(r"[^\s@,;<>]{1,64}@[^\s@,;<>]{1,190}", email):
        raise Invalid("email", N_("This is no e-mail address."))
    if phone is not None and not re.fullmatch(r"\+?[\d \-]{5,20}", phone, re.ASCII):
        raise Invalid("phone", N_("This is no phone number."))
    given = (("phone", phone), ("email", email))
    changed = [field for field, value in given if getattr(person, field) != value]
    if not changed:
        return
    person.phone, person.email = phone, email
    person.version += 1
    record(session, "person.changed", at=now, by_id=person.id, person_id=person.id, changed=changed)


async def end_sign_ins(
    session: AsyncSession, person_id: int, now: datetime, *, keep: int | None = None
) -> int:
    ended = await session.scalars(
        update(SignIn)
        .where(
            SignIn.person_id == person_id,
            SignIn.ended_at.is_(None),
            SignIn.id != (keep or 0),
        )
        .values(ended_at=now)
        .returning(SignIn.id)
    )
    return len(ended.all())


async def locked(session: AsyncSession, person_id: int) -> Person:
    """The row is locked for the second admin, who then sees the first one's version."""
    person = await session.scalar(
        select(Person)
        .where(Person.id == person_id)
        .options(selectinload(Person.roles))
        .execution_options(populate_existing=True)
        .with_for_update()
    )
    if person is None:
        raise Missing(N_("There is no such person."))
    return person


async def _lock_admins(session: AsyncSession) -> frozenset[int]:
    """Locked together, in order, so that two admins cannot retire each other at one moment."""
    rows = await session.scalars(
        select(Person.id)
        .join(HeldRole, HeldRole.person_id == Person.id)
        .where(
            HeldRole.role == Role.ADMIN,
            HeldRole.project_id.is_(None),
            HeldRole.group_id.is_(None),
            Person.retired_at.is_(None),
            Person.is_program.is_(False),
            Person.password_hash.is_not(None),
        )
        .order_by(Person.id)
        .with_for_update()
    )
    return frozenset(rows.all())


def _keep_one_admin(admins: frozenset[int]) -> None:
    if len(admins) <= 1:
        raise Refused(N_("This is the last administrator. Name another one first."))


def held_roles(grants: Sequence[Grant]) -> list[HeldRole]:
    return [
        HeldRole(role=grant.role.value, project_id=grant.project_id, group_id=grant.group_id)
        for grant in dict.fromkeys(grants)
    ]


def spoken(grant: Grant) -> dict[str, Any]:
    where = {"project_id": grant.project_id, "group_id": grant.group_id}
    return {"role": grant.role.value} | {k: v for k, v in where.items() if v is not None}


def _login_is_taken() -> Invalid:
    return Invalid("login", N_("Somebody already signs in with this name."))


def _check_locale(locale: str | None) -> None:
    if locale is not None and locale not in LOCALES:
        raise Invalid("locale", N_("This language is not known here."))
