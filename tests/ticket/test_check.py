"""The look after dark, and temporary repairs that are watched (rules.md §2)."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from tests.ticket.conftest import Reported
from tickets.ticket import actions

AsRole = Callable[[str], Awaitable[AsyncClient]]
FIX = {"work": "a new driver", "cause": "C_PRODUCT", "on_site": True, "check_after_dark": True}


async def test_passed_the_repairs_instant_stands(as_role: AsRole, reported: Reported) -> None:
    desk = await as_role("hotline")
    matter = await reported(60)
    assert (await matter.post(desk, "repair", **FIX, at=matter.at(47))).is_success
    assert (await matter.states(desk))["repair"] == "met"
    early = await matter.post(desk, "closure", confirmed_by="Ms Owner")
    assert early.status_code == 409
    looked = await matter.post(desk, "check", passed=True, at=matter.at(58))
    assert looked.is_success, looked.text
    assert (await matter.states(desk))["repair"] == "met"
    assert (await matter.post(desk, "closure", confirmed_by="Ms Owner")).is_success


async def test_failed_it_was_no_repair_and_the_breach_is_dated_in_the_past(
    as_role: AsRole, reported: Reported
) -> None:
    desk = await as_role("hotline")
    matter = await reported(60)
    assert (await matter.post(desk, "repair", **FIX, at=matter.at(20))).is_success
    silent = await matter.post(desk, "check", passed=False)
    assert silent.status_code == 422
    looked = await matter.post(desk, "check", passed=False, note="two are still dark")
    assert looked.json()["status"] == "on_site"
    clock = (await matter.clocks(desk))["repair"]
    assert clock["state"] == "late"
    assert matter.due(clock) == 48
    # Whoever comes again repairs it again.
    again = await matter.post(desk, "repair", **FIX)
    assert again.is_success, again.text
    assert (await matter.clocks(desk))["repair"]["met_at"] is not None


async def test_only_what_waits_is_looked_at(as_role: AsRole, reported: Reported) -> None:
    desk = await as_role("hotline")
    matter = await reported(10)
    assert (await matter.post(desk, "check", passed=True)).status_code == 409
    partial = await matter.post(desk, "repair", **FIX | {"result": "partial"})
    assert partial.status_code == 422


async def test_a_temporary_repair_is_watched_and_said_once(
    session: AsyncSession, as_role: AsRole, reported: Reported
) -> None:
    desk = await as_role("hotline")
    matter = await reported(10)
    today = datetime.now(UTC).astimezone(timezone_of()).date()
    temporary = {"work": "a bridge", "result": "temporary", "expires_on": today.isoformat()}
    assert (await matter.post(desk, "repair", **temporary)).is_success
    assert (await matter.states(desk))["repair"] == "running"
    midnight = datetime.combine(today + timedelta(days=1), datetime.min.time(), timezone_of())
    assert await actions.watch_repairs(session, midnight - timedelta(seconds=1)) == 0
    assert await actions.watch_repairs(session, midnight) == 1
    assert await actions.watch_repairs(session, midnight + timedelta(days=9)) == 0
    assert (await matter.diary()).count("repair.expired") == 1


async def test_a_look_nobody_took_is_said_a_day_after(
    session: AsyncSession, as_role: AsRole, reported: Reported
) -> None:
    desk = await as_role("hotline")
    matter = await reported(30)
    assert (await matter.post(desk, "repair", **FIX, at=matter.at(20))).is_success
    due = matter.start + timedelta(hours=44)
    assert await actions.watch_repairs(session, due - timedelta(microseconds=1)) == 0
    assert await actions.watch_repairs(session, due) == 1
    assert "repair.unchecked" in await matter.diary()


def timezone_of() -> ZoneInfo:

    return ZoneInfo("Asia/Shanghai")
