"""On site: the promise kept, where the phone was, news that comes late."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket
from tickets.events import Event
from tickets.project.models import Project
from tickets.ticket.models import Ticket
from tickets.visit.models import Position

H = timedelta(hours=1)
REPAIR = {"cause": "C_PRODUCT", "work": "Driver replaced", "on_site": True}


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
