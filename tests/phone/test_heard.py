"""When a phone was last heard of: by what it delivers, and by its own word."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket
from tickets.phone import actions
from tickets.phone.models import Phone
from tickets.staff.models import Person
from tickets.ticket.models import Ticket

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def man(session: AsyncSession) -> Person:
    return await make_person(session, role="technician", name="李师傅")


@pytest.fixture
async def ticket(session: AsyncSession, man: Person, now: datetime) -> Ticket:
    made = await make_ticket(
        session, project=await make_project(session), now=now, reported_at=now - 60 * MINUTE
    )
    made.technician_id = man.id
    await session.commit()
    return made


async def phones(session: AsyncSession) -> list[Phone]:
    asked = select(Phone).order_by(Phone.heard_at).execution_options(populate_existing=True)
    return list(await session.scalars(asked))


async def test_the_desk_sees_when_his_phone_was_heard_of_and_what_waits(
    as_role: SignedIn,
    browser_of: Callable[[Person], Awaitable[AsyncClient]],
    session: AsyncSession,
    man: Person,
    ticket: Ticket,
) -> None:
    phone = await browser_of(man)
    body = {"phone": str(uuid4()), "app_version": "7f3a", "waiting": 3}
    assert (await phone.post("/api/v1/phones/beat", json=body)).status_code == 204
    page = (await (await as_role("hotline")).get(f"/tickets/{ticket.ref}")).text
    assert "last heard from" in page
    assert "3 acts waiting on it" in page
    owner = await browser_of(await make_person(session, role="owner", project_id=ticket.project_id))
    assert "last heard from" not in (await owner.get(f"/tickets/{ticket.ref}")).text
    again = await phone.post("/api/v1/phones/beat", json=body | {"waiting": 0})
    assert again.status_code == 204
    assert [each.waiting for each in await phones(session)] == [0]


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("arrival", {}),
        ("departure", {}),
        ("handback", {"reason": "away"}),
        ("pauses", {"reason": "no_access", "evidence": "gate locked"}),
    ],
)
async def test_a_delivery_with_the_phones_clock_is_heard(
    browser_of: Callable[[Person], Awaitable[AsyncClient]],
    session: AsyncSession,
    man: Person,
    ticket: Ticket,
    now: datetime,
    verb: str,
    body: dict[str, Any],
) -> None:
    client = await browser_of(man)
    url = f"/api/v1/tickets/{ticket.ref}/{verb}"
    answer = await client.post(url, json=body | {"phone_time": now.isoformat()})
    assert answer.status_code in (200, 201), answer.text
    (heard,) = await phones(session)
    assert (heard.person_id, heard.phone) == (man.id, actions.NAMELESS)


async def test_a_desk_is_no_phone(as_role: SignedIn, session: AsyncSession, ticket: Ticket) -> None:
    await (await as_role("hotline")).post(f"/api/v1/tickets/{ticket.ref}/arrival", json={})
    assert await phones(session) == []


async def test_a_delivery_is_of_the_phone_used_last(
    session: AsyncSession, man: Person, now: datetime
) -> None:
    old, new = uuid4(), uuid4()
    for phone, at in ((old, now - 60 * MINUTE), (new, now - 10 * MINUTE)):
        await actions.beat(session, man.id, phone=phone, app_version=None, waiting=1, now=at)
    await actions.heard(session, man.id, now)
    assert [(each.phone, each.heard_at) for each in await phones(session)] == [
        (old, now - 60 * MINUTE),
        (new, now),
    ]
    await actions.heard(session, man.id, now + timedelta(seconds=20))  # finer is not told
    assert (await phones(session))[-1].heard_at == now
    # A word that was overtaken on the way changes nothing.
    await actions.beat(session, man.id, phone=new, app_version=None, waiting=9, now=now - MINUTE)
    assert [each.waiting for each in await phones(session)] == [1, 1]


async def test_who_has_no_round_has_no_phone_here(as_role: SignedIn) -> None:
    for role in ("owner", "hotline"):
        client = await as_role(role)
        answer = await client.post("/api/v1/phones/beat", json={"phone": str(uuid4())})
        assert answer.status_code == 403


@pytest.mark.parametrize("body", [{}, {"phone": "one"}, {"phone": str(uuid4()), "waiting": -1}])
async def test_what_a_beat_cannot_be(as_role: SignedIn, body: dict[str, Any]) -> None:
    client = await as_role("technician")
    assert (await client.post("/api/v1/phones/beat", json=body)).status_code == 422
