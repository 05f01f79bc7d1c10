"""Pauses through the door: what they do to the clocks, who stands behind them (rules.md §3)."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.makers.project import make_project
from tests.makers.ticket import make_ticket
from tickets.events import Event
from tickets.sla.models import Pause
from tickets.ticket.models import Ticket

AsRole = Callable[[str], Awaitable[AsyncClient]]
H = timedelta(hours=1)


async def reported(session: AsyncSession, hours_ago: float, **of_ticket: Any) -> Ticket:
    now = datetime.now(UTC).replace(microsecond=0)
    project = await make_project(session, accepted_on=date(2026, 1, 9), months=24)
    return await make_ticket(
        session, project=project, now=now, reported_at=now - hours_ago * H, **of_ticket
    )


def clocks(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {clock["promise"]: clock for clock in answer["clocks"] if clock["state"] != "superseded"}


async def seen(client: AsyncClient, ref: str) -> dict[str, dict[str, Any]]:
    return clocks((await client.get(f"/api/v1/tickets/{ref}")).json())


async def paused(client: AsyncClient, ref: str, **body: Any) -> Any:
    asked = {"reason": "no_access", "evidence": "the gate is locked"} | {
        name.rstrip("_"): value.isoformat() if isinstance(value, datetime) else value
        for name, value in body.items()
    }
    return await client.post(f"/api/v1/tickets/{ref}/pauses", json=asked)


async def kinds(session: AsyncSession, ticket: Ticket) -> list[str]:
    asked = select(Event.kind).where(Event.ticket_id == ticket.id).order_by(Event.id)
    return list(await session.scalars(asked))


async def test_an_open_pause_stops_arrival_and_repair_and_nothing_else(
    session: AsyncSession, as_role: AsRole
) -> None:  # E7
    desk = await as_role("hotline")
    ticket = await reported(session, 0.5)
    answer = await paused(desk, ticket.ref)
    assert answer.status_code == 201, answer.text
    assert answer.json()["counts"] is True
    told = await seen(desk, ticket.ref)
    assert [told[p]["state"] for p in ("response", "arrival", "repair")] == [
        "running",
        "paused",
        "paused",
    ]
    assert told["arrival"]["due_at"] is None
    assert told["response"]["due_at"] is not None
    await session.refresh(ticket)
    assert ticket.paused_since is not None


async def test_a_closed_pause_moves_the_due_instant_by_its_length(
    session: AsyncSession, as_role: AsRole
) -> None:  # E6
    desk = await as_role("hotline")
    ticket = await reported(session, 10)
    start = ticket.reported_at
    assert (await paused(desk, ticket.ref, from_=start + H, to=start + 3 * H)).status_code == 201
    assert (
        await paused(desk, ticket.ref, from_=start + 3 * H, to=start + 4 * H)
    ).status_code == 201
    told = await seen(desk, ticket.ref)
    assert datetime.fromisoformat(told["repair"]["due_at"]) == start + 51 * H
    assert told["repair"]["paused_seconds"] == 3 * 3600


async def test_the_end_of_a_pause_lets_the_time_count_again(
    session: AsyncSession, as_role: AsRole
) -> None:
    desk = await as_role("hotline")
    ticket = await reported(session, 10)
    start = ticket.reported_at
    made = (await paused(desk, ticket.ref, from_=start + H)).json()
    ended = await desk.post(
        f"/api/v1/pauses/{made['id']}/end", json={"at": (start + 6 * H).isoformat()}
    )
    assert ended.status_code == 200
    assert datetime.fromisoformat((await seen(desk, ticket.ref))["arrival"]["due_at"]) == (
        start + 53 * H
    )
    again = await desk.post(f"/api/v1/pauses/{made['id']}/end", json={})
    assert again.status_code == 409
    assert "pause.ended" in await kinds(session, ticket)


@pytest.mark.parametrize(
    ("begin", "end", "status"),
    [
        (-1, 1, 422),  # before the report
        (1, 1, 422),  # of no length
        (2, 1, 422),
        (1, 99, 422),  # ends in the future
        (99, None, 422),
        (0, 1, 201),
        (5, 7, 409),  # overlaps 4 to 6
        (3, 5, 409),
        (3, None, 409),
        (6, 7, 201),  # touches
        (2, 4, 201),
    ],
)
async def test_an_interval_lies_within_and_touches_at_most(
    session: AsyncSession, as_role: AsRole, begin: float, end: float | None, status: int
) -> None:
    desk = await as_role("hotline")
    ticket = await reported(session, 10)
    start = ticket.reported_at
    assert (await paused(desk, ticket.ref, from_=start + 4 * H, to=start + 6 * H)).is_success
    body = {"from_": start + begin * H} | ({"to": start + end * H} if end is not None else {})
    answer = await paused(desk, ticket.ref, **body)
    assert answer.status_code == status, answer.text


async def test_evidence_is_required_and_a_reason_of_the_owners_side(
    session: AsyncSession, as_role: AsRole
) -> None:
    desk = await as_role("hotline")
    ticket = await reported(session, 1)
    bare = await desk.post(f"/api/v1/tickets/{ref(ticket)}/pauses", json={"reason": "no_access"})
    assert bare.status_code == 422
    assert bare.json()["errors"][0]["field"] == "evidence"
    ours = await paused(desk, ticket.ref, reason="no_parts")
    assert ours.status_code == 422


def ref(ticket: Ticket) -> str:
    return ticket.ref


async def test_what_would_lift_a_breach_waits_for_a_manager(
    session: AsyncSession, as_role: AsRole
) -> None:
    desk, manager = await as_role("hotline"), await as_role("manager")
    ticket = await reported(session, 50)
    start = ticket.reported_at
    made = (await paused(desk, ticket.ref, from_=start + H, to=start + 9 * H)).json()
    assert made["counts"] is False
    assert (await seen(desk, ticket.ref))["repair"]["state"] == "late"
    assert (await desk.post(f"/api/v1/pauses/{made['id']}/acceptance", json={})).status_code == 403
    accepted = await manager.post(f"/api/v1/pauses/{made['id']}/acceptance", json={})
    assert accepted.status_code == 200
    assert accepted.json()["counts"] is True
    told = await seen(desk, ticket.ref)
    assert told["repair"]["state"] == "running"
    assert told["repair"]["breached_at"] is None
    rejected = await manager.post(
        f"/api/v1/pauses/{made['id']}/rejection", json={"reason": "the gate was open"}
    )
    assert rejected.status_code == 200
    told = await seen(desk, ticket.ref)
    assert told["repair"]["state"] == "late"
    assert datetime.fromisoformat(told["repair"]["breached_at"]) == start + 48 * H
    diary = await kinds(session, ticket)
    # Opened late by the report; the acceptance takes both breaches back, the rejection makes two.
    assert diary.count("clock.breach_withdrawn") == 2
    assert diary.count("clock.breached") == 5


async def test_a_managers_own_entry_counts_at_once(session: AsyncSession, as_role: AsRole) -> None:
    manager = await as_role("manager")
    ticket = await reported(session, 50)
    start = ticket.reported_at
    made = (await paused(manager, ticket.ref, from_=start + H, to=start + 9 * H)).json()
    assert made["counts"] is True
    assert (await seen(manager, ticket.ref))["arrival"]["state"] == "running"


async def test_a_believed_act_of_a_phone_counts_as_entered_when_it_happened(
    session: AsyncSession, as_role: AsRole
) -> None:
    phone = await as_role("technician")
    ticket = await reported(session, 50)
    now = datetime.now(UTC)
    slow = timedelta(minutes=7)  # the phone's clock is behind ours
    answer = await paused(
        phone, ticket.ref, at=ticket.reported_at + 40 * H - slow, phone_time=now - slow
    )
    assert answer.status_code == 201, answer.text
    assert answer.json()["counts"] is True
    told = await seen(phone, ticket.ref)
    assert told["repair"]["state"] == "paused"
    await session.refresh(ticket)
    assert "clock_skew" in ticket.flags


async def test_the_repair_ends_the_pause_and_the_arrival_only_its_own(
    session: AsyncSession, as_role: AsRole
) -> None:
    tech = await as_role("technician")
    ticket = await reported(session, 10)
    start = ticket.reported_at
    made = (await paused(tech, ticket.ref, from_=start + 2 * H)).json()
    at = {"at": (start + 4 * H).isoformat()}
    assert (await tech.post(f"/api/v1/tickets/{ticket.ref}/arrival", json=at)).is_success
    told = await seen(tech, ticket.ref)
    assert (told["arrival"]["state"], told["repair"]["state"]) == ("met", "paused")
    fix = {"at": (start + 6 * H).isoformat(), "work": "done", "cause": "C_NATURAL"}
    assert (await tech.post(f"/api/v1/tickets/{ticket.ref}/repair", json=fix)).is_success
    assert (await seen(tech, ticket.ref))["repair"]["state"] == "met"
    row = await session.get_one(Pause, made["id"], populate_existing=True)
    assert row.to_at == start + 6 * H
    late = await paused(tech, ticket.ref)
    assert late.status_code == 409


async def test_only_a_fault_is_paused(session: AsyncSession, as_role: AsRole) -> None:
    from tickets.ticket.rules import Kind

    desk = await as_role("hotline")
    ticket = await reported(session, 1, kind=Kind.REQUEST, fault="NEW")
    assert (await paused(desk, ticket.ref)).status_code == 409
