"""Repaired: what it implies, what it must say, who pays, sent twice."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.project import make_project
from tests.makers.ticket import make_ticket
from tests.makers.visit import make_jpeg
from tickets.events import Event
from tickets.media import Photo
from tickets.project.models import Project
from tickets.sla.models import Act
from tickets.ticket.models import Ticket
from tickets.visit.models import Measurement, Part, Work

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


MEASURED = [
    {"name": "insulation", "before": "0.02", "after": "12.5", "unit": "MΩ"},
    {"name": "Ripple", "after": 3, "unit": "%"},
]


async def test_what_was_measured_is_kept_and_shown_with_its_name(
    session: AsyncSession, as_role: SignedIn, ticket: Ticket
) -> None:
    client = await as_role("technician")
    url = f"/api/v1/tickets/{ticket.ref}/repair"
    assert (await client.post(url, json=REPAIR | {"measurements": MEASURED})).status_code == 200
    kept = (await session.scalars(select(Measurement).order_by(Measurement.id))).all()
    assert [(m.name, m.before, m.after, m.unit) for m in kept] == [
        ("insulation", Decimal("0.02"), Decimal("12.5"), "MΩ"),
        ("Ripple", None, Decimal(3), "%"),
    ]
    page = (await client.get(f"/tickets/{ticket.ref}")).text
    assert '<td>Insulation resistance</td><td class="number">0.02</td>' in page
    assert '<td>Ripple</td><td class="number"></td><td class="number">3</td>' in page
    told = (await events(session, ticket, "ticket.repaired"))[0]
    assert told.facts["measurements"] == 2


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"name": "lux", "unit": "lx"}, "measurements.0"),
        ({"name": "lux", "unit": "lx", "after": "bright"}, "measurements.0.after"),
        ({"name": "lux", "after": 3}, "measurements.0.unit"),
        ({"name": "lux", "unit": "lx", "after": "NaN"}, "measurements.0.after"),
        ({"name": "lux", "unit": "lx", "after": "0.00001"}, "measurements.0.after"),
    ],
)
async def test_what_a_measurement_cannot_be(
    session: AsyncSession, as_role: SignedIn, ticket: Ticket, row: dict[str, Any], field: str
) -> None:
    client = await as_role("technician")
    body = REPAIR | {"measurements": [row]}
    answer = await client.post(f"/api/v1/tickets/{ticket.ref}/repair", json=body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert await session.scalar(select(func.count()).select_from(Measurement)) == 0


async def photo(client: AsyncClient, moment: str) -> str:
    files = {"file": ("a.jpg", make_jpeg())}
    answer = await client.post("/api/v1/photos", files=files, data={"moment": moment})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_as_many_photos_of_before_and_after_as_the_terms_ask_for(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    project = await make_project(session, terms={"photos_before": 1, "photos_after": 2})
    ticket = await make_ticket(session, project=project, now=now)
    client = await as_role("technician")
    url = f"/api/v1/tickets/{ticket.ref}"
    # One of before comes with the arrival, and counts.
    arrived = await client.post(f"{url}/arrival", json={"photos": [await photo(client, "before")]})
    assert arrived.status_code == 200
    few = await client.post(
        f"{url}/repair",
        json=REPAIR | {"photos": [await photo(client, "after"), await photo(client, "other")]},
    )
    assert few.status_code == 422
    assert few.json()["errors"] == [
        {
            "field": "photos_after",
            "message": "The terms ask for 2 photos from after the work; there are 1.",
        }
    ]
    assert await session.scalar(select(func.count()).select_from(Work)) == 0
    # What is still to be finished, and what was done from afar, has nothing to show yet.
    partly = {"result": "partial", "work": "Fuse", "on_site": True}
    assert (await client.post(f"{url}/repair", json=partly)).status_code == 200
    enough = [await photo(client, "after") for _ in range(2)]
    done = await client.post(f"{url}/repair", json=REPAIR | {"photos": enough})
    assert done.status_code == 200, done.text


async def test_from_afar_nothing_is_photographed(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    project = await make_project(session, terms={"photos_before": 1, "photos_after": 1})
    ticket = await make_ticket(session, project=project, now=now)
    client = await as_role("technician")
    body = {"cause": "C_PRODUCT", "work": "Schedule set right from afar"}
    answer = await client.post(f"/api/v1/tickets/{ticket.ref}/repair", json=body)
    assert answer.status_code == 200


async def test_photos_of_an_earlier_cycle_show_another_repair(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    project = await make_project(session, terms={"photos_after": 1})
    ticket = await make_ticket(session, project=project, now=now - H)
    client = await as_role("technician")
    url = f"/api/v1/tickets/{ticket.ref}"
    body = REPAIR | {"photos": [await photo(client, "after")]}
    assert (await client.post(f"{url}/repair", json=body)).status_code == 200
    kept = (await session.scalars(select(Photo))).one()
    kept.created_at = now - H
    await session.commit()
    again = await client.post(f"{url}/recurrence", json={"reason": "Dark again"})
    assert again.status_code == 200, again.text
    assert (await client.post(f"{url}/repair", json=REPAIR)).status_code == 422
