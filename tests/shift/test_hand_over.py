"""交接班: the sheet as it stands, frozen when it is handed over, signed for by somebody else."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from httpx import AsyncClient
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from tests.conftest import SignedIn
from tests.desk.test_board import statements
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket, who_of
from tickets.desk.queries.shift import compose
from tickets.events import Event
from tickets.project.models import Project
from tickets.shift import actions
from tickets.shift.models import Handover
from tickets.shift.rules import TAKEN_WITHIN, is_late
from tickets.staff.models import Person
from tickets.staff.rules import Role

H = timedelta(hours=1)
BrowserOf = Callable[[Person], Awaitable[AsyncClient]]


@pytest.fixture
async def project(session: AsyncSession) -> Project:
    return await make_project(
        session, code="RV-01", name="Riverside", accepted_on=date(2026, 1, 9), months=24
    )


async def handed_over(desk: AsyncClient, **notes: str) -> int:
    answer = await desk.post("/handovers", data={"key": str(uuid4()), **notes})
    assert answer.status_code == 303, answer.text
    return int(answer.headers["location"].rpartition("/")[2])


async def test_the_sheet_gathers_what_the_next_one_must_know(
    session: AsyncSession, as_role: SignedIn, project: Project, now: datetime
) -> None:
    desk = await as_role("hotline")
    late = await make_ticket(session, project=project, now=now, reported_at=now - 5 * H)
    danger = await make_ticket(session, project=project, now=now, fault="LEAK")
    soon = await make_ticket(session, project=project, now=now, reported_at=now)
    await session.commit()
    await desk.post(
        f"/api/v1/tickets/{late.ref}/call_promises",
        json={"at": (now + H).isoformat(), "note": "who comes"},
    )
    await desk.post(
        f"/api/v1/tickets/{soon.ref}/response", json={"expected_at": (now + 2 * H).isoformat()}
    )
    fix = {"cause": "C_PRODUCT", "work": "a bridge", "result": "temporary", "on_site": True}
    day = (now + 48 * H).date().isoformat()
    sent = await desk.post(f"/api/v1/tickets/{danger.ref}/repair", json=fix | {"expires_on": day})
    assert sent.is_success, sent.text
    page = (await desk.get("/handovers/new")).text
    for told in (late.ref, danger.ref, soon.ref, "who comes", "Somebody comes", f"until {day}"):
        assert told in page
    assert page.index(">Broken <") < page.index(">The rest <")
    assert "Ms Caller" not in page
    assert "13912345678" not in page


async def test_handing_over_freezes_it(
    session: AsyncSession, as_role: SignedIn, project: Project, now: datetime
) -> None:
    desk = await as_role("hotline")
    ticket = await make_ticket(session, project=project, now=now, place="Gate 7")
    await session.commit()
    number = await handed_over(
        desk, vehicles="the van is at the south gate\n\nlow on fuel", weather="storm tonight"
    )
    ticket.place = "Gate 9"
    await session.commit()
    page = (await desk.get(f"/handovers/{number}")).text
    for told in ("Gate 7", "low on fuel", "storm tonight", f"Handover no. {number}"):
        assert told in page
    assert "Gate 9" not in page
    kinds = list(await session.scalars(select(Event.kind).where(Event.kind.like("shift.%"))))
    assert kinds == ["shift.handed_over"]


async def test_nobody_changes_a_sheet(session: AsyncSession, as_role: SignedIn) -> None:
    number = await handed_over(await as_role("hotline"))
    for change in (update(Handover).values(sheet={}), text("DELETE FROM handover")):
        with pytest.raises(DBAPIError, match="never changed"):
            async with session.begin_nested():
                await session.execute(change)
    assert number == 1


async def test_the_next_period_begins_where_the_last_ended(
    session: AsyncSession, as_role: SignedIn
) -> None:
    desk = await as_role("hotline")
    one, two = await handed_over(desk), await handed_over(desk)
    sheets = {
        number: (await desk.get(f"/api/v1/handovers/{number}")).json() for number in (one, two)
    }
    assert two == one + 1
    assert sheets[one]["since"] is None
    assert datetime.fromisoformat(sheets[two]["since"]) == datetime.fromisoformat(sheets[one]["at"])


async def test_sent_twice_it_is_one_sheet(as_role: SignedIn) -> None:
    desk = await as_role("hotline")
    key = str(uuid4())
    sent = [await desk.post("/handovers", data={"key": key}) for _ in range(2)]
    assert sent[0].headers["location"] == sent[1].headers["location"]


async def test_somebody_else_takes_over_and_only_once(
    session: AsyncSession, as_role: SignedIn
) -> None:
    giver, taker, third = [await as_role("hotline") for _ in range(3)]
    number = await handed_over(giver)
    assert "I take over" not in (await giver.get(f"/handovers/{number}")).text
    own = await giver.post(f"/handovers/{number}/takeover")
    assert own.status_code == 409
    assert "somebody else signs" in own.text
    assert "I take over" in (await taker.get(f"/handovers/{number}")).text
    assert (await taker.post(f"/handovers/{number}/takeover")).status_code == 303
    late = await third.post(f"/api/v1/handovers/{number}/takeover")
    assert late.status_code == 409
    assert "already" in late.json()["detail"]
    told = (await third.get(f"/api/v1/handovers/{number}")).json()
    assert told["taken_over_by"]
    assert told["taken_over_at"]
    kinds = list(await session.scalars(select(Event.kind).where(Event.kind.like("shift.%"))))
    assert kinds == ["shift.handed_over", "shift.taken_over"]


def test_it_is_late_after_half_an_hour(now: datetime) -> None:
    assert not is_late(now, None, now + TAKEN_WITHIN)
    assert is_late(now, None, now + TAKEN_WITHIN + timedelta(microseconds=1))
    assert not is_late(now, now + H, now + 2 * H)


async def test_not_taken_over_it_is_red_on_the_list(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    person = await make_person(session, role="hotline")
    who = who_of(person.id, Role.HOTLINE)
    sheet = await compose(session, who, since=None, now=now)
    for minutes in (31, 5):
        at = now - timedelta(minutes=minutes)
        await actions.hand_over(session, who, sheet | {"notes": {}}, since_at=None, now=at)
    await session.commit()
    page = (await (await as_role("hotline_lead")).get("/handovers")).text
    assert page.count("nobody has taken over") == 1
    assert page.count("waits for the next one") == 1


async def test_one_sees_the_sheets_of_those_who_see_no_more(
    session: AsyncSession, browser_of: BrowserOf, as_role: SignedIn, project: Project
) -> None:
    other = await make_project(session, code="SECRET-9", name="Elsewhere")
    mine = await make_person(session, role="hotline", project_id=project.id)
    theirs = await make_person(session, role="hotline", project_id=other.id)
    await session.commit()
    everywhere = await as_role("hotline")
    wide = await handed_over(everywhere)
    insider = await browser_of(mine)
    narrow = await handed_over(insider)
    assert (await insider.get(f"/handovers/{narrow}")).status_code == 200
    assert (await insider.get(f"/handovers/{wide}")).status_code == 404
    stranger = await browser_of(theirs)
    for number in (wide, narrow):
        assert (await stranger.get(f"/handovers/{number}")).status_code == 404
        assert (await stranger.post(f"/handovers/{number}/takeover")).status_code == 404
    assert (await stranger.get("/api/v1/handovers")).json() == {"items": [], "next": None}
    listed = (await everywhere.get("/api/v1/handovers")).json()["items"]
    assert [each["number"] for each in listed] == [narrow, wide]
    assert (await (await as_role("technician")).get("/handovers")).status_code == 403


async def test_more_than_two_hundred_are_a_number(
    session: AsyncSession, as_role: SignedIn, project: Project, now: datetime
) -> None:
    made = await make_ticket(session, project=project, now=now)
    await session.execute(
        text(
            "INSERT INTO ticket (ref, project_id, kind, severity, main_equipment, description,"
            " channel, reported_at, received_at, cycle, status, is_open, breaks_at, cover,"
            " cover_reason, payer_labour, payer_parts)"
            " SELECT 'X-' || n, project_id, kind, severity, main_equipment, description, channel,"
            " reported_at, received_at, 1, status, true, breaks_at, cover, cover_reason,"
            " payer_labour, payer_parts FROM ticket, generate_series(1, 204) n WHERE id = :id"
        ),
        {"id": made.id},
    )
    await session.commit()
    page = (await (await as_role("hotline")).get("/handovers/new")).text
    assert "and 5 more" in page


async def test_the_pages_ask_as_much_for_one_as_for_many(
    session: AsyncSession,
    connection: AsyncConnection,
    as_role: SignedIn,
    project: Project,
    now: datetime,
) -> None:
    desk = await as_role("hotline")
    await make_ticket(session, project=project, now=now)
    await session.commit()
    counts = []
    for _ in range(2):
        number = await handed_over(desk)
        for address in ("/handovers/new", f"/handovers/{number}", "/handovers"):
            await desk.get(address)
            with statements(connection) as said:
                assert (await desk.get(address)).status_code == 200
            counts.append(len(said))
        for _ in range(10):
            await make_ticket(session, project=project, now=now)
        await session.commit()
    # Who asks and the last handover; counts, open, moved, calls, arrivals, owed, pauses, repairs.
    assert counts == [10, 2, 2] * 2
