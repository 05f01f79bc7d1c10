"""On site, made safe, repaired: through the door, then the rows and the diary."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket
from tests.makers.visit import make_jpeg
from tickets.events import Event
from tickets.project.models import Project
from tickets.sla.models import Act
from tickets.ticket.models import Ticket, TicketPhoto
from tickets.visit.models import Part, Position, Work

H = timedelta(hours=1)
REPAIR = {"cause": "C_PRODUCT", "work": "Driver replaced", "on_site": True}


@pytest.fixture
async def project(session: AsyncSession) -> Project:
    return await make_project(session, accepted_on=date(2026, 10, 1))


@pytest.fixture
async def ticket(session: AsyncSession, project: Project, now: datetime) -> Ticket:
    return await make_ticket(session, project=project, now=now, reported_at=now - 3 * H)


def states(shown: dict[str, Any]) -> dict[str, str]:
    return {clock["promise"]: clock["state"] for clock in shown["clocks"]}


async def events(session: AsyncSession, ticket: Ticket, kind: str) -> list[Event]:
    rows = await session.scalars(
        select(Event).where(Event.ticket_id == ticket.id, Event.kind == kind).order_by(Event.id)
    )
    return list(rows)


async def test_an_arrival_keeps_its_promise_and_remembers_where_the_phone_was(
    session: AsyncSession, as_role: SignedIn, ticket: Ticket
) -> None:
    client = await as_role("technician")
    answer = await client.post(
        f"/api/v1/tickets/{ticket.ref}/arrival",
        json={"position": {"lat": 39.9042, "lon": 116.4074, "accuracy_m": 12}},
    )
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert shown["status"] == "on_site"
    assert states(shown)["arrival"] == "met"
    position = (await session.scalars(select(Position))).one()
    assert (position.lat, position.lon, position.accuracy_m) == (39.9042, 116.4074, 12)
    (event,) = await events(session, ticket, "ticket.arrived")
    assert "39.9" not in str(event.facts)


async def test_a_second_arrival_is_refused_unless_it_is_earlier_news(
    session: AsyncSession, as_role: SignedIn, ticket: Ticket, now: datetime
) -> None:
    client = await as_role("technician")
    url = f"/api/v1/tickets/{ticket.ref}/arrival"
    assert (await client.post(url, json={"at": (now - H).isoformat()})).status_code == 200
    again = await client.post(url, json={})
    assert again.status_code == 409
    assert again.json()["detail"] == "The arrival has already been recorded."
    earlier = await client.post(url, json={"at": (now - 2 * H).isoformat()})
    assert earlier.status_code == 200
    met = {c["promise"]: c["met_at"] for c in earlier.json()["clocks"]}
    assert datetime.fromisoformat(met["arrival"]) == now - 2 * H


async def test_he_who_arrives_at_what_nobody_has_has_it(
    session: AsyncSession, browser_of: SignedIn, ticket: Ticket
) -> None:
    person = await make_person(session)
    client = await browser_of(person)
    answer = await client.post(f"/api/v1/tickets/{ticket.ref}/arrival", json={})
    assert answer.json()["technician"] == person.login
    assert len(await events(session, ticket, "ticket.assigned")) == 1


async def test_a_repair_on_site_keeps_three_promises(
    as_role: SignedIn, session: AsyncSession, project: Project, now: datetime
) -> None:
    ticket = await make_ticket(session, project=project, now=now)
    client = await as_role("technician")
    shown = (await client.post(f"/api/v1/tickets/{ticket.ref}/repair", json=REPAIR)).json()
    assert states(shown) == {"response": "met", "arrival": "met", "repair": "met"}
    assert shown["status"] == "repaired"


async def test_a_repair_from_afar_needs_no_arrival(
    as_role: SignedIn, session: AsyncSession, project: Project, now: datetime
) -> None:
    ticket = await make_ticket(session, project=project, now=now)
    client = await as_role("technician")
    body = {"cause": "C_PRODUCT", "work": "Schedule set right from afar"}
    shown = (await client.post(f"/api/v1/tickets/{ticket.ref}/repair", json=body)).json()
    assert states(shown) == {"response": "met", "arrival": "not_needed", "repair": "met"}


@pytest.mark.parametrize(
    "more",
    [{"result": "partial"}, {"result": "temporary", "expires_on": "2099-01-01"}],
)
async def test_a_partial_or_temporary_repair_keeps_no_promise(
    session: AsyncSession, as_role: SignedIn, ticket: Ticket, more: dict[str, str]
) -> None:
    client = await as_role("technician")
    url = f"/api/v1/tickets/{ticket.ref}/repair"
    shown = (await client.post(url, json=REPAIR | more)).json()
    assert (shown["status"], states(shown)["repair"]) == ("on_site", "running")
    fixed = await client.post(url, json=REPAIR)
    assert states(fixed.json())["repair"] == "met"
    assert await session.scalar(select(func.count()).select_from(Work)) == 2


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"result": "temporary"}, "expires_on"),
        ({"result": "temporary", "expires_on": "2020-01-01"}, "expires_on"),
        ({"cause": "C_MAGIC"}, "cause"),
        ({"cause": None}, "cause"),
        ({"result": "wonderful"}, "result"),
        ({"work": "  "}, "work"),
        ({"work": "a\0b"}, "work"),
        ({"work": "x" * 10_001}, "work"),
        ({"parts": [{"name": "driver", "quantity": 0}]}, "parts.0.quantity"),
        ({"parts": [{"name": "driver", "quantity": "NaN"}]}, "parts.0.quantity"),
        ({"photos": [str(uuid4())]}, "photos"),
        ({"at": "2026-11-24T08:00:00"}, "at"),
        ({"at": "2999-11-24T08:00:00Z"}, "at"),
        ({"colour": "blue"}, "colour"),
    ],
)
async def test_what_a_repair_cannot_be(
    session: AsyncSession, as_role: SignedIn, ticket: Ticket, more: dict[str, Any], field: str
) -> None:
    client = await as_role("technician")
    answer = await client.post(f"/api/v1/tickets/{ticket.ref}/repair", json=REPAIR | more)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert await session.scalar(select(func.count()).select_from(Act)) == 0


async def test_the_cause_settles_the_payer_and_the_first_decision_stays_readable(
    session: AsyncSession, as_role: SignedIn, ticket: Ticket
) -> None:
    client = await as_role("technician")
    url = f"/api/v1/tickets/{ticket.ref}/repair"
    assert (await client.get(f"/api/v1/tickets/{ticket.ref}")).json()["payer"]["labour"] == (
        "undecided"
    )
    first = (await client.post(url, json={"result": "partial", "work": "Fuse"})).json()
    assert first["payer"] == {
        "labour": "free",
        "parts": "free",
        "reason": "The cause is not known yet: free until it is decided.",
    }
    parts = [{"name": "Pole", "quantity": 1, "unit_price": "1250.00", "new_serial": "P-9"}]
    last = (await client.post(url, json=REPAIR | {"cause": "C_THIRD", "parts": parts})).json()
    assert (last["payer"]["labour"], last["payer"]["parts"]) == ("third_party", "third_party")
    assert last["cause"] == "C_THIRD"
    told = [e.facts["payer_labour"] for e in await events(session, ticket, "ticket.repaired")]
    assert told == ["free", "third_party"]
    part = (await session.scalars(select(Part))).one()
    assert (part.name, part.quantity, part.unit_price) == ("Pole", Decimal(1), Decimal("1250.00"))
    assert (part.new_serial, part.payer) == ("P-9", "third_party")


async def test_late_news_of_an_earlier_repair_does_not_change_who_pays(
    as_role: SignedIn, ticket: Ticket, now: datetime
) -> None:
    client = await as_role("technician")
    url = f"/api/v1/tickets/{ticket.ref}/repair"
    await client.post(url, json=REPAIR | {"at": now.isoformat()})
    late = {"result": "partial", "work": "Fuse", "cause": "C_HUMAN"}
    answer = await client.post(url, json=late | {"at": (now - H).isoformat()})
    assert answer.status_code == 200, answer.text
    assert answer.json()["payer"]["labour"] == "free"


async def test_after_cover_the_owner_pays(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    project = await make_project(session, accepted_on=date(2020, 1, 1))
    ticket = await make_ticket(session, project=project, now=now)
    client = await as_role("technician")
    shown = (await client.post(f"/api/v1/tickets/{ticket.ref}/repair", json=REPAIR)).json()
    assert shown["payer"]["labour"] == "owner"


async def test_danger_is_removed_before_anything_else(
    session: AsyncSession, as_role: SignedIn, project: Project, now: datetime
) -> None:
    ticket = await make_ticket(session, project=project, now=now, fault="LEAK")
    client = await as_role("technician")
    url = f"/api/v1/tickets/{ticket.ref}/made_safe"
    assert (await client.post(url, json={})).status_code == 422
    shown = (await client.post(url, json={"note": "Circuit 3 off and locked"})).json()
    assert states(shown)["make_safe"] == "met"
    assert states(shown)["repair"] == "running"
    (event,) = await events(session, ticket, "ticket.made_safe")
    assert event.facts["note"] == "Circuit 3 off and locked"
    assert (await client.post(url, json={"note": "again"})).status_code == 409


async def test_photos_and_the_signature_become_the_tickets(
    session: AsyncSession, as_role: SignedIn, ticket: Ticket
) -> None:
    client = await as_role("technician")
    ids = []
    for colour in ("red", "green"):
        sent = {"file": ("a.jpg", make_jpeg(colour=colour))}
        ids.append((await client.post("/api/v1/photos", files=sent)).json()["id"])
    body = REPAIR | {"photos": ids[:1], "signature": ids[1]}
    assert (await client.post(f"/api/v1/tickets/{ticket.ref}/repair", json=body)).status_code == 200
    acts = {str(p.photo_id): p.act for p in await session.scalars(select(TicketPhoto))}
    assert acts == {ids[0]: "repair", ids[1]: "repair_signature"}
    hotline = await as_role("hotline")
    assert (await hotline.get(f"/photos/{ids[0]}")).status_code == 200


async def test_a_photo_is_not_shown_to_another_project(
    session: AsyncSession, as_role: SignedIn, browser_of: SignedIn, ticket: Ticket
) -> None:
    client = await as_role("technician")
    sent = {"file": ("a.jpg", make_jpeg())}
    photo = (await client.post("/api/v1/photos", files=sent)).json()["id"]
    await client.post(f"/api/v1/tickets/{ticket.ref}/arrival", json={"photos": [photo]})
    other = await make_project(session)
    stranger = await browser_of(await make_person(session, role="owner", project_id=other.id))
    assert (await stranger.get(f"/photos/{photo}")).status_code == 404


async def test_a_delivery_repeated_by_a_phone_is_one_act(
    session: AsyncSession, as_role: SignedIn, ticket: Ticket
) -> None:
    client = await as_role("technician")
    url = f"/api/v1/tickets/{ticket.ref}/repair"
    name = {"Idempotency-Key": str(uuid4())}
    first = await client.post(url, json=REPAIR, headers=name)
    second = await client.post(url, json=REPAIR, headers=name)
    assert first.json() == second.json()
    assert second.headers["idempotent-replay"] == "true"
    other = await client.post(url, json=REPAIR | {"work": "other"}, headers=name)
    assert other.status_code == 422
    assert await session.scalar(select(func.count()).select_from(Work)) == 1


async def test_an_act_sent_again_after_signing_in_anew_is_still_one_act(
    session: AsyncSession, as_role: SignedIn, ticket: Ticket
) -> None:
    name = {"Idempotency-Key": str(uuid4())}
    body = REPAIR | {"parts": [{"name": "driver"}]}
    for _ in range(2):  # two sign-ins: the answers kept for the first are not known to the second
        client = await as_role("technician")
        answer = await client.post(f"/api/v1/tickets/{ticket.ref}/repair", json=body, headers=name)
        assert answer.status_code == 200, answer.text
    assert await session.scalar(select(func.count()).select_from(Act)) == 1
    assert await session.scalar(select(func.count()).select_from(Part)) == 1


async def test_late_news_from_a_phone_is_flagged(
    session: AsyncSession, as_role: SignedIn, project: Project, now: datetime
) -> None:
    ticket = await make_ticket(session, project=project, now=now, reported_at=now - 100 * H)
    client = await as_role("technician")
    body = {"at": (now - 80 * H).isoformat(), "phone_time": now.isoformat()}
    shown = (await client.post(f"/api/v1/tickets/{ticket.ref}/arrival", json=body)).json()
    assert shown["flags"] == ["late_news"]
    met = {c["promise"]: c["met_at"] for c in shown["clocks"]}
    assert datetime.fromisoformat(met["arrival"]) > now - H
    (event,) = await events(session, ticket, "ticket.arrived")
    assert event.facts["claimed_at"]


@pytest.mark.parametrize("act", ["arrival", "made_safe", "repair", "measures"])
async def test_nobody_acts_on_what_he_may_not_see(
    session: AsyncSession, browser_of: SignedIn, ticket: Ticket, act: str
) -> None:
    other = await make_project(session)
    client = await browser_of(await make_person(session, project_id=other.id))
    body = {
        "arrival": {},
        "made_safe": {"note": "x"},
        "repair": REPAIR,
        "measures": {"description": "x"},
    }[act]
    assert (await client.post(f"/api/v1/tickets/{ticket.ref}/{act}", json=body)).status_code == 404
    owner = await browser_of(await make_person(session, role="owner", project_id=ticket.project_id))
    assert (await owner.post(f"/api/v1/tickets/{ticket.ref}/{act}", json=body)).status_code == 403


async def test_nothing_is_done_on_a_closed_ticket(
    session: AsyncSession, as_role: SignedIn, ticket: Ticket
) -> None:
    ticket.status, ticket.is_open = "closed", False
    await session.commit()
    client = await as_role("technician")
    for act, body in (("arrival", {}), ("repair", REPAIR), ("measures", {"description": "x"})):
        answer = await client.post(f"/api/v1/tickets/{ticket.ref}/{act}", json=body)
        assert answer.status_code == 409
        assert answer.json()["detail"] == f"Ticket {ticket.ref} is not open any more."
