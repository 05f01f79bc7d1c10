"""On the way, handed back, agreed for an instant, signed: around a visit, by JSON and by form."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from httpx import AsyncClient
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.staff import make_person
from tests.makers.visit import make_jpeg, make_png
from tickets.events import Event
from tickets.notice.models import Notice
from tickets.project.models import Contact
from tickets.staff.models import Person
from tickets.ticket.models import Ticket, TicketPhoto
from tickets.visit import actions
from tickets.visit.models import Appointment, Signature
from workers.relay import relay_events

H = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
ZONE = ZoneInfo("Asia/Shanghai")
BrowserOf = Callable[[Person], Awaitable[AsyncClient]]
REPAIR = {"cause": "C_PRODUCT", "work": "Driver replaced", "on_site": True}


@pytest.fixture
async def man(session: AsyncSession, ticket: Ticket) -> Person:
    """Whose ticket it is."""
    person = await make_person(session, role="technician", name="李师傅")
    ticket.technician_id = person.id
    await session.commit()
    return person


@pytest.fixture
async def client(man: Person, browser_of: BrowserOf) -> AsyncClient:
    return await browser_of(man)


async def act(client: AsyncClient, ticket: Ticket, verb: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(f"/api/v1/tickets/{ticket.ref}/{verb}", json=body)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def facts(session: AsyncSession, ticket: Ticket, kind: str) -> list[dict[str, Any]]:
    asked = select(Event.facts).where(Event.ticket_id == ticket.id, Event.kind == kind)
    return list(await session.scalars(asked.order_by(Event.id)))


async def told(session: AsyncSession, kind: str) -> list[Notice]:
    await session.commit()
    await relay_events({})
    return list(await session.scalars(select(Notice).where(Notice.template == kind)))


# --- on the way ------------------------------------------------------------------------------


async def test_whoever_is_on_his_way_is_seen_on_the_board_and_on_the_page(
    client: AsyncClient, as_role: SignedIn, ticket: Ticket, now: datetime
) -> None:
    expected = (now + H).replace(second=0, microsecond=0)
    shown = await act(client, ticket, "departure", expected_at=expected.isoformat(), note="Van 2")
    assert datetime.fromisoformat(shown["expected_at"]) == expected
    assert shown["departed_at"]
    assert shown["status"] == "open"  # no promise is judged by it
    desk = await as_role("hotline")
    clock = expected.astimezone(ZONE).strftime("%H:%M")
    row = (await desk.get("/desk")).text
    assert "on the way, expected" in row
    assert clock in row.partition("on the way, expected")[2][:40]
    page = (await desk.get(f"/tickets/{ticket.ref}")).text
    assert "on the way since" in page
    assert "Van 2" in page


async def test_an_arrival_ends_the_way_and_news_of_it_after_that_changes_nothing(
    client: AsyncClient, session: AsyncSession, ticket: Ticket, now: datetime
) -> None:
    await act(client, ticket, "departure", at=(now - H).isoformat())
    shown = await act(client, ticket, "arrival", at=(now - MINUTE).isoformat())
    assert shown["departed_at"] is None
    late = await act(client, ticket, "departure", at=(now - 2 * MINUTE).isoformat())
    assert late["departed_at"] is None
    assert len(await facts(session, ticket, "ticket.departed")) == 2


async def test_a_departure_by_a_slow_phone_is_dated_by_ours(
    client: AsyncClient, ticket: Ticket, now: datetime
) -> None:
    phone = now - 6 * H
    shown = await act(
        client,
        ticket,
        "departure",
        at=(phone - 30 * MINUTE).isoformat(),
        phone_time=phone.isoformat(),
        expected_at=(phone + H).isoformat(),
    )
    for name, at in (("departed_at", now - 30 * MINUTE), ("expected_at", now + H)):
        assert abs(datetime.fromisoformat(shown[name]) - at) < MINUTE
    assert shown["flags"] == ["clock_skew"]


async def test_another_who_gets_the_ticket_is_not_on_his_way(
    client: AsyncClient, as_role: SignedIn, session: AsyncSession, ticket: Ticket
) -> None:
    await act(client, ticket, "departure")
    other = await make_person(session, role="technician")
    await session.commit()
    desk = await as_role("hotline")
    shown = await act(desk, ticket, "assignment", technician=other.login)
    assert shown["departed_at"] is None


async def test_a_colleague_who_goes_along_does_not_take_the_way_over(
    as_role: SignedIn, session: AsyncSession, ticket: Ticket, man: Person
) -> None:
    shown = await act(await as_role("technician"), ticket, "departure")
    assert shown["departed_at"] is None
    assert len(await facts(session, ticket, "ticket.departed")) == 1


@pytest.mark.parametrize(
    ("ahead", "field"), [(-2 * H, "expected_at"), (400 * 24 * H, "expected_at")]
)
async def test_nobody_is_there_before_he_sets_off_nor_next_year(
    client: AsyncClient, ticket: Ticket, now: datetime, ahead: timedelta, field: str
) -> None:
    answer = await client.post(
        f"/api/v1/tickets/{ticket.ref}/departure", json={"expected_at": (now + ahead).isoformat()}
    )
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]


async def test_nobody_sets_off_for_what_is_repaired(client: AsyncClient, ticket: Ticket) -> None:
    await act(client, ticket, "repair", **REPAIR)
    answer = await client.post(f"/api/v1/tickets/{ticket.ref}/departure", json={})
    assert answer.status_code == 409


async def test_the_same_departure_twice_is_one(
    client: AsyncClient, session: AsyncSession, ticket: Ticket
) -> None:
    data = {"key": str(uuid4()), "note": "Van 2"}
    for _ in range(2):
        answer = await client.post(f"/tickets/{ticket.ref}/departure", data=data)
        assert answer.status_code == 303
    assert len(await facts(session, ticket, "ticket.departed")) == 1


# --- handed back -----------------------------------------------------------------------------


async def test_a_ticket_handed_back_is_nobodys_and_the_desk_hears_of_it_at_once(
    client: AsyncClient, session: AsyncSession, ticket: Ticket, man: Person
) -> None:
    people = {role: await make_person(session, role=role) for role in ("hotline", "hotline_lead")}
    await act(client, ticket, "departure")
    shown = await act(client, ticket, "handback", reason="skill", note="要登高车")
    assert (shown["technician"], shown["departed_at"]) == (None, None)
    assert [clock["state"] for clock in shown["clocks"]].count("running") >= 2  # they run on
    diary = (await facts(session, ticket, "ticket.handed_back"))[0]
    assert (diary["reason_code"], diary["before_id"]) == ("skill", man.id)
    notices = await told(session, "ticket.handed_back")
    reached = {notice.person_id for notice in notices}
    assert {person.id for person in people.values()} <= reached
    assert man.id not in reached
    assert {notice.reach for notice in notices} == {"push"}


async def test_the_desk_reads_why_and_the_owner_does_not(
    client: AsyncClient,
    as_role: SignedIn,
    browser_of: BrowserOf,
    ticket: Ticket,
    session: AsyncSession,
) -> None:
    await act(client, ticket, "handback", reason="other", note="between ourselves")
    page = (await (await as_role("hotline")).get(f"/tickets/{ticket.ref}")).text
    assert "Handed back to the desk" in page
    assert "between ourselves" in page
    person = await make_person(session, role="owner", project_id=ticket.project_id)
    owner = await browser_of(person)
    seen = await owner.get(f"/tickets/{ticket.ref}")
    assert seen.status_code == 200
    for secret in ("Handed back", "between ourselves"):
        assert secret not in seen.text
    events = await owner.get(f"/api/v1/tickets/{ticket.ref}/events")
    assert "ticket.handed_back" not in events.text


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "reason"), ({"reason": "tired"}, "reason"), ({"reason": "other"}, "note")],
)
async def test_a_reason_is_needed(
    client: AsyncClient, ticket: Ticket, body: dict[str, str], field: str
) -> None:
    answer = await client.post(f"/api/v1/tickets/{ticket.ref}/handback", json=body)
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]


async def test_only_ones_own_is_handed_back(
    client: AsyncClient, as_role: SignedIn, ticket: Ticket
) -> None:
    url, body = f"/api/v1/tickets/{ticket.ref}/handback", {"reason": "away"}
    other = await (await as_role("technician")).post(url, json=body)
    assert (other.status_code, "somebody else's" in other.text) == (409, True)
    assert (await client.post(url, json=body)).status_code == 200
    again = await client.post(url, json=body)
    assert (again.status_code, "nothing to hand back" in again.text) == (409, True)


async def test_a_form_that_is_refused_keeps_what_was_typed(
    client: AsyncClient, ticket: Ticket
) -> None:
    typed = {"reason": "other", "next": f"/round/{ticket.ref}?done=handback"}
    answer = await client.post(f"/tickets/{ticket.ref}/handback", data=typed)
    assert answer.status_code == 422
    assert 'value="other" checked' in answer.text
    assert "Which other reason?" in answer.text
    done = await client.post(f"/tickets/{ticket.ref}/handback", data=typed | {"note": "Van broke"})
    assert (done.status_code, done.headers["location"]) == (303, typed["next"])


# --- appointments ----------------------------------------------------------------------------


async def test_an_appointment_is_shown_and_whoever_goes_is_reminded_an_hour_before(
    client: AsyncClient, session: AsyncSession, ticket: Ticket, man: Person, now: datetime
) -> None:
    at = now + 5 * H
    shown = await act(client, ticket, "appointment", for_at=at.isoformat(), note="East gate")
    assert datetime.fromisoformat(shown["appointment_at"]) == at
    assert datetime.fromisoformat(shown["expected_at"]) == at
    page = (await client.get(f"/tickets/{ticket.ref}")).text
    assert "<dt>Appointment</dt>" in page
    assert "East gate" in page
    assert await actions.watch_appointments(session, at - H - MINUTE) == 0
    assert await actions.watch_appointments(session, at - H) == 1
    assert await actions.watch_appointments(session, at) == 0
    notices = await told(session, "appointment.near")
    assert [notice.person_id for notice in notices] == [man.id]


async def test_the_next_appointment_supersedes_the_one_before(
    client: AsyncClient, session: AsyncSession, ticket: Ticket, now: datetime
) -> None:
    first, second = now + 2 * H, now + 9 * H
    await act(client, ticket, "appointment", for_at=first.isoformat())
    shown = await act(client, ticket, "appointment", for_at=second.isoformat())
    assert datetime.fromisoformat(shown["appointment_at"]) == second
    assert await actions.watch_appointments(session, first) == 0
    # True news of an earlier agreement does not bring it back.
    early = now - H
    late = await act(client, ticket, "appointment", at=early.isoformat(), for_at=first.isoformat())
    assert datetime.fromisoformat(late["appointment_at"]) == second
    ends = await session.scalars(select(Appointment.ended_at).order_by(Appointment.id))
    assert [end is None for end in ends] == [False, True, False]


async def test_an_appointment_superseded_between_sweep_and_message_is_not_told(
    client: AsyncClient, session: AsyncSession, ticket: Ticket, now: datetime
) -> None:
    at = now + 3 * H
    await act(client, ticket, "appointment", for_at=at.isoformat())
    assert await actions.watch_appointments(session, at - H) == 1
    await act(client, ticket, "appointment", for_at=(at + H).isoformat())
    assert await told(session, "appointment.near") == []


async def test_an_arrival_keeps_it_and_nobody_is_reminded(
    client: AsyncClient, session: AsyncSession, ticket: Ticket, now: datetime
) -> None:
    at = now + 2 * H
    await act(client, ticket, "appointment", for_at=at.isoformat())
    shown = await act(client, ticket, "arrival")
    assert shown["appointment_at"] is None
    assert await actions.watch_appointments(session, at) == 0


async def test_with_nobody_to_go_the_hotline_lead_is_reminded(
    client: AsyncClient, session: AsyncSession, ticket: Ticket, now: datetime
) -> None:
    lead = await make_person(session, role="hotline_lead")
    await act(client, ticket, "appointment", for_at=(now + 2 * H).isoformat())
    await act(client, ticket, "handback", reason="away")
    await actions.watch_appointments(session, now + H)
    assert lead.id in {notice.person_id for notice in await told(session, "appointment.near")}


@pytest.mark.parametrize("ahead", [-MINUTE, timedelta(0), 367 * 24 * H])
async def test_an_appointment_is_still_to_come_and_not_in_years(
    client: AsyncClient, ticket: Ticket, now: datetime, ahead: timedelta
) -> None:
    answer = await client.post(
        f"/api/v1/tickets/{ticket.ref}/appointment", json={"for_at": (now + ahead).isoformat()}
    )
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == ["for_at"]


async def test_an_appointment_delivered_after_its_instant_is_kept_and_reminds_nobody(
    client: AsyncClient, session: AsyncSession, ticket: Ticket, now: datetime
) -> None:
    shown = await act(
        client,
        ticket,
        "appointment",
        at=(now - 2 * H).isoformat(),
        phone_time=now.isoformat(),
        for_at=(now - H).isoformat(),
    )
    assert shown["appointment_at"]
    assert await actions.watch_appointments(session, now + 9 * H) == 0


async def test_an_appointment_by_form_is_of_the_projects_zone(
    client: AsyncClient, session: AsyncSession, ticket: Ticket, now: datetime
) -> None:
    at = (now + 5 * H).astimezone(ZONE).replace(second=0, microsecond=0)
    typed = {"for_at": at.strftime("%Y-%m-%dT%H:%M"), "key": str(uuid4())}
    for _ in range(2):
        answer = await client.post(f"/tickets/{ticket.ref}/appointment", data=typed)
        assert answer.status_code == 303, answer.text
    made = (await session.scalars(select(Appointment))).one()
    assert made.for_at == at


# --- signatures ------------------------------------------------------------------------------


async def uploaded(client: AsyncClient) -> str:
    answer = await client.post("/api/v1/photos", files={"file": ("s.png", make_png(width=300))})
    return str(answer.json()["id"])


async def test_the_owner_signs_for_the_repair_and_it_is_shown(
    client: AsyncClient, session: AsyncSession, ticket: Ticket
) -> None:
    await act(client, ticket, "repair", **REPAIR)
    picture = await uploaded(client)
    await act(client, ticket, "signature", name="王经理", signature=picture)
    made = (await session.scalars(select(Signature))).one()
    assert (str(made.photo_id), made.signed_for) == (picture, "repair")
    assert (await session.get_one(Contact, made.contact_id)).name == "王经理"
    assert "王经理" not in str(await facts(session, ticket, "ticket.signed"))
    page = (await client.get(f"/tickets/{ticket.ref}")).text
    assert "Signed by the owner" in page
    assert page.count(f"/photos/{picture}/small") == 1  # not among the photos too


async def test_there_is_nothing_to_sign_for_before_a_repair(
    client: AsyncClient, ticket: Ticket
) -> None:
    picture = await uploaded(client)
    body = {"name": "Wang", "signature": picture}
    url = f"/api/v1/tickets/{ticket.ref}/signature"
    assert (await client.post(url, json=body)).status_code == 409
    assert (await client.post(url, json=body | {"signed_for": "visit"})).status_code == 200


async def test_a_signature_that_is_not_ours_is_refused(
    client: AsyncClient, as_role: SignedIn, session: AsyncSession, ticket: Ticket
) -> None:
    anothers = await uploaded(await as_role("technician"))
    for picture in (anothers, str(uuid4())):
        body = {"name": "Wang", "signature": picture, "signed_for": "visit"}
        answer = await client.post(f"/api/v1/tickets/{ticket.ref}/signature", json=body)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "signature"
    assert await session.scalar(select(func.count()).select_from(TicketPhoto)) == 0


async def test_a_photo_of_paper_signs_by_form_once(
    client: AsyncClient, session: AsyncSession, ticket: Ticket
) -> None:
    typed = {"name": "Wang", "signed_for": "visit", "key": str(uuid4())}
    url = f"/tickets/{ticket.ref}/signature"
    bare = await client.post(url, data=typed)
    assert (bare.status_code, "The signature is needed" in bare.text) == (422, True)
    for _ in range(2):
        files = {"photos": ("s.jpg", make_jpeg(), "image/jpeg")}
        answer = await client.post(url, data=typed, files=files)
        assert answer.status_code == 303, answer.text
    assert await session.scalar(select(func.count()).select_from(Signature)) == 1


# --- made safe -------------------------------------------------------------------------------


async def test_who_switched_off_what_is_kept_and_shown(
    client: AsyncClient, session: AsyncSession, ticket: Ticket
) -> None:
    body = {"note": "locked", "isolated": "DB03 / QF2", "isolated_by": "物业电工"}
    await act(client, ticket, "made_safe", **body)
    diary = (await facts(session, ticket, "ticket.made_safe"))[0]
    assert {name: diary[name] for name in body} == body
    page = (await client.get(f"/tickets/{ticket.ref}")).text
    assert "Switched off: DB03 / QF2 by 物业电工" in page
