"""验收: the warranty of a batch begins, once."""

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.project import make_project
from tickets.events import Event
from tickets.project.models import Acceptance


async def test_a_batch_is_accepted_with_months_per_class(
    session: AsyncSession, as_role: SignedIn
) -> None:
    project = await make_project(session, code="P1")
    client = await as_role("manager")
    answer = await client.post(
        "/api/v1/projects/P1/acceptances",
        json={
            "accepted_on": "2024-02-29",
            "batch": "east",
            "warranty_months": {"LUM": 24, "SRC": 12},
        },
    )
    assert answer.status_code == 201, answer.text
    assert answer.json()["ends_on"] == "2025-02-28"
    assert "article 40" in answer.json()["note"]
    covers = (await client.get("/api/v1/projects/P1")).json()["covers"]
    assert [(c["asset_kind"], c["ends_on"]) for c in covers] == [
        (None, "2025-02-28"),
        ("LUM", "2026-02-28"),
        ("SRC", "2025-02-28"),
    ]
    told = (await session.scalars(select(Event).where(Event.kind == "project.accepted"))).one()
    assert told.project_id == project.id
    assert told.facts["accepted_on"] == "2024-02-29"


async def test_two_years_need_no_note(session: AsyncSession, as_role: SignedIn) -> None:
    await make_project(session, code="P1")
    client = await as_role("manager")
    answer = await client.post(
        "/api/v1/projects/P1/acceptances",
        json={"accepted_on": "2025-01-01", "batch": "b", "warranty_months": {"*": 24}},
    )
    assert answer.json()["months"] == 24
    assert answer.json()["note"] is None


async def test_the_same_batch_twice_is_refused(session: AsyncSession, as_role: SignedIn) -> None:
    await make_project(session, code="P1", accepted_on=date(2025, 1, 1))
    client = await as_role("manager")
    answer = await client.post(
        "/api/v1/projects/P1/acceptances", json={"accepted_on": "2025-06-01", "batch": "1"}
    )
    assert answer.status_code == 409
    assert len(list(await session.scalars(select(Acceptance)))) == 1


async def test_what_cannot_be_is_named(session: AsyncSession, as_role: SignedIn) -> None:
    await make_project(session, code="P1")
    client = await as_role("manager")
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"accepted_on": "1979-12-31"}, "accepted_on"),
        ({"accepted_on": None}, "accepted_on"),
        ({"warranty_months": {"SPACESHIP": 12}}, "warranty_months"),
        ({"warranty_months": {"LUM": 0}}, "warranty_months.LUM"),
        ({"warranty_months": {"LUM": 601}}, "warranty_months.LUM"),
        ({"batch": " "}, "batch"),
        ({"colour": 1}, "colour"),
    ]
    for change, field in wrong:
        body = {"accepted_on": "2025-01-01", "batch": "b"} | change
        answer = await client.post("/api/v1/projects/P1/acceptances", json=body)
        assert answer.status_code == 422, (change, answer.text)
        assert [e["field"] for e in answer.json()["errors"]] == [field]
    assert not list(await session.scalars(select(Acceptance)))
