"""催办: the owner calls again and urges; it is counted, and told to ever more people."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.makers.staff import make_person
from tests.ticket.conftest import Matter, Reported
from tickets.events import Event
from tickets.notice.models import Notice
from tickets.ticket.rules import told_of_reminder
from workers.relay import relay_events

AsRole = Callable[[str], Awaitable[AsyncClient]]


async def told(session: AsyncSession, matter: Matter) -> list[set[int]]:
    """Who was told of each reminder, the first first."""
    await session.commit()
    await relay_events({})
    rows = await session.execute(
        select(Notice.event_id, Notice.person_id)
        .where(Notice.template == "ticket.reminded", Notice.ticket_id == matter.ticket.id)
        .order_by(Notice.event_id)
    )
    found: dict[int, set[int]] = {}
    for event_id, person_id in rows:
        found.setdefault(event_id, set()).add(person_id)
    return list(found.values())


async def test_it_is_counted_and_shown_wherever_one_looks(
    as_role: AsRole, reported: Reported
) -> None:
    desk = await as_role("hotline")
    matter = await reported(3)
    for number in (1, 2, 3):
        answer = await matter.post(desk, "reminders", note="when does he come?")
        assert answer.status_code == 201, answer.text
        assert answer.json()["reminders"] == number
    assert answer.json()["last_reminded_at"]
    assert "urged 3" in (await desk.get("/desk")).text
    page = (await desk.get(f"/tickets/{matter.ref}")).text
    assert "The owner has urged 3 times" in page
    assert "when does he come?" in page
    listed = (await desk.get("/api/v1/tickets")).json()["items"]
    assert [each["reminders"] for each in listed] == [3]


async def test_the_board_finds_what_is_urged(as_role: AsRole, reported: Reported) -> None:
    desk = await as_role("hotline")
    calm, urged = await reported(3), await reported(2)
    await matter_urged(desk, urged)
    found = (await desk.get("/desk?urged=1")).text
    assert urged.ref in found
    assert calm.ref not in found


async def matter_urged(desk: AsyncClient, matter: Matter) -> None:
    assert (await matter.post(desk, "reminders")).status_code == 201


async def test_the_circle_grows_with_each(
    session: AsyncSession, as_role: AsRole, reported: Reported
) -> None:
    lead = await make_person(session, role="hotline_lead")
    manager = await make_person(session, role="manager")
    technician = await make_person(session, role="technician")
    desk = await as_role("hotline")
    matter = await reported(3)
    matter.ticket.technician_id = technician.id
    for _ in range(3):
        await matter_urged(desk, matter)
    assert await told(session, matter) == [
        {technician.id},
        {technician.id, lead.id},
        {technician.id, lead.id, manager.id},
    ]


async def test_a_ticket_nobody_has_is_told_to_the_lead_at_once(
    session: AsyncSession, as_role: AsRole, reported: Reported
) -> None:
    lead = await make_person(session, role="hotline_lead")
    await make_person(session, role="manager")
    matter = await reported(1)
    await matter_urged(await as_role("hotline"), matter)
    assert await told(session, matter) == [{lead.id}]


def test_the_second_is_loud_only_within_a_day() -> None:
    assert told_of_reminder(1, 1) == (False, False)
    assert told_of_reminder(2, 1) == (False, False)
    assert told_of_reminder(2, 2) == (True, False)
    assert told_of_reminder(3, 1) == (True, True)


async def test_it_is_refused_on_what_is_ended_with_a_sentence(
    as_role: AsRole, reported: Reported
) -> None:
    lead = await as_role("hotline_lead")
    matter = await reported(3)
    assert (await matter.post(lead, "cancellation", reason="by mistake")).is_success
    answer = await matter.post(lead, "reminders")
    assert answer.status_code == 409
    assert "nothing is left to urge about" in answer.json()["detail"]
    page = await lead.post(f"/tickets/{matter.ref}/reminders", data={"note": "hurry"})
    assert page.status_code == 409
    assert "nothing is left to urge about" in page.text


async def test_a_form_sent_twice_is_one_and_names_who_calls_by_reference(
    session: AsyncSession, as_role: AsRole, reported: Reported
) -> None:
    desk = await as_role("hotline")
    matter = await reported(3)
    typed = {
        "key": str(uuid4()),
        "reporter_name": "Mr Other",
        "reporter_phone": "13800001111",
        "description": "still dark",
    }
    for _ in range(2):
        answer = await desk.post(f"/tickets/{matter.ref}/reminders", data=typed)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith(f"/desk/call?joined={matter.ref}")
    await session.refresh(matter.ticket)
    assert matter.ticket.reminders == 1
    event = await session.scalar(select(Event).where(Event.kind == "ticket.reminded"))
    assert event is not None
    assert event.facts["contact_id"] != matter.ticket.reporter_id
    assert "Other" not in str(event.facts)


async def test_the_call_screen_offers_it_beside_what_is_open_there(
    as_role: AsRole, reported: Reported
) -> None:
    desk = await as_role("hotline")
    matter = await reported(3)
    project = (await desk.get(f"/api/v1/tickets/{matter.ref}")).json()["project"]
    page = (await desk.get(f"/desk/call/around?project={project}")).text
    assert f'formaction="/tickets/{matter.ref}/reminders"' in page


async def test_joining_a_call_is_no_reminder(as_role: AsRole, reported: Reported) -> None:
    desk = await as_role("hotline")
    matter = await reported(3)
    await desk.post(f"/tickets/{matter.ref}/calls", data={"reporter_name": "Mr Other"})
    assert (await desk.get(f"/api/v1/tickets/{matter.ref}")).json()["reminders"] == 0


async def test_come_again_the_count_begins_anew(as_role: AsRole, reported: Reported) -> None:
    desk = await as_role("hotline")
    matter = await reported(3)
    await matter_urged(desk, matter)
    fix = {"cause": "C_PRODUCT", "work": "a new driver", "on_site": True}
    assert (await matter.post(desk, "repair", **fix, at=matter.at(1))).is_success
    again = await matter.post(desk, "recurrence", reason="dark again")
    assert again.json()["cycle"] == 2
    assert again.json()["reminders"] == 0


async def test_an_owners_person_cannot(as_role: AsRole, reported: Reported) -> None:
    matter = await reported(3)
    owner = await as_role("owner")
    assert (await matter.post(owner, "reminders")).status_code == 403
    now = datetime.now(UTC) + timedelta(hours=1)
    assert (await matter.post(owner, "call_promises", at=now.isoformat())).status_code == 403
