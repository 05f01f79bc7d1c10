"""Coming in by name and password, staying, and leaving."""

from datetime import UTC, datetime, timedelta

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.staff import actions
from tickets.staff.keys import hashed
from tickets.staff.models import Person, SignIn
from tickets.staff.rules import Grant, Role
from tickets.staff.signed_in import COOKIE

SECRET = "long grass 9"


@pytest.fixture
async def wang(session: AsyncSession, now: datetime) -> Person:
    person = await actions.add_person(
        session,
        login="Wang",
        name="值班员小王",
        password=SECRET,
        roles=[Grant(Role.HOTLINE)],
        locale="en",
        now=now,
    )
    await session.commit()
    return person


def _typed(**fields: str) -> dict[str, str]:
    return {"login": "wang", "password": SECRET, "next": "/"} | fields


async def test_the_right_password_opens_a_session_whose_key_is_kept_as_a_hash_only(
    session: AsyncSession, stranger: AsyncClient, wang: Person
) -> None:
    answer = await stranger.post("/login", data=_typed(), headers={"user-agent": "Firefox"})
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == "/"
    key = stranger.cookies[COOKIE]
    row = (await session.scalars(select(SignIn).where(SignIn.person_id == wang.id))).one()
    assert row.key_hash == hashed(key)
    assert key not in row.key_hash
    assert row.agent == "Firefox"
    assert timedelta(days=29) < row.expires_at - datetime.now(UTC) <= timedelta(days=30)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    start = await stranger.get("/")
    assert start.headers["location"] == "/desk"
