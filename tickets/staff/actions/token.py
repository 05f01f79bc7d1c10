"""Keys of programs: shown once, kept as a hash, revocable."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.refusals import Invalid, Missing, Refused
from tickets.staff import keys
from tickets.staff.actions.person import held_roles, locked, spoken
from tickets.staff.models import Person, Token
from tickets.staff.rules import Grant, Role, Verb, check_permissions, check_program_grant
from tickets.words import N_


async def add_token(
    session: AsyncSession,
    *,
    name: str,
    role: Role | None = None,
    project_id: int | None = None,
    group_id: int | None = None,
    permissions: Sequence[Verb] = (),
    person_id: int | None = None,
    by_id: int | None = None,
    now: datetime,
) -> tuple[Token, str]:
    """The row, and the key that is never shown again.

    With `role` a program is made that holds it, everywhere or for one project or group; an
    `integration` may only what `permissions` name. With `person_id` the key speaks for him.
    """
    if (role is None) == (person_id is None):
        raise Invalid("role", N_("A token speaks for a person, or holds a role of its own."))
    same = await session.scalar(
        select(Token.id).where(Token.name == name, Token.revoked_at.is_(None))
    )
    if same is not None:
        raise Invalid("name", N_("There is a token of this name already."))
    if role is not None:
        grant = Grant(role, project_id, group_id)
        check_program_grant(grant)
        check_permissions(role, permissions)
        person = Person(
            login=f"program-{secrets.token_hex(8)}",
            name=name,
            is_program=True,
            permissions=sorted(permission.value for permission in permissions),
            created_at=now,
            roles=held_roles([grant]),
        )
        session.add(person)
        await session.flush()
        held = [spoken(grant)]
    else:
        assert person_id is not None
        person = await locked(session, person_id)
        if person.retired_at is not None:
            raise Refused(N_("{name} has already retired."), name=person.name)
        held = []
    key = f"tk_{keys.fresh_key()}"
    token = Token(name=name, key_hash=keys.hashed(key), person_id=person.id, created_at=now)
    session.add(token)
    await session.flush()
    record(
        session,
        "token.added",
        at=now,
        by_id=by_id,
        token_id=token.id,
        name=name,
        person_id=person.id,
        roles=held,
        permissions=list(person.permissions),
    )
    return token, key


async def revoke_token(
    session: AsyncSession, token_id: int, *, by_id: int | None = None, now: datetime
) -> Token:
    token = await session.scalar(select(Token).where(Token.id == token_id).with_for_update())
    if token is None:
        raise Missing(N_("There is no such token."))
    if token.revoked_at is not None:
        raise Refused(N_("This token has been revoked already."))
    token.revoked_at = now
    record(session, "token.revoked", at=now, by_id=by_id, token_id=token.id, name=token.name)
    return token
