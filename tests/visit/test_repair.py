"""Repaired: what it implies, what it must say, who pays, sent twice."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.project import make_project
from tests.makers.ticket import make_ticket
from tickets.events import Event
from tickets.project.models import Project
from tickets.sla.models import Act
from tickets.ticket.models import Ticket
from tickets.visit.models import Part, Work

H = timedelta(hours=1)
REPAIR = {"cause": "C_PRODUCT", "work": "Driver replaced", "on_site": True}


def states(shown: dict[str, Any]) -> dict[str, str]:
    return {clock["promise"]: clock["state"] for clock in shown["clocks"]}


async def events(session: AsyncSession, ticket: Ticket, kind: str) -> list[Event]:
    rows = await session.scalars(
        select(Event).where(Event.ticket_id == ticket.id, Event.kind == kind).order_by(Event.id)
    )
    return list(rows)


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


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Shanghai"])
async def test_the_ends_of_the_calendar_are_no_instants_of_ours(
    session: AsyncSession, as_role: SignedIn, now: datetime, at: str, zone: str
) -> None:
    project = await make_project(session, timezone=zone)
    ticket = await make_ticket(session, project=project, now=now)
    client = await as_role("technician")
    answer = await client.post(f"/api/v1/tickets/{ticket.ref}/repair", json=REPAIR | {"at": at})
    assert answer.status_code == 422
