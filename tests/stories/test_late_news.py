"""News that comes late: believed or not, what it withdraws, who hears of it (rules.md §6)."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.ticket.conftest import H, Matter, Reported
from tickets.events import Event
from tickets.notice.models import Notice
from tickets.sla import actions as sla
from workers.post import send_notices
from workers.relay import relay_events

AsRole = Callable[[str], Awaitable[AsyncClient]]
SECOND = timedelta(seconds=1)


async def time_passes(session: AsyncSession) -> None:
    """The worker looks: sweep, reactions, messages."""
    await sla.breach_overdue(session, datetime.now(UTC))
    await sla.warn_in_time(session, datetime.now(UTC))
    await session.commit()
    await relay_events({})
    await send_notices({})


async def told(session: AsyncSession, threshold: str, promise: str) -> dict[int, int]:
    """How many such notices each person has, by breach number."""
    rows = await session.scalars(select(Notice).where(Notice.threshold == threshold))
    found: dict[int, int] = {}
    for row in rows:
        if row.facts["promise"] == promise:
            found[row.breach_no or 0] = found.get(row.breach_no or 0, 0) + 1
    return found


def delivered(at: datetime, slow: timedelta = timedelta(0)) -> dict[str, Any]:
    """An act of a phone whose clock is `slow` behind ours, delivered now."""
    return {
        "at": (at - slow).isoformat(),
        "phone_time": (datetime.now(UTC) - slow).isoformat(),
    }


async def test_an_arrival_tapped_offline_is_judged_at_its_instant_and_takes_the_breach_back(
    session: AsyncSession, as_role: AsRole, reported: Reported
) -> None:  # E27
    manager, phone = await as_role("manager"), await as_role("technician")
    matter = await reported(50)
    await time_passes(session)
    assert (await told(session, "breach", "arrival"))[1] >= 1
    heard = await told(session, "breach", "arrival")

    tapped = matter.start + 47 * H
    sent = perf_counter()
    answer = await matter.post(phone, "arrival", **delivered(tapped, slow=5 * 60 * SECOND))
    on_the_way = (perf_counter() - sent) * SECOND
    assert answer.is_success, answer.text
    clock = (await matter.clocks(manager))["arrival"]
    assert clock["state"] == "met"
    # How long the request itself takes, on a busy machine, nobody can tell from a clock's error.
    assert abs(datetime.fromisoformat(clock["met_at"]) - tapped) < 2 * SECOND + on_the_way
    assert "clock_skew" in answer.json()["flags"]  # believed, and flagged all the same
    await time_passes(session)
    assert await told(session, "withdrawn", "arrival") == heard  # they, and nobody else
    diary = await matter.diary()
    assert diary.index("clock.breached") < diary.index("clock.breach_withdrawn")


async def test_a_phone_clock_moved_ahead_is_flagged_and_not_trusted(
    as_role: AsRole, reported: Reported
) -> None:  # E27
    phone = await as_role("technician")
    matter = await reported(10)
    six = timedelta(hours=6)
    # The clock of the phone is six hours ahead, and the act was "five minutes ago" by it.
    ahead = datetime.now(UTC) + six
    answer = await matter.post(
        phone,
        "arrival",
        at=(ahead - timedelta(minutes=5)).isoformat(),
        phone_time=ahead.isoformat(),
    )
    met = datetime.fromisoformat((await matter.clocks(phone))["arrival"]["met_at"])
    assert timedelta(minutes=4) < datetime.now(UTC) - met < timedelta(minutes=7)
    assert answer.json()["flags"] == ["clock_skew"]


async def test_what_cannot_be_believed_counts_from_its_delivery_and_shows_both(
    session: AsyncSession, as_role: AsRole, reported: Reported
) -> None:
    phone = await as_role("technician")
    matter = await reported(100)
    claimed = matter.start + 20 * H  # 80 hours ago: older than 72
    answer = await matter.post(phone, "arrival", **delivered(claimed))
    assert answer.is_success
    assert "late_news" in answer.json()["flags"]
    assert (await matter.states(phone))["arrival"] == "late"
    event = (
        await session.scalars(
            select(Event).where(Event.ticket_id == matter.ticket.id, Event.kind == "ticket.arrived")
        )
    ).one()
    assert datetime.fromisoformat(event.facts["claimed_at"]) == claimed
    assert datetime.now(UTC) - event.happened_at < timedelta(minutes=1)


async def test_at_the_desk_nothing_is_too_long_ago(as_role: AsRole, reported: Reported) -> None:
    desk = await as_role("hotline")
    matter = await reported(200)
    assert (await matter.post(desk, "arrival", at=matter.at(20))).is_success
    assert (await matter.states(desk))["arrival"] == "met"


async def test_it_may_break_again_as_breach_two_and_is_told_again(
    session: AsyncSession, as_role: AsRole, reported: Reported
) -> None:  # E9
    manager = await as_role("manager")
    matter = await reported(50)
    await time_passes(session)
    pause = {"reason": "weather_unsafe", "evidence": "storm"}
    made = await matter.post(
        manager, "pauses", **pause, **{"from": matter.at(10), "to": matter.at(20)}
    )
    assert made.json()["counts"] is True
    await time_passes(session)
    assert (await matter.states(manager))["repair"] == "running"
    rejected = await manager.post(
        f"/api/v1/pauses/{made.json()['id']}/rejection", json={"reason": "it was dry"}
    )
    assert rejected.is_success
    for _ in range(3):  # looking again sends nothing again
        await time_passes(session)
    heard = await told(session, "breach", "repair")
    assert heard[1] == heard[2] > 0
    assert set(heard) == {1, 2}
    assert (await told(session, "withdrawn", "repair")) == {1: heard[1]}


async def test_two_promises_broken_on_one_day_are_two_notices_also_without_a_technician(
    session: AsyncSession, as_role: AsRole, reported: Reported
) -> None:  # E11
    await as_role("manager")
    await reported(50)
    await time_passes(session)
    # The response broke two days ago: only the highest threshold that has passed is said.
    for promise, threshold in (("response", "+48h"), ("arrival", "breach"), ("repair", "breach")):
        assert (await told(session, threshold, promise))[1] >= 1
    assert await told(session, "breach", "response") == {}


async def test_a_refused_act_holds_up_none_of_the_others_and_a_key_is_one_act(
    as_role: AsRole, reported: Reported
) -> None:  # E26
    phone = await as_role("technician")
    matter = await reported(10)
    key = {"Idempotency-Key": "0b6a2f6e-56d1-4b4a-8f41-9f1f5b8f7c01"}
    body = delivered(matter.start + 3 * H)
    url = f"/api/v1/tickets/{matter.ref}"
    first = await phone.post(f"{url}/arrival", json=body, headers=key)
    assert first.is_success
    again = await phone.post(f"{url}/arrival", json=body, headers=key)
    assert again.headers["Idempotent-Replay"] == "true"
    refused = await phone.post(f"{url}/arrival", json=delivered(matter.start + 4 * H))
    assert refused.status_code == 409
    assert refused.json()["detail"]
    fixed = await phone.post(
        f"{url}/repair",
        json=delivered(matter.start + 5 * H) | {"work": "a fuse", "cause": "C_NATURAL"},
    )
    assert fixed.is_success
    assert (await matter.diary()).count("ticket.arrived") == 1


async def test_news_of_what_came_before_the_end_is_taken_and_of_what_came_after_is_not(
    as_role: AsRole, reported: Reported
) -> None:
    lead, phone = await as_role("hotline_lead"), await as_role("technician")
    matter: Matter = await reported(60)
    assert (await matter.post(lead, "cancellation", reason="a mistake")).is_success
    assert (await matter.states(lead))["arrival"] == "late"  # a breach stays
    answer = await matter.post(phone, "arrival", **delivered(matter.start + 40 * H))
    assert answer.is_success, answer.text
    told = await matter.states(lead)
    assert (told["arrival"], told["response"], told["repair"]) == ("met", "late", "late")
    assert answer.json()["status"] == "cancelled"
    assert (await matter.post(phone, "repair", work="x", cause="C_NATURAL")).status_code == 409
