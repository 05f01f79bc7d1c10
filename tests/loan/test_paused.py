"""The owner's use must not suffer, whoever caused the wait: the debt knows no pauses (§8)."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from tests.ticket.conftest import H, Matter, Reported
from tickets.loan import actions as loan
from tickets.sla import actions as sla
from tickets.ticket.rules import Main
from workers.relay import relay_events

AsRole = Callable[[str], Awaitable[AsyncClient]]
PAUSE = {"reason": "no_access", "evidence": "locked"}


async def debt(client: AsyncClient, matter: Matter) -> dict[str, Any]:
    told: dict[str, Any] = (await client.get(f"/api/v1/tickets/{matter.ref}")).json()
    found: dict[str, Any] = told["substitution"]
    return found


async def look(session: AsyncSession, now: datetime | None = None) -> int:
    await sla.breach_overdue(session, now or datetime.now(UTC))
    found = await loan.owe_while_paused(session, now or datetime.now(UTC))
    await session.commit()
    await relay_events({})
    return found


async def test_it_is_owed_while_the_clock_stands_still(
    session: AsyncSession, as_role: AsRole, reported: Reported
) -> None:
    manager = await as_role("manager")
    matter = await reported(50, main=Main.YES)
    assert (await matter.post(manager, "pauses", **PAUSE, **{"from": matter.at(10)})).is_success
    assert (await matter.states(manager))["repair"] == "paused"
    due = matter.start + 48 * H
    assert await look(session, due) == 0
    assert await look(session, due + timedelta(microseconds=1)) == 1
    assert await look(session) == 0  # once
    owed = await debt(manager, matter)
    assert owed["state"] == "owed"
    assert datetime.fromisoformat(owed["owed_at"]) == due


async def test_a_breach_lifted_by_a_pause_leaves_the_debt(
    session: AsyncSession, as_role: AsRole, reported: Reported
) -> None:
    manager = await as_role("manager")
    matter = await reported(50, main=Main.YES)
    await look(session)
    assert (await debt(manager, matter))["state"] == "owed"
    made = await matter.post(
        manager, "pauses", **PAUSE, **{"from": matter.at(10), "to": matter.at(20)}
    )
    assert made.is_success
    await look(session)
    assert (await matter.states(manager))["repair"] == "running"
    assert (await debt(manager, matter))["state"] == "owed"


async def test_a_repair_in_time_after_all_lets_it_lapse(
    session: AsyncSession, as_role: AsRole, reported: Reported
) -> None:
    manager = await as_role("manager")
    matter = await reported(50, main=Main.YES)
    await look(session)
    fix = {"work": "a fuse", "cause": "C_NATURAL"}
    assert (await matter.post(manager, "repair", **fix, at=matter.at(47))).is_success
    await look(session)
    assert (await debt(manager, matter))["state"] == "lapsed"


async def test_in_time_by_its_pauses_and_still_too_long_for_the_owner(
    session: AsyncSession, as_role: AsRole, reported: Reported
) -> None:
    manager = await as_role("manager")
    matter = await reported(50, main=Main.YES)
    pause = {"from": matter.at(10), "to": matter.at(20)}
    assert (await matter.post(manager, "pauses", **PAUSE, **pause)).is_success
    fix = {"work": "a fuse", "cause": "C_NATURAL"}
    assert (await matter.post(manager, "repair", **fix, at=matter.at(49))).is_success
    await look(session)
    assert (await matter.states(manager))["repair"] == "met"
    assert (await debt(manager, matter))["state"] == "owed"


async def test_what_is_not_main_owes_nothing(
    session: AsyncSession, as_role: AsRole, reported: Reported
) -> None:
    manager = await as_role("manager")
    matter = await reported(50, main=Main.NO)
    assert (await matter.post(manager, "pauses", **PAUSE, **{"from": matter.at(10)})).is_success
    assert await look(session) == 0
    assert (await debt(manager, matter))["state"] == "not_owed"
