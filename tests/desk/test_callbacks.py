"""回访: who is asked next, what one click records, what follows from it."""

import re
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from tests.conftest import SignedIn
from tests.desk.test_board import statements
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket, who_of
from tickets.project.models import Project
from tickets.sla.rules import Result
from tickets.staff.rules import Role
from tickets.ticket import actions
from tickets.ticket.models import Ticket
from tickets.ticket.rules import Tried, ask_at
from tickets.visit import actions as visit
from tickets.visit.rules import Found

H = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
Fixed = Callable[..., Awaitable[Ticket]]
HTMX = {"hx-request": "true"}


@pytest.fixture
async def project(session: AsyncSession) -> Project:
    return await make_project(
        session, code="RV-01", name="Riverside", accepted_on=date(2026, 1, 9), months=24
    )


@pytest.fixture
def fixed(session: AsyncSession, project: Project, now: datetime) -> Fixed:
    """`ticket = await fixed(3)`: repaired that many hours ago."""

    async def fix(hours: float, **more: Any) -> Ticket:
        ticket = await make_ticket(
            session,
            **{"project": project, "now": now, "reported_at": now - 40 * H, **more},
        )
        person = await make_person(session, role="technician", name="Li the electrician")
        found = Found(result=Result.FIXED, cause="C_PRODUCT", work="a new driver", on_site=True)
        who = who_of(person.id, Role.TECHNICIAN)
        await visit.repair(session, who, ticket.ref, found, at=now - hours * H, now=now)
        await session.commit()
        return ticket

    return fix


def refs(html: str) -> list[str]:
    return re.findall(r'data-ref="([^"]+)"', html)


async def queue(desk: AsyncClient, address: str = "/callbacks") -> list[str]:
    answer = await desk.get(address)
    assert answer.status_code == 200, answer.text
    return refs(answer.text)


async def record(desk: AsyncClient, ticket: Ticket, outcome: str, **more: str) -> str:
    answer = await desk.post(
        f"/callbacks/{ticket.ref}", data={"outcome": outcome, **more}, headers=HTMX
    )
    assert answer.status_code == 200, answer.text
    assert "<html" not in answer.text
    return answer.text


def test_when_the_owner_is_asked(now: datetime) -> None:
    missed = [Tried("not_reached", now + n * 5 * H, 1) for n in range(3)]
    for tried, callers, wanted in (
        ([], {1}, now),
        (missed[:1], {1}, now + 4 * H),
        (missed[:2], {1}, now + 9 * H),
        (missed, {1}, None),
        ([Tried("works", now + H, 1)], {1}, None),
        ([Tried("works", now + H, 1)], set[int](), None),
        ([Tried("works", now + H, 1)], {1, 2}, now + H),
        ([Tried("works", now + H, 1), Tried("works", now + 2 * H, 2)], {1, 2}, None),
        ([Tried("works", now + H, 1), Tried("does_not", now + 2 * H, 1)], {1}, now + 2 * H),
        ([Tried("works", now, 1), Tried("not_reached", now + H, 2)], {1, 2}, now + 5 * H),
    ):
        assert ask_at(now, tried, callers) == wanted, tried
    assert ask_at(None, [], {1}) is None


async def test_promised_ones_come_first_then_the_oldest_repair(
    session: AsyncSession, as_role: SignedIn, fixed: Fixed, now: datetime
) -> None:
    young, old, promised = await fixed(1), await fixed(9), await fixed(2)
    later = await fixed(3)
    desk = await as_role("hotline")
    for ticket, hours in ((promised, 2), (later, 5)):
        at = (now + hours * H).isoformat()
        body = {"at": at}
        sent = await desk.post(f"/api/v1/tickets/{ticket.ref}/call_promises", json=body)
        assert sent.status_code == 201
    assert await queue(desk) == [promised.ref, later.ref, old.ref, young.ref]


async def test_a_row_says_what_was_repaired_by_whom_and_whom_to_call(
    as_role: SignedIn, fixed: Fixed
) -> None:
    ticket = await fixed(2, place="Gate 7")
    page = (await (await as_role("hotline")).get("/callbacks")).text
    for told in (
        ticket.ref,
        "RV-01",
        "Gate 7",
        "Li the electrician",
        "a new driver",
        "Ms Caller",
        "139****5678",
        "0 of 3 tries",
        'href="tel:13912345678"',
    ):
        assert told in page
    assert "Close the ticket" not in page


