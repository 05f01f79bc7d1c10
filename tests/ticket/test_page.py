"""The ticket page through its door: why it is due then, what may be done now, and by whom."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from tests.makers.asset import make_asset
from tests.makers.database import own_database
from tests.makers.project import make_contact, make_owner, make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket
from tickets import db
from tickets.events import Event
from tickets.project.models import Project
from tickets.sla.models import Act
from tickets.staff import signed_in
from tickets.staff.models import Person, SignIn
from tickets.ticket.models import CallBack, Ticket
from tickets.ticket.rules import Kind

AsRole = Callable[[str], Awaitable[AsyncClient]]
BrowserOf = Callable[[Person], Awaitable[AsyncClient]]
HOUR = timedelta(hours=1)


@pytest.fixture
async def project(session: AsyncSession) -> Project:
    owner = await make_owner(session, name="Harbour Bank")
    project = await make_project(session, code="BJ-01", owner=owner, accepted_on=date(2026, 1, 9))
    await make_contact(session, owner=owner, name="Ms Caller", phone="13912345678")
    await make_asset(session, project=project, code="DB03", is_main=True)
    return project


@pytest.fixture
async def ticket(session: AsyncSession, project: Project, now: datetime) -> Ticket:
    """Reported an hour and a half ago: the response is half an hour late."""
    ticket = await make_ticket(
        session, project=project, now=now, reported_at=now - 1.5 * HOUR, assets=("DB03",)
    )
    await session.commit()
    return ticket


async def fresh(session: AsyncSession, ticket: Ticket) -> Ticket:
    return await session.get_one(Ticket, ticket.id, populate_existing=True)


def forms_in(page: str, ref: str) -> set[str]:
    return {piece.split('"')[0] for piece in page.split(f'action="/tickets/{ref}/')[1:]}


# --- what it shows ------------------------------------------------------------------------


async def test_it_says_why_each_promise_is_due_then(
    session: AsyncSession, as_role: AsRole, ticket: Ticket, now: datetime
) -> None:
    client = await as_role("hotline")
    shown = (await client.get(f"/tickets/{ticket.ref}")).text
    assert "It counts from the report: the owner told us at" in shown
    assert "changes nothing" in shown  # typed in an hour and a half later
    assert "Promised: 48 h" in shown
    assert "No pause counts." in shown
    assert "Broken at" in shown
    assert "Running:" in shown
    due = (ticket.reported_at + HOUR).astimezone(UTC) + timedelta(hours=8)
    assert f"{due:%Y-%m-%d %H:%M:%S} +08:00" in shown


async def test_it_says_which_act_implied_a_promise(
    session: AsyncSession, as_role: AsRole, project: Project, now: datetime
) -> None:
    ticket = await make_ticket(session, project=project, now=now, reported_at=now - 0.5 * HOUR)
    await session.commit()
    client = await as_role("hotline")
    await client.post(f"/api/v1/tickets/{ticket.ref}/arrival", json={})
    shown = (await client.get(f"/tickets/{ticket.ref}")).text
    assert "The arrival, recorded by hotline" in shown
    assert "implies it." in shown
    assert "Recorded by hotline" in shown


async def test_it_names_the_owners_person_who_declined_a_substitute(
    as_role: AsRole, ticket: Ticket
) -> None:
    hotline = await as_role("hotline")
    told = {"by": "Director Wang", "note": "The square is closed anyway"}
    at = f"/api/v1/tickets/{ticket.ref}/substitution_declined"
    assert (await hotline.post(at, json=told)).status_code == 201
    assert "Director Wang" in (await hotline.get(f"/tickets/{ticket.ref}")).text


async def test_nobody_is_promised_for_before_the_report(
    session: AsyncSession, as_role: AsRole, ticket: Ticket, now: datetime
) -> None:
    hotline = await as_role("hotline")
    past = {"expected_at": (now - 4 * HOUR).isoformat()}
    answer = await hotline.post(f"/api/v1/tickets/{ticket.ref}/response", json=past)
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == ["expected_at"]
    assert (await fresh(session, ticket)).expected_at is None


async def test_it_shows_cover_its_reason_and_who_pays(as_role: AsRole, ticket: Ticket) -> None:
    client = await as_role("manager")
    shown = (await client.get(f"/tickets/{ticket.ref}")).text
    assert "In warranty" in shown
    assert "2027-01-09" in shown
    assert "not settled yet" in shown


async def test_the_caller_is_whole_for_those_who_work_on_it_and_masked_for_an_owner(
    session: AsyncSession, browser_of: BrowserOf, as_role: AsRole, project: Project, ticket: Ticket
) -> None:
    hotline = await as_role("hotline")
    await hotline.post(f"/tickets/{ticket.ref}/notes", data={"text": "between ourselves"})
    shown = (await hotline.get(f"/tickets/{ticket.ref}")).text
    assert 'href="tel:13912345678"' in shown
    assert "between ourselves" in shown
    owner = await browser_of(await make_person(session, role="owner", project_id=project.id))
    seen = (await owner.get(f"/tickets/{ticket.ref}")).text
    assert "139****5678" in seen
    for secret in ("13912345678", "Ms Caller", "between ourselves"):
        assert secret not in seen
    assert "<form class" not in seen.partition("<main")[2]  # nothing to be done to it


async def test_the_diary_shows_both_times_where_they_differ(
    session: AsyncSession, as_role: AsRole, ticket: Ticket, now: datetime
) -> None:
    client = await as_role("hotline")
    at = (ticket.reported_at + timedelta(minutes=5)).isoformat()
    await client.post(f"/api/v1/tickets/{ticket.ref}/response", json={"at": at})
    shown = (await client.get(f"/tickets/{ticket.ref}")).text
    assert "Caller answered" in shown
    assert "written down" in shown


async def test_what_one_may_not_see_does_not_exist(
    session: AsyncSession, browser_of: BrowserOf, ticket: Ticket
) -> None:
    other = await make_project(session)
    client = await browser_of(await make_person(session, role="hotline", project_id=other.id))
    assert (await client.get(f"/tickets/{ticket.ref}")).status_code == 404
    assert (await client.get(f"/tickets/{ticket.ref}/live")).status_code == 404
    answer = await client.post(f"/tickets/{ticket.ref}/notes", data={"text": "hello"})
    assert answer.status_code == 404
    assert ticket.ref not in (await client.get("/tickets")).text
    for ref in ("T-1", "'; --", "\u202e", "a" * 300):
        assert (await client.get(f"/tickets/{ref}")).status_code == 404


async def test_wicked_text_is_shown_and_never_run(
    session: AsyncSession, as_role: AsRole, project: Project, now: datetime
) -> None:
    wicked = "<script>alert(1)</script>{{ 7 * 7 }}"
    ticket = await make_ticket(
        session, project=project, now=now, description=wicked, place=wicked, reporter_name=wicked
    )
    await session.commit()
    client = await as_role("hotline")
    await client.post(f"/tickets/{ticket.ref}/notes", data={"text": wicked})
    shown = (await client.get(f"/tickets/{ticket.ref}")).text
    assert "<script>alert" not in shown
    assert "{{ 7 * 7 }}" in shown


# --- what may be done now -----------------------------------------------------------------


async def test_only_what_may_be_done_now_is_offered(
    session: AsyncSession, as_role: AsRole, ticket: Ticket
) -> None:
    hotline = await as_role("hotline")
    ref = ticket.ref

    async def offered(client: AsyncClient) -> set[str]:
        return forms_in((await client.get(f"/tickets/{ref}")).text, ref)

    first = await offered(hotline)
    assert {"assignment", "response", "arrival", "repair", "closure", "notes"} <= first
    assert "callbacks" not in first
    assert "cancellation" not in first  # not the hotline's verb
    assert "cancellation" in await offered(await as_role("manager"))
    technician = await offered(await as_role("technician"))
    assert "assignment" not in technician
    assert {"response", "arrival", "repair"} <= technician
    work = {"cause": "C_PRODUCT", "work": "new driver", "on_site": True}
    await hotline.post(f"/api/v1/tickets/{ref}/repair", json=work)
    after = await offered(hotline)
    assert {"callbacks", "closure"} <= after
    assert not after & {"response", "arrival", "repair", "cancellation"}
    await hotline.post(f"/tickets/{ref}/closure", data={"confirmed_by": "Ms Caller"})
    # What came before the end may still be told, and the fault may come again.
    assert await offered(hotline) == {"notes", "pauses", "recurrence"}


# --- the desk's acts ----------------------------------------------------------------------


async def test_assigning_answering_calling_back_and_closing(
    session: AsyncSession, as_role: AsRole, ticket: Ticket, now: datetime
) -> None:
    technician = await make_person(session, role="technician", name="维修员甲")
    await session.commit()
    client = await as_role("hotline")
    ref = ticket.ref
    page = (await client.get(f"/tickets/{ref}")).text
    assert "维修员甲" in page

    async def post(act: str, **typed: Any) -> None:
        answer = await client.post(f"/tickets/{ref}/{act}", data=typed)
        assert (answer.status_code, answer.headers.get("location")) == (303, f"/tickets/{ref}")

    await post("assignment", technician=technician.id, version=ticket.version)
    assert (await fresh(session, ticket)).technician_id == technician.id
    at = (ticket.reported_at + timedelta(minutes=30)).astimezone(UTC) + timedelta(hours=8)
    await post(
        "response",
        at=at.strftime("%Y-%m-%dT%H:%M"),
        expected_at="2099-01-01T09:00",
        note="he comes tomorrow",
    )
    answered = await fresh(session, ticket)
    assert answered.status == "answered"
    assert answered.expected_at == datetime(2099, 1, 1, 1, tzinfo=UTC)
    act = (await session.scalars(select(Act).where(Act.ticket_id == ticket.id))).one()
    assert abs(act.at - (ticket.reported_at + timedelta(minutes=30))) < timedelta(minutes=1)
    work = {"cause": "C_PRODUCT", "work": "new driver", "on_site": True}
    await client.post(f"/api/v1/tickets/{ref}/repair", json=work)
    await post("callbacks", outcome="works", rating="5", note="bright again")
    asked = (await session.scalars(select(CallBack))).one()
    assert (asked.outcome, asked.rating, asked.note) == ("works", 5, "bright again")
    await post("closure")
    closed = await fresh(session, ticket)
    assert closed.status == "closed"
    await post("notes", text="filed")
    kinds = (
        await session.scalars(
            select(Event.kind).where(Event.ticket_id == ticket.id).order_by(Event.id)
        )
    ).all()
    told = [kind for kind in kinds if not kind.startswith("clock")]
    assert told == [
        "ticket.opened",
        "ticket.assigned",
        "ticket.answered",
        "ticket.repaired",
        "ticket.called_back",
        "ticket.closed",
        "ticket.noted",
    ]
    shown = (await client.get(f"/tickets/{ref}")).text
    for words in ("Assigned to 维修员甲", "Called back: works", "bright again", "Satisfaction"):
        assert words in shown


async def test_what_is_not_ours_is_closed_with_what_was_told(
    session: AsyncSession, as_role: AsRole, project: Project, now: datetime
) -> None:
    ticket = await make_ticket(
        session,
        project=project,
        now=now,
        kind=Kind.REQUEST,
        fault="NEW",
        reported_at=now - HOUR / 2,
    )
    await session.commit()
    client = await as_role("hotline")
    refused = await client.post(f"/tickets/{ticket.ref}/closure", data={"outcome": "out_of_scope"})
    assert refused.status_code == 422
    assert "Say what the caller was told" in refused.text
    told = {"outcome": "out_of_scope", "told": "the city builds new lamps"}
    assert (await client.post(f"/tickets/{ticket.ref}/closure", data=told)).status_code == 303
    closed = await fresh(session, ticket)
    assert (closed.status, closed.outcome) == ("closed", "out_of_scope")


@pytest.mark.parametrize(
    ("act", "typed", "status", "sentence"),
    [
        ("assignment", {"technician": "nobody"}, 422, "nobody is no technician"),
        ("assignment", {}, 422, "This is needed."),
        ("response", {"at": "2099-01-01T00:00"}, 422, "lies in the future"),
        ("response", {"at": "2001-01-01T00:00"}, 422, "lies before the report"),
        ("response", {"at": "soon", "note": "kept"}, 422, "This is not a date and time."),
        ("response", {"expected_at": "soon", "note": "kept"}, 422, "not a date and time."),
        ("callbacks", {"outcome": "works"}, 409, "The repair has not been recorded yet."),
        ("callbacks", {"outcome": "maybe"}, 422, "not one of the known values"),
        ("closure", {"confirmed_by": "Ms Caller"}, 409, "The repair has not been recorded yet."),
        ("cancellation", {}, 422, "This is needed."),
        ("notes", {"text": "a\0b"}, 422, "cannot be kept"),
        ("notes", {"text": "x" * 1_000_000}, 422, "At most 10000 characters"),
        ("notes", {"text": "  "}, 422, "This is needed."),
    ],
)
async def test_a_refusal_keeps_the_form_open_with_what_was_typed(
    session: AsyncSession,
    as_role: AsRole,
    ticket: Ticket,
    act: str,
    typed: dict[str, str],
    status: int,
    sentence: str,
) -> None:
    client = await as_role("manager")
    before = (await session.scalars(select(Event.id))).all()
    refused = await client.post(f"/tickets/{ticket.ref}/{act}", data=typed)
    assert refused.status_code == status
    assert sentence in refused.text
    if act != "callbacks":  # that form is not offered before the repair
        assert '<details class="act" open' in refused.text
    for value in typed.values():
        if len(value) < 100 and "\0" not in value and value.strip() and act != "callbacks":
            assert value in refused.text
    assert (await session.scalars(select(Event.id))).all() == before


async def test_whether_main_equipment_is_out_is_said_on_the_page(
    session: AsyncSession, as_role: AsRole, project: Project, now: datetime
) -> None:
    ticket = await make_ticket(session, project=project, now=now)
    await session.commit()
    client = await as_role("hotline")
    where = f"/tickets/{ticket.ref}/main_equipment"
    assert "main_equipment" in forms_in(
        (await client.get(f"/tickets/{ticket.ref}")).text, ticket.ref
    )
    typed = {"main_equipment": "yes", "version": ticket.version}
    assert (await client.post(where, data=typed)).status_code == 303
    assert (await fresh(session, ticket)).main_equipment == "yes"
    stale = await client.post(where, data=typed | {"main_equipment": "no"})
    assert stale.status_code == 409
    assert "Somebody has changed this ticket meanwhile" in stale.text
    wrong = await client.post(where, data={"main_equipment": "perhaps"})
    assert wrong.status_code == 422


async def test_the_same_form_twice_is_one_answer(
    session: AsyncSession, as_role: AsRole, ticket: Ticket
) -> None:
    client = await as_role("hotline")
    typed = {"key": "11111111-1111-4111-8111-111111111111", "note": "he comes"}
    for _ in range(2):
        answer = await client.post(f"/tickets/{ticket.ref}/response", data=typed)
        assert answer.status_code == 303
    assert len((await session.scalars(select(Act))).all()) == 1


async def test_a_stale_page_does_not_take_an_assignment_away(
    session: AsyncSession, as_role: AsRole, ticket: Ticket
) -> None:
    one = await make_person(session, role="technician")
    two = await make_person(session, role="technician")
    await session.commit()
    client = await as_role("hotline")
    seen = ticket.version
    await client.post(
        f"/tickets/{ticket.ref}/assignment", data={"technician": one.id, "version": seen}
    )
    refused = await client.post(
        f"/tickets/{ticket.ref}/assignment", data={"technician": two.id, "version": seen}
    )
    assert refused.status_code == 409
    assert "Somebody has changed this ticket meanwhile" in refused.text
    assert (await fresh(session, ticket)).technician_id == one.id


async def test_an_act_on_a_closed_ticket_is_refused_with_a_sentence(
    session: AsyncSession, as_role: AsRole, ticket: Ticket
) -> None:
    client = await as_role("manager")
    await client.post(f"/tickets/{ticket.ref}/cancellation", data={"reason": "a mistake"})
    for act, typed in (
        ("response", {"note": "kept text"}),
        ("assignment", {"technician": "1"}),
        ("closure", {"confirmed_by": "Ms Caller"}),
        ("cancellation", {"reason": "again"}),
        ("callbacks", {"outcome": "works"}),
        ("calls", {"reporter_name": "somebody"}),
    ):
        refused = await client.post(f"/tickets/{ticket.ref}/{act}", data=typed)
        assert refused.status_code == 409, act
        assert "not open any more" in refused.text


async def test_verbs_that_are_not_ones_own_are_forbidden(
    session: AsyncSession, as_role: AsRole, ticket: Ticket
) -> None:
    technician = await as_role("technician")
    for act in ("assignment", "callbacks", "closure", "cancellation"):
        assert (await technician.post(f"/tickets/{ticket.ref}/{act}")).status_code == 403
    owner = await as_role("owner")
    for act in ("notes", "response", "calls"):
        assert (await owner.post(f"/tickets/{ticket.ref}/{act}")).status_code == 403


# --- at once, and again and again ---------------------------------------------------------


async def test_the_live_part_is_sent_only_when_something_has_happened(
    as_role: AsRole, ticket: Ticket
) -> None:
    client = await as_role("hotline")
    first = await client.get(f"/tickets/{ticket.ref}/live")
    assert first.status_code == 200
    assert "<html" not in first.text
    tag = {"If-None-Match": first.headers["etag"]}
    again = await client.get(f"/tickets/{ticket.ref}/live", headers=tag)
    assert again.status_code == 304
    await client.post(f"/tickets/{ticket.ref}/notes", data={"text": "news"})
    changed = await client.get(f"/tickets/{ticket.ref}/live", headers=tag)
    assert changed.status_code == 200
    assert "news" in changed.text


async def test_the_page_costs_the_same_whatever_has_happened(
    session: AsyncSession,
    connection: AsyncConnection,
    as_role: AsRole,
    project: Project,
    ticket: Ticket,
    now: datetime,
) -> None:
    client = await as_role("manager")

    async def statements(ref: str) -> int:
        counted = 0

        def count(*_: Any) -> None:
            nonlocal counted
            counted += 1

        engine = connection.sync_connection
        assert engine is not None
        sqlalchemy_event.listen(engine, "before_cursor_execute", count)
        shown = await client.get(f"/tickets/{ref}")
        sqlalchemy_event.remove(engine, "before_cursor_execute", count)
        assert shown.status_code == 200
        return counted

    quiet = await make_ticket(session, project=project, now=now)
    await session.commit()
    one = await statements(quiet.ref)
    for text in "abcdef":
        await client.post(f"/tickets/{ticket.ref}/notes", data={"text": text})
    await client.post(f"/tickets/{ticket.ref}/response", data={})
    await client.post(f"/api/v1/tickets/{ticket.ref}/arrival", json={})
    assert await statements(ticket.ref) == one
    # Who asks, the ticket with all that is its own, who may be sent; and the test's savepoint.
    assert one <= 5


@pytest.fixture
async def two_desks(server: str) -> AsyncIterator[Any]:
    """Two people on real connections of a database of their own."""
    from tickets.app import create_app

    async with own_database(server) as url:
        engine = db.connect(url)
        try:
            async with _desks(create_app()) as desks:
                yield desks
        finally:
            await engine.dispose()


@asynccontextmanager
async def _desks(app: Any) -> AsyncIterator[tuple[list[AsyncClient], str]]:
    async with db._sessions() as real, real.begin():
        project = await make_project(real, code="RACE-1")
        people = [await make_person(real, role="hotline") for _ in range(2)]
        ticket = await make_ticket(real, project=project, now=datetime.now(UTC))
        for person in people:
            real.add(
                SignIn(
                    key_hash=signed_in.hashed(f"race-{person.id}"),
                    person_id=person.id,
                    expires_at=datetime.now(UTC) + HOUR,
                )
            )
    desks = [
        AsyncClient(
            transport=ASGITransport(app),
            base_url="http://test",
            cookies={signed_in.COOKIE: f"race-{person.id}"},
            headers={"x-csrf": signed_in.csrf_of(f"race-{person.id}")},
        )
        for person in people
    ]
    yield desks, ticket.ref
    for desk in desks:
        await desk.aclose()


async def test_of_two_who_answer_at_once_the_second_gets_a_sentence(two_desks: Any) -> None:
    (one, two), ref = two_desks
    answers = await asyncio.gather(
        one.post(f"/tickets/{ref}/response", data={"note": "from the first desk"}),
        two.post(f"/tickets/{ref}/response", data={"note": "from the second desk"}),
    )
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert "The caller has already been answered." in refused.text


async def test_the_same_call_sent_twice_at_once_is_one_ticket(two_desks: Any) -> None:
    (one, _), _ = two_desks
    call = {
        "key": "22222222-2222-4222-8222-222222222222",
        "project": "RACE-1",
        "fault": "FLICKER",
        "safety": "no",
    }
    answers = await asyncio.gather(*(one.post("/desk/call", data=call) for _ in range(3)))
    assert [answer.status_code for answer in answers] == [303, 303, 303]
    assert len({answer.headers["location"] for answer in answers}) == 1


# --- the list -----------------------------------------------------------------------------


async def test_the_list_finds_closed_ones_too_and_keeps_its_filters(
    session: AsyncSession, as_role: AsRole, project: Project, ticket: Ticket, now: datetime
) -> None:
    client = await as_role("manager")
    other = await make_ticket(session, project=project, now=now, fault="FLICKER")
    await session.commit()
    await client.post(f"/tickets/{ticket.ref}/cancellation", data={"reason": "a mistake"})
    for query, finds in (
        ({}, {ticket.ref, other.ref}),
        ({"status": "cancelled"}, {ticket.ref}),
        ({"status": "any_open"}, {other.ref}),
        ({"q": ticket.ref[-4:]}, {ticket.ref}),
        ({"q": "DB03"}, {ticket.ref}),
        ({"severity": "S1"}, set()),
        ({"project": "NOWHERE"}, set()),
        ({"from": "2099-01-01"}, set()),
        ({"to": "2099-01-01", "late": "true"}, {ticket.ref}),
        ({"q": "\0'; --", "from": "never", "status": "odd", "technician": "x"}, set()),
    ):
        shown = await client.get("/tickets", params=query)
        assert shown.status_code == 200
        found = {ref for ref in (ticket.ref, other.ref) if f'href="/tickets/{ref}"' in shown.text}
        assert found == finds, query


async def test_the_list_is_paged_by_key(
    session: AsyncSession, as_role: AsRole, project: Project, now: datetime
) -> None:
    refs = {(await make_ticket(session, project=project, now=now)).ref for _ in range(52)}
    await session.commit()
    client = await as_role("manager")
    first = (await client.get("/tickets", params={"project": "BJ-01"})).text
    further = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "project=BJ-01" in further
    second = (await client.get(further)).text
    on_first = {ref for ref in refs if ref in first}
    on_second = {ref for ref in refs if ref in second}
    assert len(on_first) == 50
    assert on_first | on_second == refs
    assert not on_first & on_second
