"""Two calls about one dark street become one ticket, and two again (rules.md §2, E30)."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime

from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from tests.makers.project import make_project
from tests.ticket.conftest import H, Matter, Reported
from tickets.sla.actions import breach_overdue

AsRole = Callable[[str], Awaitable[AsyncClient]]


async def two(
    session: AsyncSession, reported: Reported, first: float, second: float, **more: str
) -> tuple[Matter, Matter]:
    project = await make_project(session, accepted_on=date(2026, 1, 9), months=24)
    return (
        await reported(first, project=project),
        await reported(second, project=project, **more),
    )


async def test_the_earliest_report_and_the_earliest_response_win(
    session: AsyncSession, as_role: AsRole, reported: Reported
) -> None:  # E30
    desk = await as_role("hotline")
    old, new = await two(session, reported, 10, 9.5)
    assert (await new.post(desk, "response", at=new.at(0.25))).is_success
    assert (await old.states(desk))["response"] == "late"
    await breach_overdue(session, datetime.now(UTC))
    await session.commit()
    merged = await old.post(desk, "duplicate_of", ref=new.ref)
    assert merged.status_code == 200, merged.text
    told = merged.json()
    assert (told["status"], told["merged_into"]) == ("merged", new.ref)
    assert {clock["state"] for clock in told["clocks"]} == {"superseded"}
    clocks = await new.clocks(desk)
    assert datetime.fromisoformat(clocks["arrival"]["started_at"]) == old.start
    assert clocks["response"]["state"] == "met"  # 45 minutes after the earliest report
    # What the duplicate had broken was kept, as we know now; those told of it hear that.
    assert "clock.breach_withdrawn" in await old.diary()


async def test_a_breach_that_follows_is_dated_in_the_past(
    session: AsyncSession, as_role: AsRole, reported: Reported
) -> None:
    desk = await as_role("hotline")
    old, new = await two(session, reported, 50, 10)
    assert (await new.states(desk))["repair"] == "running"
    assert (await old.post(desk, "duplicate_of", ref=new.ref)).is_success
    clock = (await new.clocks(desk))["repair"]
    assert clock["state"] == "late"
    assert datetime.fromisoformat(clock["breached_at"]) == old.start + 48 * H


async def test_both_tickets_acts_and_pauses_count(
    session: AsyncSession, as_role: AsRole, reported: Reported
) -> None:
    desk = await as_role("hotline")
    old, new = await two(session, reported, 20, 18)
    pause = {"reason": "no_access", "evidence": "locked"}
    for matter, begin, end in ((old, 4, 8), (new, 4, 7)):  # they overlap by two hours
        answer = await matter.post(
            desk, "pauses", **pause, **{"from": matter.at(begin), "to": matter.at(end)}
        )
        assert answer.is_success, answer.text
    assert (await old.post(desk, "arrival", at=old.at(12))).is_success
    assert (await old.post(desk, "duplicate_of", ref=new.ref)).is_success
    clocks = await new.clocks(desk)
    assert clocks["arrival"]["state"] == "met"
    assert old.due(clocks["repair"]) == 48 + 5
    assert clocks["repair"]["paused_seconds"] == 5 * 3600
    assert (await desk.get(f"/api/v1/tickets/{new.ref}")).json()["status"] == "on_site"


async def test_splitting_derives_both_anew(
    session: AsyncSession, as_role: AsRole, reported: Reported
) -> None:
    desk = await as_role("hotline")
    old, new = await two(session, reported, 20, 10)
    assert (await old.post(desk, "response", at=old.at(0.5))).is_success
    assert (await old.post(desk, "duplicate_of", ref=new.ref)).is_success
    apart = await old.post(desk, "split", reason="another street")
    assert apart.status_code == 200, apart.text
    assert apart.json()["status"] == "answered"
    assert (await old.states(desk))["response"] == "met"
    clocks = await new.clocks(desk)
    assert datetime.fromisoformat(clocks["repair"]["started_at"]) == new.start
    assert clocks["response"]["state"] == "late"
    assert (await old.post(desk, "split", reason="again")).status_code == 409


async def test_danger_is_merged_with_a_reason_and_goes_on(
    session: AsyncSession, as_role: AsRole, reported: Reported
) -> None:
    desk = await as_role("hotline")
    dull, danger = await two(session, reported, 10, 1.5, fault="LEAK")
    bare = await danger.post(desk, "duplicate_of", ref=dull.ref)
    assert bare.status_code == 422
    joined = await danger.post(desk, "duplicate_of", ref=dull.ref, reason="same pole")
    assert joined.is_success, joined.text
    told = (await desk.get(f"/api/v1/tickets/{dull.ref}")).json()
    assert told["severity"] == "S1"
    safe = (await dull.clocks(desk))["make_safe"]
    assert datetime.fromisoformat(safe["started_at"]) == danger.start
    apart = await danger.post(desk, "split", reason="another pole")
    assert apart.is_success
    told = (await desk.get(f"/api/v1/tickets/{dull.ref}")).json()
    assert told["severity"] == "S3"
    assert (await dull.states(desk)).get("make_safe") == "not_needed"
    assert (await danger.states(desk))["make_safe"] == "running"


async def test_an_act_on_the_duplicate_reaches_the_survivor(
    session: AsyncSession, as_role: AsRole, reported: Reported
) -> None:
    desk, tech = await as_role("hotline"), await as_role("technician")
    old, new = await two(session, reported, 3, 2)
    assert (await old.post(desk, "duplicate_of", ref=new.ref)).is_success
    assert (await old.post(tech, "arrival", at=old.at(2))).is_success
    assert (await new.states(desk))["arrival"] == "met"


async def test_what_cannot_be_merged_is_refused(
    session: AsyncSession, as_role: AsRole, reported: Reported
) -> None:
    desk = await as_role("hotline_lead")
    one, other = await two(session, reported, 3, 2)
    elsewhere = await reported(2)
    assert (await one.post(desk, "duplicate_of", ref=one.ref)).status_code == 422
    assert (await one.post(desk, "duplicate_of", ref=elsewhere.ref)).status_code == 422
    assert (await one.post(desk, "duplicate_of", ref="T-1")).status_code == 404
    assert (await other.post(desk, "cancellation", reason="a mistake")).is_success
    assert (await one.post(desk, "duplicate_of", ref=other.ref)).status_code == 409