async def test_works_with_a_rating_offers_to_close_at_once(
    session: AsyncSession, as_role: SignedIn, fixed: Fixed
) -> None:
    ticket = await fixed(2)
    desk = await as_role("hotline")
    row = await record(desk, ticket, "works", rating="5", note="thanks")
    assert f'action="/tickets/{ticket.ref}/closure"' in row
    assert "Satisfaction: 5 of 5" in row
    assert 'name="outcome"' not in row
    assert await queue(desk) == []
    assert await queue(desk, "/callbacks?state=closing") == [ticket.ref]
    closed = await desk.post(f"/tickets/{ticket.ref}/closure", data={"next": "/callbacks"})
    assert (closed.status_code, closed.headers["location"]) == (303, "/callbacks")
    assert await queue(desk, "/callbacks?state=closing") == []


async def test_nobody_reached_waits_four_hours_and_stays_in_sight(
    session: AsyncSession, as_role: SignedIn, fixed: Fixed, now: datetime
) -> None:
    first, second = await fixed(5), await fixed(2)
    desk = await as_role("hotline")
    row = await record(desk, first, "not_reached")
    assert "again from" in row
    assert "1 of 3 tries" in row
    assert 'name="outcome"' not in row
    assert await queue(desk) == [second.ref, first.ref]
    await session.refresh(first)
    assert first.ask_at is not None
    assert timedelta(0) <= first.ask_at - now - 4 * H < MINUTE


async def test_three_tries_offer_to_close(as_role: SignedIn, fixed: Fixed) -> None:
    ticket = await fixed(2)
    desk = await as_role("hotline")
    for _ in range(2):
        assert "/closure" not in await record(desk, ticket, "not_reached")
    assert "/closure" in await record(desk, ticket, "not_reached")
    assert await queue(desk) == []
    assert (await desk.post(f"/tickets/{ticket.ref}/closure", data={})).status_code == 303


async def test_what_does_not_work_needs_a_reason_and_comes_again_with_it(
    session: AsyncSession, as_role: SignedIn, fixed: Fixed
) -> None:
    ticket = await fixed(2)
    desk = await as_role("hotline")
    silent = await desk.post(f"/callbacks/{ticket.ref}", data={"outcome": "does_not"}, headers=HTMX)
    assert silent.status_code == 422
    assert "What does not work?" in silent.text
    assert refs(silent.text) == [ticket.ref]
    row = await record(desk, ticket, "does_not", note="flickers again")
    assert f"it has come again as {ticket.ref}" in row
    told = (await desk.get(f"/api/v1/tickets/{ticket.ref}")).json()
    assert (told["cycle"], told["status"]) == (2, "open")
    assert await queue(desk) == []


async def test_more_than_a_week_after_it_is_a_ticket_that_follows(
    as_role: SignedIn, fixed: Fixed, now: datetime
) -> None:
    ticket = await fixed(200, reported_at=now - 230 * H)
    row = await record(await as_role("hotline"), ticket, "does_not", note="dark again")
    again = re.search(r"come again as (T-[\d-]+)", row)
    assert again
    assert again[1] != ticket.ref


async def test_satisfaction_is_asked_once(as_role: SignedIn, fixed: Fixed) -> None:
    ticket = await fixed(2)
    desk = await as_role("hotline")
    await record(desk, ticket, "not_reached", rating="4")
    page = (await desk.get("/callbacks")).text
    assert 'name="rating"' not in page
    again = await desk.post(
        f"/callbacks/{ticket.ref}", data={"outcome": "works", "rating": "5"}, headers=HTMX
    )
    assert again.status_code == 409
    assert "how satisfied he is already" in again.text


async def test_of_merged_tickets_every_caller_is_told(
    session: AsyncSession, as_role: SignedIn, fixed: Fixed, project: Project, now: datetime
) -> None:
    other = await make_ticket(
        session, project=project, now=now, reporter_name="Mr Two", reporter_phone="13800002222"
    )
    ticket = await fixed(2)
    desk = await as_role("hotline")
    joined = await desk.post(f"/api/v1/tickets/{other.ref}/duplicate_of", json={"ref": ticket.ref})
    assert joined.is_success, joined.text
    page = (await desk.get("/callbacks")).text
    assert "Mr Two" in page
    assert "has not heard yet" in page
    row = await record(desk, ticket, "works", contact=str(ticket.reporter_id))
    assert "Not told of the outcome yet: Mr Two." in row
    assert await queue(desk) == [ticket.ref]
    assert "Not told" not in await record(desk, ticket, "works", contact=str(other.reporter_id))
    assert await queue(desk) == []


