"""Another severity: what gives way, what is left alone, what comes by it (rules.md §2)."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from httpx import AsyncClient

from tests.ticket.conftest import H, Reported

AsRole = Callable[[str], Awaitable[AsyncClient]]
# S2 is served twice as fast here.
TERMS = {"severities": {"S2": {"arrival_hours": 24, "repair_hours": 24}}}


async def test_running_clocks_give_way_and_keep_their_start(
    as_role: AsRole, reported: Reported
) -> None:
    desk = await as_role("hotline")
    matter = await reported(3, terms=TERMS)
    answer = await matter.post(desk, "severity", severity="S2", reason="the whole street")
    assert answer.status_code == 200, answer.text
    assert answer.json()["severity"] == "S2"
    clocks = await matter.clocks(desk)
    assert matter.due(clocks["arrival"]) == matter.due(clocks["repair"]) == 24
    assert datetime.fromisoformat(clocks["repair"]["started_at"]) == matter.start
    assert await matter.generations(desk, "repair") == [(1, "superseded"), (2, "running")]
    # The response was late by then: left alone, nothing succeeds it.
    assert await matter.generations(desk, "response") == [(1, "late")]
    assert (await matter.diary()).count("clock.superseded") == 2


async def test_the_pauses_are_carried_over(as_role: AsRole, reported: Reported) -> None:  # E4
    desk = await as_role("hotline")
    matter = await reported(10, terms=TERMS)
    pause = {"reason": "no_access", "evidence": "locked"}
    assert (
        await matter.post(desk, "pauses", **pause, **{"from": matter.at(1), "to": matter.at(4)})
    ).is_success
    assert (await matter.post(desk, "severity", severity="S2", reason="more dark")).is_success
    clocks = await matter.clocks(desk)
    assert matter.due(clocks["repair"]) == 27
    assert clocks["repair"]["paused_seconds"] == 3 * 3600


async def test_while_paused_it_stays_paused(as_role: AsRole, reported: Reported) -> None:  # E5
    desk = await as_role("hotline")
    matter = await reported(10, terms=TERMS)
    pause = {"reason": "no_access", "evidence": "locked"}
    made = (await matter.post(desk, "pauses", **pause, **{"from": matter.at(2)})).json()
    assert (await matter.post(desk, "severity", severity="S2", reason="more dark")).is_success
    assert (await matter.states(desk))["repair"] == "paused"
    ended = await desk.post(f"/api/v1/pauses/{made['id']}/end", json={"at": matter.at(9)})
    assert ended.is_success
    assert matter.due((await matter.clocks(desk))["repair"]) == 24 + 7


async def test_already_past_the_new_due_it_is_late_from_that_instant(
    as_role: AsRole, reported: Reported
) -> None:
    desk = await as_role("hotline")
    matter = await reported(30, terms=TERMS)
    assert (await matter.post(desk, "severity", severity="S2", reason="more dark")).is_success
    clocks = await matter.clocks(desk)
    assert clocks["repair"]["state"] == "late"
    assert datetime.fromisoformat(clocks["repair"]["breached_at"]) == matter.start + 24 * H


async def test_a_breach_is_not_lowered_away(as_role: AsRole, reported: Reported) -> None:  # E3
    desk = await as_role("hotline")
    matter = await reported(30, terms=TERMS, fault="OUT_MULTI")
    assert (await matter.states(desk))["repair"] == "late"
    lowered = await matter.post(
        desk, "severity", severity="S3", reason="one lamp only", at=matter.at(1)
    )
    assert lowered.is_success
    clocks = await matter.clocks(desk)
    assert clocks["repair"]["state"] == "late"
    assert matter.due(clocks["repair"]) == 24
    assert await matter.generations(desk, "repair") == [(1, "late")]
    assert "clock.breach_withdrawn" not in await matter.diary()


async def test_a_rise_to_s1_starts_make_safe_at_the_change_and_leaving_ends_it(
    as_role: AsRole, reported: Reported
) -> None:
    desk = await as_role("hotline")
    matter = await reported(5)
    up = await matter.post(desk, "severity", severity="S1", reason="bare wire", at=matter.at(4))
    assert up.is_success
    clock = (await matter.clocks(desk))["make_safe"]
    assert datetime.fromisoformat(clock["started_at"]) == matter.start + 4 * H
    assert matter.due(clock) == 6
    down = await matter.post(desk, "severity", severity="S3", reason="it was a rope")
    assert down.is_success
    assert "make_safe" not in await matter.states(desk)
    assert await matter.generations(desk, "make_safe") == [(2, "superseded")]
    assert await matter.generations(desk, "repair") == [
        (1, "superseded"),
        (2, "superseded"),
        (3, "running"),
    ]


async def test_an_act_believed_to_precede_the_change_meets_the_clock_running_then(
    as_role: AsRole, reported: Reported
) -> None:
    desk = await as_role("hotline")
    matter = await reported(10, terms=TERMS)
    assert (await matter.post(desk, "severity", severity="S2", reason="more dark")).is_success
    assert (await matter.post(desk, "arrival", at=matter.at(3))).is_success
    assert await matter.generations(desk, "arrival") == [(1, "met"), (2, "not_needed")]
    assert await matter.generations(desk, "repair") == [(1, "superseded"), (2, "running")]


async def test_the_same_severity_is_refused_and_a_reason_needed(
    as_role: AsRole, reported: Reported
) -> None:
    desk = await as_role("hotline")
    matter = await reported(1)
    same = await matter.post(desk, "severity", severity="S3", reason="why not")
    assert same.status_code == 409
    assert (await matter.post(desk, "severity", severity="S2")).status_code == 422
    assert (await matter.post(desk, "severity", severity="S9", reason="x")).status_code == 422
    stale = await matter.post(desk, "severity", severity="S2", reason="x", version=99)
    assert stale.status_code == 409
    assert await matter.diary() == ["ticket.opened"]


async def test_changed_terms_touch_no_open_ticket(as_role: AsRole, reported: Reported) -> None:
    manager = await as_role("manager")
    matter = await reported(1)
    code = (await manager.get(f"/api/v1/tickets/{matter.ref}")).json()["project"]
    changed = await manager.post(
        f"/api/v1/projects/{code}/terms",
        json={"repair_hours": 8, "severities": {"S2": {"repair_hours": 4}}},
    )
    assert changed.is_success, changed.text
    assert (await matter.post(manager, "severity", severity="S2", reason="worse")).is_success
    assert matter.due((await matter.clocks(manager))["repair"]) == 48
