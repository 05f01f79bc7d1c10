"""Who is at the door, by browser or token."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Select,
    Text,
    TextClause,
    bindparam,
    cast,
    func,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.db import fixed
from tickets.settings import settings
from tickets.staff.models import HeldRole, Person, SignIn, Token
from tickets.staff.rules import IDLE, SEEN_EVERY, Grant, Role, Verb, Who


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
    """Who came in, by which key, and whether it is time to note that he was seen; `along` holds
    what the page wanted to know besides."""

    who: Who
    key_id: int
    is_stale: bool
    along: Sequence[Any] = ()


async def by_sign_in(
    session: AsyncSession,
    key_hash: str,
    now: datetime,
    *,
    locale: str | None = None,
    along: tuple[ColumnElement[Any], ...] = (),
) -> AtTheDoor | None:
    """One statement: every page begins with it. `locale` is for who has chosen none; `along` are
    columns about the same `Person`, so that a page's head costs no question of its own."""
    key = {"key_hash": key_hash, "now": now, "idle_since": now - IDLE}
    row = (await session.execute(_by_sign_in(along), key)).first()
    return _at_the_door(row, now, locale, by_browser=True)


async def by_token(
    session: AsyncSession, key_hash: str, now: datetime, *, locale: str | None = None
) -> AtTheDoor | None:
    row = (await session.execute(_by_token(), {"key_hash": key_hash})).first()
    return _at_the_door(row, now, locale, by_browser=False)


def _with_roles(*first: Any, along: Sequence[ColumnElement[Any]] = ()) -> Select[Any]:
    role = func.json_build_array(HeldRole.role, HeldRole.project_id, HeldRole.group_id)
    roles = (
        select(cast(func.json_agg(role), Text))
        .where(HeldRole.person_id == Person.id)
        .correlate(Person)
        .scalar_subquery()
    )
    person = (Person.id, Person.name, Person.locale, Person.permissions)
    return select(*first, *person, roles, *along)


# Put into words once: every request begins with one of them.
@lru_cache(maxsize=10)
def _by_sign_in(along: tuple[ColumnElement[Any], ...]) -> TextClause:
    at = DateTime(timezone=True)
    return fixed(
        _with_roles(SignIn.id, SignIn.seen_at, along=along)
        .select_from(SignIn)
        .join(Person, Person.id == SignIn.person_id)
        .where(
            SignIn.key_hash == bindparam("key_hash", type_=Text()),
            SignIn.ended_at.is_(None),
            SignIn.expires_at > bindparam("now", type_=at),
            SignIn.seen_at > bindparam("idle_since", type_=at),
            Person.retired_at.is_(None),
        )
    )


@lru_cache(maxsize=1)
def _by_token() -> TextClause:
    return fixed(
        _with_roles(Token.id, Token.used_at)
        .select_from(Token)
        .join(Person, Person.id == Token.person_id)
        .where(
            Token.key_hash == bindparam("key_hash", type_=Text()),
            Token.revoked_at.is_(None),
            Person.retired_at.is_(None),
        )
    )


def _at_the_door(
    row: Sequence[Any] | None, now: datetime, locale: str | None, *, by_browser: bool
) -> AtTheDoor | None:
    if row is None:
        return None
    key_id, seen_at, person_id, name, own_locale, permissions, roles, *along = row
    grants = _grants(roles or "[]")
    who = Who(
        id=person_id,
        name=name,
        locale=own_locale or locale or settings().locale,
        grants=grants,
        permissions=frozenset(Verb(permission) for permission in permissions),
        session_id=key_id if by_browser else None,
        is_staff=any(grant.role is not Role.OWNER for grant in grants),
    )
    return AtTheDoor(who, key_id, seen_at is None or seen_at < now - SEEN_EVERY, along)


@lru_cache(maxsize=1000)
def _grants(roles: str) -> tuple[Grant, ...]:
    return tuple(Grant(Role(role), *place) for role, *place in json.loads(roles))
