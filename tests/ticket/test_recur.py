"""The same fault again: a new cycle, or a new ticket that names the old one (rules.md §4)."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.ticket.conftest import H, Matter, Reported
from tickets.sla.models import Act

AsRole = Callable[[str], Awaitable[AsyncClient]]
FIX = {"work": "a new driver", "cause": "C_PRODUCT", "on_site": True}


async def repaired(matter: Matter, client: AsyncClient, hours: float) -> None:
    answer = await matter.post(client, "repair", **FIX, at=matter.at(hours))
    assert answer.is_success, answer.text


async def test_a_recurrence_starts_fresh_clocks_and_leaves_the_first_verdict(
    as_role: AsRole, reported: Reported
) -> None:  # E8
    desk = await as_role("hotline")
    matter = await reported(100)
    await repaired(matter, desk, 20)
    again = await matter.post(desk, "recurrence", reason="dark again", reported_at=matter.at(90))
    assert again.status_code == 200, again.text
    told = again.json()
    assert (told["cycle"], told["status"]) == (2, "open")
    first = await matter.states(desk, 1)
    assert (first["repair"], first["response"]) == ("met", "late")
    second = await matter.clocks(desk, 2)
    assert datetime.fromisoformat(second["repair"]["started_at"]) == matter.start + 90 * H
    assert second["repair"]["state"] == "running"
    assert second["response"]["state"] == "late"  # told ten hours ago, nobody answered
    assert told["cover"]["decision"] == "warranty"


@pytest.mark.parametrize(
    ("after", "is_same"),
    [(timedelta(days=7), True), (timedelta(days=7, microseconds=1), False)],
)
async def test_a_week_decides_to_the_microsecond(
    as_role: AsRole, reported: Reported, after: timedelta, is_same: bool
) -> None:
    desk = await as_role("hotline")
    matter = await reported(24 * 8)
    await repaired(matter, desk, 2)
    told_at = (matter.start + 2 * H + after).isoformat()
    again = await matter.post(desk, "recurrence", reason="dark again", reported_at=told_at)
    assert again.is_success, again.text
    told = again.json()
    assert (told["ref"] == matter.ref) is is_same
    if not is_same:
        assert (told["follows"], told["cycle"], told["fault"]) == (matter.ref, 1, "OUT_ONE")
        assert "ticket.linked" in await matter.diary()


async def test_a_late_act_belongs_to_the_cycle_that_holds_its_instant(
    session: AsyncSession, as_role: AsRole, reported: Reported
) -> None:
    desk = await as_role("hotline")
    matter = await reported(100)
    await repaired(matter, desk, 20)
    assert (
        await matter.post(desk, "recurrence", reason="again", reported_at=matter.at(90))
    ).is_success
    assert (await matter.post(desk, "response", at=matter.at(0.5))).is_success
    assert (await matter.states(desk, 1))["response"] == "met"
    assert (await matter.states(desk, 2))["response"] == "late"
    acts = (await session.scalars(select(Act).where(Act.ticket_id == matter.ticket.id))).all()
    assert {(act.kind, act.cycle) for act in acts} == {("repair", 1), ("response", 1)}


async def test_each_cycle_needs_its_own_response_arrival_and_repair(
    as_role: AsRole, reported: Reported
) -> None:
    desk = await as_role("hotline")
    matter = await reported(30)
    await repaired(matter, desk, 20)
    assert (
        await matter.post(desk, "recurrence", reason="again", reported_at=matter.at(29.5))
    ).is_success
    assert await matter.states(desk) == dict.fromkeys(("response", "arrival", "repair"), "running")
    assert (await matter.post(desk, "arrival")).is_success
    assert await matter.states(desk) == {
        "response": "met",
        "arrival": "met",
        "repair": "running",
    }


async def test_what_is_not_repaired_cannot_come_again(as_role: AsRole, reported: Reported) -> None:
    desk = await as_role("hotline_lead")
    matter = await reported(30)
    assert (await matter.post(desk, "recurrence", reason="again")).status_code == 409
    await repaired(matter, desk, 20)
    early = await matter.post(desk, "recurrence", reason="again", reported_at=matter.at(20))
    assert early.status_code == 422
    ahead = await matter.post(desk, "recurrence", reason="again", reported_at=matter.at(99))
    assert ahead.status_code == 422


async def test_a_closed_ticket_is_open_again_and_asked_anew(
    as_role: AsRole, reported: Reported
) -> None:  # E8
    desk = await as_role("hotline")
    matter = await reported(30)
    await repaired(matter, desk, 20)
    rated = await matter.post(desk, "callbacks", outcome="works", rating=5)
    assert rated.is_success
    assert (await matter.post(desk, "closure", confirmed_by="Ms Owner")).is_success
    again = await matter.post(desk, "recurrence", reason="dark again")
    assert again.json()["closed_at"] is None
    assert (await matter.post(desk, "closure", confirmed_by="Ms Owner")).status_code == 409
    assert (await matter.post(desk, "repair", **FIX)).is_success
    rated = await matter.post(desk, "callbacks", outcome="works", rating=3)
    assert rated.is_success, rated.text


async def test_sent_twice_it_is_one_cycle(as_role: AsRole, reported: Reported) -> None:
    desk = await as_role("hotline")
    matter = await reported(30)
    await repaired(matter, desk, 20)
    key = {"Idempotency-Key": "6f9e6a86-3b7c-4a0f-9d9b-0c3c1d1f2a11"}
    for _ in range(2):
        answer = await desk.post(
            f"/api/v1/tickets/{matter.ref}/recurrence", json={"reason": "again"}, headers=key
        )
        assert answer.json()["cycle"] == 2
