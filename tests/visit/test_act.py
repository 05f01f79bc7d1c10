"""What every act of a visit shares: danger first, pictures, who may, what is closed."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket
from tests.makers.visit import make_jpeg
from tickets.events import Event
from tickets.project.models import Project
from tickets.ticket.models import Ticket, TicketPhoto

H = timedelta(hours=1)
REPAIR = {"cause": "C_PRODUCT", "work": "Driver replaced", "on_site": True}


def states(shown: dict[str, Any]) -> dict[str, str]:
    return {clock["promise"]: clock["state"] for clock in shown["clocks"]}


async def events(session: AsyncSession, ticket: Ticket, kind: str) -> list[Event]:
    rows = await session.scalars(
        select(Event).where(Event.ticket_id == ticket.id, Event.kind == kind).order_by(Event.id)
    )
    return list(rows)


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


@pytest.mark.parametrize(
    ("door", "body", "act"),
    [
        ("callbacks", {"outcome": "works"}, "call_back"),
        ("closure", {"outcome": "out_of_scope", "told": "The tenant's own lamp"}, "closing"),
        ("cancellation", {"reason": "A drill"}, "cancelling"),
    ],
)
async def test_what_is_brought_to_the_end_of_a_ticket_is_kept_and_the_phones_clock_is_flagged(
    session: AsyncSession,
    as_role: SignedIn,
    ticket: Ticket,
    now: datetime,
    door: str,
    body: dict[str, str],
    act: str,
) -> None:
    client = await as_role("manager")
    url = f"/api/v1/tickets/{ticket.ref}"
    if door == "callbacks":
        assert (await client.post(f"{url}/repair", json=REPAIR)).status_code == 200
    ids = []
    for colour in ("red", "green"):
        sent = {"file": ("a.jpg", make_jpeg(colour=colour))}
        ids.append((await client.post("/api/v1/photos", files=sent)).json()["id"])
    slow = {"phone_time": (now - timedelta(minutes=5)).isoformat()}
    brought = body | slow | {"photos": ids[:1], "signature": ids[1]}
    answer = await client.post(f"{url}/{door}", json=brought)
    assert answer.status_code == 200, answer.text
    assert answer.json()["flags"] == ["clock_skew"]
    acts = {str(p.photo_id): p.act for p in await session.scalars(select(TicketPhoto))}
    assert acts == {ids[0]: act, ids[1]: f"{act}_signature"}
