"""Keys of programs: shown once, kept as a hash, limited, revoked."""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from tests.makers.staff import make_person
from tickets.events import Event
from tickets.refusals import Invalid
from tickets.staff import actions
from tickets.staff.keys import hashed
from tickets.staff.models import Person, Token
from tickets.staff.queries import by_token
from tickets.staff.rules import Role, Verb

AsRole = Callable[[str], Awaitable[AsyncClient]]


def _bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


async def test_an_admin_makes_a_token_sees_it_once_and_revokes_it(
    session: AsyncSession, as_role: AsRole, stranger: AsyncClient
) -> None:
    admin = await as_role("admin")
    form = {"name": "巡检系统", "role": "integration", "permissions": "ticket.read"}
    made = await admin.post("/programs", data=form)
    assert made.status_code == 200, made.text
    found = re.search(r"tk_[\w-]{43}", made.text)
    assert found
    key = found[0]
    row = (await session.scalars(select(Token).where(Token.name == "巡检系统"))).one()
    assert row.key_hash == hashed(key)
    assert made.headers["cache-control"] == "no-store"
    listed = (await admin.get("/programs")).text
    assert key not in listed
    assert "巡检系统" in listed
    twice = await admin.post("/programs", data=form)
    assert twice.status_code == 422
    assert (await stranger.get("/api/v1/tickets", headers=_bearer(key))).status_code == 200
    refused = await stranger.post("/api/v1/projects", json={}, headers=_bearer(key))
    assert refused.status_code == 403
    assert (await admin.post(f"/programs/{row.id}/revocation")).is_redirect
    revoked = await stranger.get("/api/v1/tickets", headers=_bearer(key))
    assert revoked.status_code == 401
    assert revoked.headers["www-authenticate"] == "Bearer"
    assert (await admin.post(f"/programs/{row.id}/revocation")).status_code == 409
    for event in await session.scalars(select(Event).where(Event.kind.like("token.%"))):
        assert key not in str(event.facts)


async def test_a_token_with_a_role_holds_that_role_everywhere(
    session: AsyncSession, now: datetime
) -> None:
    token, key = await actions.add_token(session, name="ci", role=Role.MANAGER, now=now)
    known = await by_token(session, hashed(key), now)
    assert known is not None
    assert known.who.scope(Verb.PROJECT_WRITE).everywhere
    assert not known.who.may(Verb.PEOPLE_MANAGE)
    assert known.who.session_id is None
    program = (
        await session.scalars(
            select(Person).where(Person.id == token.person_id).options(selectinload(Person.roles))
        )
    ).one()
    assert program.is_program
    assert program.password_hash is None


async def test_an_integration_may_what_its_token_names_and_no_more(
    session: AsyncSession, now: datetime
) -> None:
    _, key = await actions.add_token(
        session,
        name="softphone",
        role=Role.INTEGRATION,
        permissions=[Verb.TICKET_OPEN],
        now=now,
    )
    known = await by_token(session, hashed(key), now)
    assert known is not None
    assert {verb for verb in Verb if known.who.may(verb)} == {Verb.TICKET_OPEN}
    for permissions in ([], [Verb.PEOPLE_MANAGE]):
        with pytest.raises(Invalid):
            await actions.add_token(
                session,
                name="greedy",
                role=Role.INTEGRATION,
                permissions=permissions,
                now=now,
            )


async def test_a_persons_token_may_what_he_may_and_ends_with_him(
    session: AsyncSession, as_role: AsRole, stranger: AsyncClient, now: datetime
) -> None:
    admin = await as_role("admin")
    person = await make_person(session, role="technician")
    made = await admin.post(f"/people/{person.id}/tokens", data={"token_name": "phone"})
    found = re.search(r"tk_[\w-]{43}", made.text)
    assert found
    assert (await stranger.get("/api/v1/tickets", headers=_bearer(found[0]))).status_code == 200
    await actions.retire(session, person.id, now=now)
    await session.commit()
    assert (await stranger.get("/api/v1/tickets", headers=_bearer(found[0]))).status_code == 401


@pytest.mark.parametrize("header", ["Basic abc", "Bearer", "Bearer nonsense", "tk_x", "Bearer é"])
async def test_a_credential_that_is_none_is_refused(stranger: AsyncClient, header: str) -> None:
    answer = await stranger.get(
        "/api/v1/tickets", headers=[(b"authorization", header.encode("latin-1"))]
    )
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


async def test_use_is_noted_every_few_minutes(
    session: AsyncSession, stranger: AsyncClient, now: datetime
) -> None:
    token, key = await actions.add_token(session, name="ci", role=Role.MANAGER, now=now)
    await session.commit()
    await stranger.get("/api/v1/tickets", headers=_bearer(key))
    await session.refresh(token)
    assert token.used_at is not None
    first = token.used_at
    await stranger.get("/api/v1/tickets", headers=_bearer(key))
    await session.refresh(token)
    assert token.used_at == first
    token.used_at = first - timedelta(minutes=6)
    await session.commit()
    await stranger.get("/api/v1/tickets", headers=_bearer(key))
    await session.refresh(token)
    assert token.used_at >= first
