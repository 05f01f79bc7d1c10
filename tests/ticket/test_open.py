"""A call comes in: what is written, what is decided, what runs."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.asset import make_asset
from tests.makers.project import make_project
from tickets.events import Event
from tickets.sla.models import Clock
from tickets.ticket.models import Ticket

H = timedelta(hours=1)


def call(project: str, **more: object) -> dict[str, object]:
    return {
        "project": project,
        "fault": "OUT_MULTI",
        "description": "南岸一排灯不亮",
        "reporter": {"name": "李工", "phone": "138 0000 1234"},
        "channel": "phone",
        **more,
    }


async def test_it_starts_the_clocks_at_the_report_not_at_the_typing(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    project = await make_project(session, accepted_on=date(2026, 10, 9))
    hotline = await as_role("hotline")
    reported = now - timedelta(minutes=30)

    answer = await hotline.post(
        "/api/v1/tickets", json=call(project.code, reported_at=reported.isoformat())
    )

    assert answer.status_code == 201, answer.text
    ticket = answer.json()
    assert ticket["ref"].startswith("T-")
    assert ticket["status"] == "open"
    assert ticket["severity"] == "S2"
    due = {c["promise"]: datetime.fromisoformat(c["due_at"]) for c in ticket["clocks"]}
    assert due == {
        "response": reported + H,
        "arrival": reported + 48 * H,
        "repair": reported + 48 * H,
    }
    assert {c["state"] for c in ticket["clocks"]} == {"running"}
    opened = (await session.scalars(select(Event).where(Event.kind == "ticket.opened"))).one()
    assert opened.happened_at == reported
    assert "1234" not in str(opened.facts)
    assert "李工" not in str(opened.facts)


async def test_references_of_a_day_count_up_without_gaps(
    session: AsyncSession, as_role: SignedIn
) -> None:
    project = await make_project(session)
    hotline = await as_role("hotline")
    refs = []
    for _ in range(3):
        refs.append((await hotline.post("/api/v1/tickets", json=call(project.code))).json()["ref"])
        await hotline.post("/api/v1/tickets", json=call(project.code, fault="NO_SUCH"))
    numbers = [int(ref[-4:]) for ref in refs]
    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"fault": "NO_SUCH"}, "fault"),
        ({"fault": None}, "fault"),
        ({"channel": "pigeon"}, "channel"),
        ({"severity": "S9"}, "severity"),
        ({"assets": ["nowhere"]}, "assets"),
        ({"reported_at": "2026-11-24T09:00:00"}, "reported_at"),
        ({"reported_at": "soon"}, "reported_at"),
        ({"reported_at": "1970-01-01T00:00:00Z"}, "reported_at"),
        ({"description": "x" * 1_000_00}, "description"),
        ({"description": "nul \0 here"}, "description"),
        ({"description": "  "}, "description"),
        ({"nonsense": 1}, "nonsense"),
        ({"photos": ["7b0e2a8e-3f6f-4a27-9f5e-0d3f6f2b7a11"]}, "photos"),
    ],
)
async def test_what_cannot_be_is_refused_by_field(
    session: AsyncSession, as_role: SignedIn, more: dict[str, object], field: str
) -> None:
    project = await make_project(session)
    hotline = await as_role("hotline")
    answer = await hotline.post("/api/v1/tickets", json=call(project.code, **more))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert (await session.scalars(select(Ticket))).all() == []


async def test_the_report_may_lie_two_minutes_ahead_and_no_more(
    session: AsyncSession, as_role: SignedIn
) -> None:
    project = await make_project(session)
    hotline = await as_role("hotline")
    ahead = datetime.now(UTC) + timedelta(seconds=100)
    fine = await hotline.post("/api/v1/tickets", json=call(project.code, reported_at=str(ahead)))
    assert fine.status_code == 201, fine.text
    # What is done in those two minutes counts from the report.
    ref = fine.json()["ref"]
    answered = await hotline.post(f"/api/v1/tickets/{ref}/response", json={})
    assert answered.status_code == 200, answered.text
    met = next(c for c in answered.json()["clocks"] if c["promise"] == "response")
    assert datetime.fromisoformat(met["met_at"]) == ahead

    too_far = datetime.now(UTC) + timedelta(seconds=130)
    refused = await hotline.post(
        "/api/v1/tickets", json=call(project.code, reported_at=str(too_far))
    )
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "reported_at"


async def test_danger_is_set_by_the_fault_and_cannot_be_talked_down(
    session: AsyncSession, as_role: SignedIn
) -> None:
    project = await make_project(session)
    hotline = await as_role("hotline")
    answer = await hotline.post(
        "/api/v1/tickets", json=call(project.code, fault="LEAK", severity="S4")
    )
    assert answer.json()["severity"] == "S1"
    assert {c["promise"]: c["target_minutes"] for c in answer.json()["clocks"]} == {
        "make_safe": 120,
        "response": 60,
        "arrival": 2880,
        "repair": 2880,
    }


@pytest.mark.parametrize("kind", ["request", "consultation", "complaint"])
async def test_other_calls_carry_the_response_alone(
    session: AsyncSession, as_role: SignedIn, kind: str
) -> None:
    project = await make_project(session)
    hotline = await as_role("hotline")
    answer = await hotline.post("/api/v1/tickets", json=call(project.code, kind=kind, fault=None))
    assert [c["promise"] for c in answer.json()["clocks"]] == ["response"]
    assert answer.json()["main_equipment"] == "no"


async def test_main_equipment_is_told_by_the_assets_that_are_named(
    session: AsyncSession, as_role: SignedIn
) -> None:
    project = await make_project(session)
    await make_asset(session, project=project, code="DB03", kind="BOX", is_main=True)
    await make_asset(session, project=project, code="L7")
    hotline = await as_role("hotline")

    async def main(**more: object) -> str:
        answer = await hotline.post("/api/v1/tickets", json=call(project.code, **more))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["main_equipment"])

    assert await main(assets=["DB03", "L7"]) == "yes"
    assert await main(asset="L7", main_equipment="yes") == "no"
    assert await main() == "unknown"
    assert await main(main_equipment="yes") == "yes"


async def test_cover_is_decided_for_the_instant_of_the_report_and_frozen(
    session: AsyncSession, as_role: SignedIn
) -> None:
    project = await make_project(session, accepted_on=date(2025, 10, 9))  # covered on 2026-10-09
    hotline = await as_role("hotline")
    decisions = []
    for reported in ("2026-10-09T23:59:59+08:00", "2026-10-10T00:00:00+08:00"):
        answer = await hotline.post(
            "/api/v1/tickets", json=call(project.code, reported_at=reported)
        )
        decisions.append(answer.json()["cover"])
    assert [d["decision"] for d in decisions] == ["warranty", "expired"]
    assert {d["ends_on"] for d in decisions} == {"2026-10-09"}


async def test_changed_terms_touch_no_open_ticket(
    session: AsyncSession, as_role: SignedIn
) -> None:  # E3
    project = await make_project(session)
    manager = await as_role("manager")
    ref = (await manager.post("/api/v1/tickets", json=call(project.code))).json()["ref"]
    before = (await manager.get(f"/api/v1/tickets/{ref}")).json()["clocks"]
    changed = await manager.post(f"/api/v1/projects/{project.code}/terms", json={"repair_hours": 1})
    assert changed.status_code < 300, changed.text
    assert (await manager.get(f"/api/v1/tickets/{ref}")).json()["clocks"] == before
    later = (await manager.post("/api/v1/tickets", json=call(project.code))).json()
    assert {c["promise"]: c["target_minutes"] for c in later["clocks"]}["repair"] == 60


async def test_the_same_key_and_body_give_the_first_answer_again(
    session: AsyncSession, as_role: SignedIn
) -> None:
    project = await make_project(session)
    hotline = await as_role("hotline")
    key = {"Idempotency-Key": "0c5a1f62-2a3d-4a2b-8f0e-1d2c3b4a5f60"}
    first = await hotline.post("/api/v1/tickets", json=call(project.code), headers=key)
    again = await hotline.post("/api/v1/tickets", json=call(project.code), headers=key)
    other = await hotline.post(
        "/api/v1/tickets", json=call(project.code, kind="request"), headers=key
    )
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert again.json() == first.json()
    assert again.headers["idempotent-replay"] == "true"
    assert "idempotent-replay" not in first.headers
    assert len((await session.scalars(select(Clock))).all()) == 3


async def test_what_one_may_not_see_does_not_exist(
    session: AsyncSession, as_role: SignedIn, browser_of: SignedIn
) -> None:
    from tests.makers.staff import make_person

    mine, other = await make_project(session), await make_project(session)
    bound = await browser_of(await make_person(session, role="hotline", project_id=mine.id))
    anyone = await as_role("hotline")
    ref = (await anyone.post("/api/v1/tickets", json=call(other.code))).json()["ref"]
    assert (await bound.get(f"/api/v1/tickets/{ref}")).status_code == 404
    assert (await bound.post(f"/api/v1/tickets/{ref}/response", json={})).status_code == 404
    assert (await bound.post("/api/v1/tickets", json=call(other.code))).status_code == 404
    assert (await bound.get("/api/v1/tickets")).json()["items"] == []
    assert (await bound.post("/api/v1/tickets", json=call(mine.code))).status_code == 201


async def test_danger_told_in_a_complaint_is_danger_too(
    session: AsyncSession, as_role: SignedIn
) -> None:
    project = await make_project(session)
    hotline = await as_role("hotline")
    answer = await hotline.post(
        "/api/v1/tickets", json=call(project.code, kind="complaint", fault="LEAK")
    )
    assert answer.json()["severity"] == "S1"
    assert [c["promise"] for c in answer.json()["clocks"]] == ["response"]
