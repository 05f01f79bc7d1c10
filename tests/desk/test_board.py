"""The board: who sees what, in which order, how it keeps itself up to date, what it costs."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from tests.conftest import SignedIn
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket
from tickets.events import record
from tickets.project.models import Project
from tickets.ticket.models import Ticket
from tickets.ticket.rules import NOTHING_BREAKS, Kind

H = timedelta(hours=1)


@pytest.fixture
async def project(session: AsyncSession) -> Project:
    return await make_project(session, code="RV-01", name="Riverside")


def refs(html: str) -> list[str]:
    return re.findall(r'<tr data-ref="([^"]+)"', html)


async def shown(browser: AsyncClient, address: str = "/desk") -> list[str]:
    answer = await browser.get(address)
    assert answer.status_code == 200, answer.text
    return refs(answer.text)


@contextmanager
def statements(connection: AsyncConnection) -> Iterator[list[str]]:
    said: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            said.append(statement)

    sqlalchemy_event.listen(connection.sync_connection, "before_cursor_execute", note)
    try:
        yield said
    finally:
        sqlalchemy_event.remove(connection.sync_connection, "before_cursor_execute", note)


async def test_what_breaks_next_comes_first(
    session: AsyncSession, as_role: SignedIn, project: Project, now: datetime
) -> None:
    young = await make_ticket(session, project=project, now=now, reported_at=now)
    old = await make_ticket(session, project=project, now=now, reported_at=now - H / 2)
    done = await make_ticket(session, project=project, now=now)
    done.breaks_at = NOTHING_BREAKS
    gone = await make_ticket(session, project=project, now=now)
    gone.is_open, gone.status = False, "closed"
    await session.commit()
    browser = await as_role("hotline")
    assert await shown(browser) == [old.ref, young.ref, done.ref]
    page = (await browser.get("/desk")).text
    assert page.count("nobody yet</span>") == 3
    assert "None" not in page


async def test_every_filter_is_in_the_address(
    session: AsyncSession, as_role: SignedIn, project: Project, now: datetime
) -> None:
    other = await make_project(session, code="HB-02", name="Harbour")
    technician = await make_person(session, role="technician")
    late = await make_ticket(session, project=project, now=now, reported_at=now - 3 * H)
    danger = await make_ticket(session, project=project, now=now, fault="LEAK", place="Gate 7")
    wish = await make_ticket(
        session, project=other, now=now, fault=None, kind=Kind.REQUEST, reported_at=now - H / 60
    )
    wish.technician_id = technician.id
    wish.status = "answered"
    wish.breaks_at = now + 3 * H
    await session.commit()
    browser = await as_role("hotline_lead")
    for asked, wanted in {
        "project=HB-02": {wish.ref},
        "severity=S1": {danger.ref},
        f"technician={technician.id}": {wish.ref},
        "technician=none": {late.ref, danger.ref},
        "state=late": {late.ref},
        "state=hour": {danger.ref},
        "state=soon": {danger.ref, wish.ref},
        "state=waiting": set(),
        "status=answered": {wish.ref},
        "kind=request": {wish.ref},
        "q=Gate 7": {danger.ref},
        f"q={late.ref}": {late.ref},
        "project=RV-01&state=late&q=": {late.ref},
        "severity=S9": set(),
    }.items():
        assert set(await shown(browser, f"/desk?{asked}")) == wanted, asked


@pytest.mark.parametrize("asked", ["technician=x", "cursor=nonsense", "technician=99999999999999"])
async def test_what_cannot_be_asked_gets_a_sentence(as_role: SignedIn, asked: str) -> None:
    browser = await as_role("hotline")
    answer = await browser.get(f"/desk?{asked}")
    assert answer.status_code == 422
    assert "refusal-sentence" in answer.text


async def test_odd_characters_in_the_search_are_refused_or_found_not(as_role: SignedIn) -> None:
    browser = await as_role("hotline")
    assert (await browser.get("/desk?q=%00")).status_code == 422
    assert (await browser.get("/desk", params={"q": "'; --"})).status_code == 200
    assert (await browser.get("/desk", params={"q": "x" * 201})).status_code == 422


async def test_paging_by_key_loses_and_doubles_nothing_when_instants_tie(
    session: AsyncSession, as_role: SignedIn, project: Project, now: datetime
) -> None:
    made = [await make_ticket(session, project=project, now=now) for _ in range(110)]
    for ticket in made:
        ticket.breaks_at = now + H
    await session.commit()
    browser = await as_role("hotline")
    seen: list[str] = []
    address: str | None = "/desk"
    while address:
        html = (await browser.get(address)).text
        seen += refs(html)
        following = re.search(r'rel="next" href="([^"]+)"', html)
        address = following[1].replace("&amp;", "&") if following else None
    assert seen == [ticket.ref for ticket in sorted(made, key=lambda ticket: ticket.id)]


async def test_an_open_board_hears_of_a_change_and_is_silent_without(
    session: AsyncSession, as_role: SignedIn, project: Project, now: datetime
) -> None:
    ticket = await make_ticket(session, project=project, now=now)
    await session.commit()
    browser = await as_role("hotline")
    page = (await browser.get("/desk?severity=S3")).text
    live = re.search(r'data-live="([^"]+)" data-tag="([^"]+)"', page)
    assert live
    tag = live[2].replace("&#34;", '"')
    address = live[1].replace("&amp;", "&")
    answer = await browser.get(address, headers={"if-none-match": tag})
    assert (answer.status_code, answer.content) == (304, b"")

    ticket.place = "Moved to gate 9"
    record(session, "ticket.noted", at=now, ticket_id=ticket.id, project_id=project.id)
    await session.commit()
    answer = await browser.get(address, headers={"if-none-match": tag})
    assert answer.status_code == 200
    assert "Moved to gate 9" in answer.text
    assert "<html" not in answer.text
    again = await browser.get(address, headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


async def test_the_same_number_of_statements_for_one_row_and_for_fifty(
    session: AsyncSession,
    connection: AsyncConnection,
    as_role: SignedIn,
    project: Project,
    now: datetime,
) -> None:
    await make_ticket(session, project=project, now=now)
    await session.commit()
    browser = await as_role("hotline")
    await browser.get("/desk")
    with statements(connection) as for_one:
        assert len(await shown(browser)) == 1
    for _ in range(49):
        await make_ticket(session, project=project, now=now)
    await session.commit()
    with statements(connection) as for_fifty:
        assert len(await shown(browser)) == 50
    # Who asks (his roles and what surrounds the page with him); the rows and how things stand.
    assert len(for_one) == len(for_fifty) == 2, "\n".join(for_fifty)


async def test_one_sees_the_projects_of_ones_role_and_no_others(
    session: AsyncSession,
    browser_of: Callable[..., Any],
    project: Project,
    now: datetime,
) -> None:
    mine = await make_ticket(session, project=project, now=now)
    other = await make_project(session, code="SECRET-9", name="Elsewhere")
    await make_ticket(session, project=other, now=now, fault="LEAK")
    person = await make_person(session, role="manager", project_id=project.id)
    await session.commit()
    browser = await browser_of(person)
    page = (await browser.get("/desk")).text
    assert refs(page) == [mine.ref]
    assert "SECRET-9" not in page
    assert "<b>0</b> S1 danger" in page


async def test_a_technician_has_his_round_not_the_board(as_role: SignedIn) -> None:
    browser = await as_role("technician")
    for address in ("/desk", "/desk/rows"):
        assert (await browser.get(address)).status_code == 403


async def test_what_callers_say_is_text_and_their_number_is_masked(
    session: AsyncSession, as_role: SignedIn, project: Project, now: datetime
) -> None:
    await make_ticket(
        session,
        project=project,
        now=now,
        description="<script>alert(1)</script>",
        place='"><img src=x onerror=alert(2)>',
        reporter_phone="13912345678",
    )
    await session.commit()
    page = (await (await as_role("hotline")).get("/desk")).text
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page
    assert "13912345678" not in page
    assert "139****5678" in page


async def test_an_empty_board_says_so(as_role: SignedIn) -> None:
    browser = await as_role("hotline")
    assert "Nothing is open." in (await browser.get("/desk")).text
    assert "Nothing open matches." in (await browser.get("/desk?severity=S1")).text


async def test_the_strip_counts_what_is_near(
    session: AsyncSession, as_role: SignedIn, project: Project, now: datetime
) -> None:
    for left in (-2 * H, -H, H / 2, 5 * H, 9 * H):
        ticket: Ticket = await make_ticket(session, project=project, now=now)
        ticket.breaks_at = datetime.now(UTC) + left
    await session.commit()
    page = (await (await as_role("manager")).get("/desk")).text
    assert "<b data-late>2</b> broken" in page
    assert "<b>1</b> within 1 h" in page
    assert "<b>2</b> within 6 h" in page


async def test_a_paused_ticket_says_so_and_is_found_by_it(
    session: AsyncSession, as_role: SignedIn, project: Project, now: datetime
) -> None:
    paused = await make_ticket(session, project=project, now=now)
    running = await make_ticket(session, project=project, now=now)
    await session.commit()
    client = await as_role("hotline")
    pause = {"reason": "no_access", "evidence": "locked"}
    await client.post(f"/api/v1/tickets/{paused.ref}/response", json={})
    answer = await client.post(f"/api/v1/tickets/{paused.ref}/pauses", json=pause)
    assert answer.status_code == 201
    for where in ("/desk", "/tickets"):
        shown = (await client.get(where)).text
        row = next(r for r in shown.split("<tr") if f'href="/tickets/{paused.ref}"' in r)
        assert "Paused" in row
        assert "waits for the call-back" not in row
    shown = (await client.get("/desk", params={"state": "paused"})).text
    assert paused.ref in shown
    assert running.ref not in shown
    waiting = (await client.get("/desk", params={"state": "waiting"})).text
    assert paused.ref not in waiting