async def test_without_javascript_the_page_comes_back_with_the_row_on_top(
    as_role: SignedIn, fixed: Fixed
) -> None:
    first, second = await fixed(5), await fixed(2)
    desk = await as_role("hotline")
    typed = {"outcome": "works", "next": "/callbacks?project=RV-01"}
    answer = await desk.post(f"/callbacks/{second.ref}", data=typed)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/callbacks?project=RV-01&done={second.ref}"
    page = (await desk.get(answer.headers["location"])).text
    assert refs(page) == [second.ref, first.ref]
    assert f'action="/tickets/{second.ref}/closure"' in page
    refused = await desk.post(f"/callbacks/{first.ref}", data={"outcome": "does_not"})
    assert refused.status_code == 422
    assert "<html" in refused.text


async def test_a_form_sent_twice_is_one_try(as_role: SignedIn, fixed: Fixed) -> None:
    ticket = await fixed(2)
    desk = await as_role("hotline")
    key = "5f0c1d1e-0000-4000-8000-000000000001"
    for _ in range(2):
        row = await record(desk, ticket, "not_reached", key=key)
    assert "1 of 3 tries" in row


async def test_mine_is_what_i_opened_or_promised(
    session: AsyncSession,
    browser_of: Callable[..., Awaitable[AsyncClient]],
    fixed: Fixed,
    now: datetime,
) -> None:
    me = await make_person(session, role="hotline")
    mine = await fixed(2, who=who_of(me.id, Role.HOTLINE))
    theirs, promised = await fixed(3), await fixed(4)
    await actions.promise_call(
        session, who_of(me.id, Role.HOTLINE), promised.ref, at=now + H, now=now
    )
    await session.commit()
    desk = await browser_of(me)
    assert await queue(desk, "/callbacks?mine=1") == [promised.ref, mine.ref]
    assert set(await queue(desk)) == {mine.ref, theirs.ref, promised.ref}


async def test_one_sees_the_projects_of_ones_role_and_their_count(
    session: AsyncSession,
    browser_of: Callable[..., Awaitable[AsyncClient]],
    as_role: SignedIn,
    fixed: Fixed,
    project: Project,
) -> None:
    other = await make_project(
        session, code="SECRET-9", name="Elsewhere", accepted_on=date(2026, 1, 9)
    )
    mine = await fixed(2)
    theirs = await fixed(3, project=other)
    person = await make_person(session, role="hotline", project_id=project.id)
    await session.commit()
    desk = await browser_of(person)
    page = (await desk.get("/callbacks")).text
    assert refs(page) == [mine.ref]
    assert "SECRET-9" not in page
    assert '<span class="count">1</span>' in page
    missing = await desk.post(f"/callbacks/{theirs.ref}", data={"outcome": "works"})
    assert missing.status_code == 404
    assert '<span class="count">2</span>' in (await (await as_role("hotline")).get("/desk")).text
    technician = await as_role("technician")
    assert 'class="count"' not in (await technician.get("/projects")).text
    assert (await technician.get("/callbacks")).status_code == 403


async def test_paging_by_key_loses_and_doubles_nothing(
    session: AsyncSession, as_role: SignedIn, fixed: Fixed, now: datetime
) -> None:
    made = [await fixed(2) for _ in range(30)]
    for n, ticket in enumerate(made):
        ticket.ask_at = now - H
        ticket.call_promised_at = now + H if n < 27 else None
    await session.commit()
    desk = await as_role("hotline")
    seen: list[str] = []
    address: str | None = "/callbacks"
    while address:
        html = (await desk.get(address)).text
        seen += refs(html)
        following = re.search(r'rel="next" href="([^"]+)"', html)
        address = following[1].replace("&amp;", "&") if following else None
    assert seen == [ticket.ref for ticket in made]
    assert (await desk.get("/callbacks?cursor=nonsense")).status_code == 422


async def test_the_page_asks_as_much_for_one_as_for_many_and_by_its_index(
    session: AsyncSession, connection: AsyncConnection, as_role: SignedIn, fixed: Fixed
) -> None:
    await fixed(1)
    desk = await as_role("hotline")
    await desk.get("/callbacks")
    with statements(connection) as for_one:
        assert len(await queue(desk)) == 1
    for _ in range(9):
        await fixed(2)
    with statements(connection) as for_many:
        assert len(await queue(desk)) == 10
    # Who asks; the rows, their callers, the promised calls, the projects of the filter.
    assert len(for_one) == len(for_many) == 5, "\n".join(for_many)
    await session.execute(text("SET LOCAL enable_seqscan = off"))
    plan = await session.scalars(
        text(
            "EXPLAIN SELECT id FROM ticket WHERE ask_at IS NOT NULL"
            " ORDER BY call_promised_at, ask_at, id LIMIT 26"
        )
    )
    told = "\n".join(plan)
    assert "ix_ticket_to_ask" in told
    assert "Sort" not in told
