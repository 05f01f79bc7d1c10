"""The technician's pages: what is there, in which order, and nothing that may not be done."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from tests.conftest import SignedIn
from tests.makers.asset import make_asset
from tests.makers.project import make_contact, make_owner, make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket
from tests.makers.visit import make_jpeg
from tickets.project.models import Project, Terms
from tickets.staff.models import Person
from tickets.ticket.models import Ticket
from tickets.ticket.rules import Main

H = timedelta(hours=1)


@pytest.fixture
async def project(session: AsyncSession) -> Project:
    owner = await make_owner(session)
    await make_contact(session, owner=owner, name="Director Wang", phone="13800009999")
    return await make_project(session, owner=owner, accepted_on=date(2026, 10, 1))


@pytest.fixture
async def person(session: AsyncSession) -> Person:
    return await make_person(session)


async def held(
    session: AsyncSession,
    project: Project,
    person: Person | None,
    now: datetime,
    *,
    hours: float = 1,
    fault: str = "OUT_ONE",
    main: Main | None = None,
    assets: tuple[str, ...] = (),
    description: str = "The lamp is dark",
) -> Ticket:
    ticket = await make_ticket(
        session,
        project=project,
        now=now,
        reported_at=now - hours * H,
        fault=fault,
        main=main,
        assets=assets,
        description=description,
    )
    ticket.technician_id = person.id if person else None
    await session.flush()
    return ticket


async def test_what_breaks_first_comes_first_and_danger_before_it(
    session: AsyncSession, browser_of: SignedIn, project: Project, person: Person, now: datetime
) -> None:
    calm = await held(session, project, person, now, hours=0.1)
    late = await held(session, project, person, now, hours=60)
    danger = await held(session, project, person, now, hours=0.2, fault="LEAK")
    html = (await (await browser_of(person)).get("/round")).text
    places = [html.index(f'href="/round/{t.ref}"') for t in (danger, late, calm)]
    assert places == sorted(places)


async def test_tickets_of_others_are_not_on_it_and_those_of_nobody_are(
    session: AsyncSession, browser_of: SignedIn, project: Project, person: Person, now: datetime
) -> None:
    other = await held(session, project, await make_person(session), now)
    free = await held(session, project, None, now)
    html = (await (await browser_of(person)).get("/round")).text
    assert other.ref not in html
    assert free.ref in html
    assert "Nobody has these yet" in html


async def test_what_is_repaired_or_closed_is_off_the_round(
    session: AsyncSession, browser_of: SignedIn, project: Project, person: Person, now: datetime
) -> None:
    ticket = await held(session, project, person, now)
    ticket.status = "repaired"
    await session.flush()
    html = (await (await browser_of(person)).get("/round")).text
    assert ticket.ref not in html
    assert "Nothing waits for you" in html


async def test_the_caller_is_called_from_ones_own_ticket_only(
    session: AsyncSession, browser_of: SignedIn, project: Project, person: Person, now: datetime
) -> None:
    await held(session, project, None, now)
    client = await browser_of(person)
    assert "tel:" not in (await client.get("/round")).text
    await held(session, project, person, now)
    html = (await client.get("/round")).text
    assert 'href="tel:13912345678"' in html
    assert html.count("13912345678") == 1  # to be dialled, not to be read


async def test_a_technician_of_one_project_sees_nothing_of_another(
    session: AsyncSession, browser_of: SignedIn, project: Project, now: datetime
) -> None:
    other = await make_project(session)
    ticket = await held(session, project, None, now)
    client = await browser_of(await make_person(session, project_id=other.id))
    assert ticket.ref not in (await client.get("/round")).text
    assert (await client.get(f"/round/{ticket.ref}")).status_code == 404


@pytest.mark.parametrize("role", ["hotline", "owner"])
async def test_the_round_is_the_technicians(
    session: AsyncSession, as_role: SignedIn, project: Project, now: datetime, role: str
) -> None:
    ticket = await held(session, project, None, now)
    client = await as_role(role)
    assert (await client.get("/round")).status_code == 403
    assert (await client.get(f"/round/{ticket.ref}")).status_code == 403


async def statements(connection: AsyncConnection, client: object, path: str) -> int:
    counted: list[str] = []

    def count(*args: object) -> None:
        counted.append(str(args[2]))

    engine = connection.sync_connection
    assert engine is not None
    event.listen(engine, "before_cursor_execute", count)
    try:
        answer = await client.get(path)  # type: ignore[attr-defined]
    finally:
        event.remove(engine, "before_cursor_execute", count)
    assert answer.status_code == 200
    return len([each for each in counted if each.lstrip().startswith("SELECT")])


async def test_the_statements_are_the_same_for_one_ticket_and_for_many(
    session: AsyncSession,
    browser_of: SignedIn,
    connection: AsyncConnection,
    project: Project,
    person: Person,
    now: datetime,
) -> None:
    box = await make_asset(session, project=project, kind="BOX", is_main=True)
    first = await held(session, project, person, now, assets=(box.code,))
    client = await browser_of(person)
    few = await statements(connection, client, "/round")
    for n in range(12):
        await held(session, project, person if n % 2 else None, now, assets=(box.code,))
    assert await statements(connection, client, "/round") == few <= 8
    assert await statements(connection, client, f"/round/{first.ref}") <= 15


async def test_a_long_round_is_paged_by_key(
    session: AsyncSession, browser_of: SignedIn, project: Project, person: Person, now: datetime
) -> None:
    refs = [(await held(session, project, person, now, hours=1)).ref for _ in range(53)]
    client = await browser_of(person)
    html = (await client.get("/round")).text
    link = html.split('rel="next" href="')[1].split('"')[0]
    further = (await client.get(link)).text
    shown = [ref for ref in refs if f'"/round/{ref}"' in html]
    rest = [ref for ref in refs if f'"/round/{ref}"' in further]
    assert (len(shown), len(rest)) == (50, 3)
    assert set(shown) | set(rest) == set(refs)
    assert (await client.get("/round?cursor=nonsense")).status_code == 422


async def test_only_what_may_be_done_now_is_there(
    session: AsyncSession, browser_of: SignedIn, project: Project, person: Person, now: datetime
) -> None:
    ticket = await held(session, project, person, now, main=Main.NO)
    client = await browser_of(person)

    async def forms() -> list[str]:
        """Those that are seen; the phone has a few more along, hidden."""
        html = (await client.get(f"/round/{ticket.ref}")).text
        steps = [part for part in html.split('id="step-')[1:] if " hidden" not in part[:25]]
        return [part.split('id="form-')[1].split('"')[0] for part in steps]

    other = ["made_safe", "appointment", "pause", "handback", "danger", "note"]
    assert await forms() == ["answer", "departure", "arrival", "repair", *other]
    await client.post(f"/tickets/{ticket.ref}/response", data={})
    assert await forms() == ["departure", "arrival", "repair", "signature", *other]
    await client.post(f"/tickets/{ticket.ref}/departure", data={})
    assert await forms() == ["arrival", "repair", "signature", *other]
    await client.post(f"/tickets/{ticket.ref}/arrival", data={})
    assert await forms() == ["repair", "signature", *other]
    await client.post(f"/tickets/{ticket.ref}/repair", data={"cause": "C_PRODUCT", "work": "x"})
    assert await forms() == ["signature", "note"]
    signed = {"name": "Wang", "signed_for": "repair"}
    drawn = {"photos": ("a.jpg", make_jpeg(), "image/jpeg")}
    await client.post(f"/tickets/{ticket.ref}/signature", data=signed, files=drawn)
    assert await forms() == ["note"]


async def test_another_s_ticket_is_not_handed_back_and_the_photos_asked_for_are_named(
    session: AsyncSession, browser_of: SignedIn, project: Project, person: Person, now: datetime
) -> None:
    ticket = await held(session, project, None, now)
    session.add(
        Terms(project_id=project.id, valid_from=now - 30 * 24 * H, numbers={"photos_after": 2})
    )
    await session.flush()
    html = (await (await browser_of(person)).get(f"/round/{ticket.ref}")).text
    assert 'id="step-hand_back" hidden' in html  # opened on the phone, once he has taken it
    assert 'data-moment="after" data-needed="2"' in html
    assert "at least 2" in html


async def test_in_danger_the_first_form_makes_it_safe(
    session: AsyncSession, browser_of: SignedIn, project: Project, person: Person, now: datetime
) -> None:
    ticket = await held(session, project, person, now, fault="LEAK")
    html = (await (await browser_of(person)).get(f"/round/{ticket.ref}")).text
    assert html.index('id="form-made_safe"') < html.index('id="form-answer"')
    assert "Danger to people: isolate or guard it first." in html


async def test_everything_needed_at_the_cabinet_is_on_the_page(
    session: AsyncSession, browser_of: SignedIn, project: Project, person: Person, now: datetime
) -> None:
    box = await make_asset(session, project=project, kind="BOX", name="Box 3", location="East gate")
    box.lat, box.lon = 39.907375, 116.391349
    ticket = await held(session, project, person, now, assets=(box.code,))
    html = (await (await browser_of(person)).get(f"/round/{ticket.ref}")).text
    for wanted in (
        "Box 3",
        "East gate",
        project.name,
        'href="tel:13912345678"',
        'href="tel:13800009999"',
        "https://uri.amap.com/marker?position=116.397",
        "geo:39.907375,116.391349",
        'capture="environment"',
        f'name="technician" value="{person.id}"',
    ):
        assert wanted in html, wanted


async def test_he_who_tells_the_owner_when_he_comes_has_answered_and_has_it(
    session: AsyncSession, browser_of: SignedIn, project: Project, person: Person, now: datetime
) -> None:
    ticket = await held(session, project, None, now, hours=0.1)
    client = await browser_of(person)
    page = (await client.get(f"/round/{ticket.ref}")).text
    time = page.split('name="expected_at" value="')[1].split('"')[0]
    answer = await client.post(
        f"/tickets/{ticket.ref}/response",
        data={
            "technician": str(person.id),
            "expected_at": ["", time],
            "next": f"/round/{ticket.ref}?done=response",
        },
    )
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == f"/round/{ticket.ref}?done=response"
    shown = (await client.get(f"/api/v1/tickets/{ticket.ref}")).json()
    assert (shown["status"], shown["technician"]) == ("answered", person.login)
    assert shown["expected_at"]
    html = (await client.get(answer.headers["location"])).text
    assert "It is yours; the owner has been told." in html


async def test_what_callers_say_is_only_text(
    session: AsyncSession, browser_of: SignedIn, project: Project, person: Person, now: datetime
) -> None:
    ticket = await held(
        session, project, person, now, description="<script>alert(1)</script> '; -- \u202etxt"
    )
    client = await browser_of(person)
    for path in ("/round", f"/round/{ticket.ref}"):
        assert "<script>alert" not in (await client.get(path)).text


async def test_the_round_is_told_in_chinese(
    session: AsyncSession, browser_of: SignedIn, project: Project, now: datetime
) -> None:
    person = await make_person(session, locale="zh-CN")
    ticket = await held(session, project, person, now)
    client = await browser_of(person)
    assert "打电话" in (await client.get("/round")).text
    assert "接单并答复业主" in (await client.get(f"/round/{ticket.ref}")).text
