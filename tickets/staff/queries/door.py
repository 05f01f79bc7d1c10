"""Who is at the door, by browser or token."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

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
    """Who came in, by which key, and whether it is time to note that he was seen."""

    who: Who
    key_id: int
    is_stale: bool


async def by_sign_in(
    session: AsyncSession, key_hash: str, now: datetime, *, locale: str | None = None
) -> AtTheDoor | None:
    """One statement: every page begins with it. `locale` is for who has chosen none."""
    rows = await session.execute(
        _BY_SIGN_IN, {"key_hash": key_hash, "now": now, "idle_since": now - IDLE}
    )
    return _at_the_door(rows.all(), now, locale, by_browser=True)


async def by_token(
    session: AsyncSession, key_hash: str, now: datetime, *, locale: str | None = None
) -> AtTheDoor | None:
    rows = await session.execute(_BY_TOKEN, {"key_hash": key_hash})
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


# Built once: every request begins with one of them.
_BY_SIGN_IN = (
    _with_roles(SignIn.id, SignIn.seen_at)
    .select_from(SignIn)
    .join(Person, Person.id == SignIn.person_id)
    .outerjoin(HeldRole, HeldRole.person_id == Person.id)
    .where(
        SignIn.key_hash == bindparam("key_hash"),
        SignIn.ended_at.is_(None),
        SignIn.expires_at > bindparam("now"),
        SignIn.seen_at > bindparam("idle_since"),
        Person.retired_at.is_(None),
    )
)
_BY_TOKEN = (
    _with_roles(Token.id, Token.used_at)
    .select_from(Token)
    .join(Person, Person.id == Token.person_id)
    .outerjoin(HeldRole, HeldRole.person_id == Person.id)
    .where(
        Token.key_hash == bindparam("key_hash"),
        Token.revoked_at.is_(None),
        Person.retired_at.is_(None),
    )
)


def _at_the_door(
    rows: Sequence[Sequence[Any]], now: datetime, locale: str | None, *, by_browser: bool
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
