"""Acts on a ticket: what they keep, imply, refuse, break and withdraw (rules.md §2)."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket
from tickets.events import Event
from tickets.sla import actions as sla
from tickets.sla.models import Clock
from tickets.ticket.rules import Main
from workers.relay import relay_events

H = timedelta(hours=1)
US = timedelta(microseconds=1)


def clock(ticket: dict[str, object], promise: str) -> dict[str, object]:
    clocks = ticket["clocks"]
    assert isinstance(clocks, list)
    return next(c for c in clocks if c["promise"] == promise)


async def kinds(session: AsyncSession, prefix: str) -> list[str]:
    rows = await session.scalars(
        select(Event.kind).where(Event.kind.like(f"{prefix}%")).order_by(Event.id)
    )
    return list(rows)


async def test_the_due_instant_itself_is_kept_and_a_microsecond_later_is_broken(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    project = await make_project(session)
    hotline = await as_role("hotline")
    for off, expected in ((timedelta(0), "met"), (US, "late")):
        ticket = await make_ticket(session, project=project, now=now, reported_at=now - 3 * H)
        at = now - 2 * H + off
        answer = await hotline.post(
            f"/api/v1/tickets/{ticket.ref}/response", json={"at": at.isoformat()}
        )
        assert answer.status_code == 200, answer.text
        assert clock(answer.json(), "response")["state"] == expected
        assert answer.json()["status"] == "answered"


async def test_a_late_act_is_a_breach_dated_at_the_due_instant_without_any_sweep(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    project = await make_project(session)
    ticket = await make_ticket(session, project=project, now=now, reported_at=now - 3 * H)
    hotline = await as_role("hotline")
    answer = await hotline.post(f"/api/v1/tickets/{ticket.ref}/response", json={})
    broken = clock(answer.json(), "response")
    assert broken["state"] == "late"
    assert datetime.fromisoformat(str(broken["breached_at"])) == now - 2 * H
    breach = (await session.scalars(select(Event).where(Event.kind == "clock.breached"))).one()
    assert breach.happened_at == now - 2 * H
    assert await sla.breach_overdue(session, now) == 0


async def test_true_news_withdraws_a_breach_and_the_breach_stays_readable(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    project = await make_project(session)
    ticket = await make_ticket(session, project=project, now=now, reported_at=now - 3 * H)
    assert await sla.breach_overdue(session, now) == 1
    await session.flush()
    hotline = await as_role("hotline")
    answer = await hotline.post(
        f"/api/v1/tickets/{ticket.ref}/response", json={"at": (now - 2.5 * H).isoformat()}
    )
    kept = clock(answer.json(), "response")
    assert (kept["state"], kept["breached_at"]) == ("met", None)
    assert await kinds(session, "clock.") == ["clock.breached", "clock.breach_withdrawn"]
    row = (await session.scalars(select(Clock).where(Clock.promise == "response"))).one()
    await session.refresh(row)
    assert row.breach_no == 1


async def test_late_news_of_an_earlier_answer_counts_although_one_was_recorded(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    project = await make_project(session)
    ticket = await make_ticket(session, project=project, now=now, reported_at=now - 3 * H)
    hotline = await as_role("hotline")
    url = f"/api/v1/tickets/{ticket.ref}/response"
    assert clock((await hotline.post(url, json={})).json(), "response")["state"] == "late"
    earlier = await hotline.post(url, json={"at": (now - 2.5 * H).isoformat()})
    assert clock(earlier.json(), "response")["state"] == "met"
    assert await kinds(session, "clock.") == ["clock.breached", "clock.breach_withdrawn"]
    again = await hotline.post(url, json={"at": (now - 1 * H).isoformat()})
    assert again.status_code == 409
    assert "already" in again.json()["detail"]


@pytest.mark.parametrize("off", [timedelta(minutes=5), timedelta(seconds=30)])
async def test_an_act_cannot_lie_in_the_future(
    session: AsyncSession, as_role: SignedIn, now: datetime, off: timedelta
) -> None:
    project = await make_project(session)
    ticket = await make_ticket(session, project=project, now=now)
    hotline = await as_role("hotline")
    answer = await hotline.post(
        f"/api/v1/tickets/{ticket.ref}/response", json={"at": (now + off).isoformat()}
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "at"


async def test_an_act_cannot_precede_the_report(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    project = await make_project(session)
    ticket = await make_ticket(session, project=project, now=now)
    hotline = await as_role("hotline")
    answer = await hotline.post(
        f"/api/v1/tickets/{ticket.ref}/response", json={"at": (now - US).isoformat()}
    )
    assert answer.status_code == 422


async def test_a_cancelled_ticket_keeps_its_breach_and_takes_no_more_acts(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    project = await make_project(session)
    ticket = await make_ticket(session, project=project, now=now, reported_at=now - 3 * H)
    manager = await as_role("manager")
    url = f"/api/v1/tickets/{ticket.ref}"
    # No date set back makes the breach unhappen.
    answer = await manager.post(
        f"{url}/cancellation", json={"reason": "twice", "at": (now - 2.9 * H).isoformat()}
    )
    states = {c["promise"]: c["state"] for c in answer.json()["clocks"]}
    assert states == {"response": "late", "arrival": "not_needed", "repair": "not_needed"}
    assert answer.json()["status"] == "cancelled"
    for path, body in (
        ("response", {}),
        ("arrival", {}),
        ("cancellation", {"reason": "x"}),
        ("closure", {"confirmed_by": "Li"}),
    ):
        refused = await manager.post(f"{url}/{path}", json=body)
        assert refused.status_code == 409, path
        assert refused.json()["detail"]


async def test_closing_needs_the_owners_word_or_three_tries(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    project = await make_project(session)
    hotline = await as_role("manager")

    async def repaired() -> str:
        ticket = await make_ticket(session, project=project, now=now, reported_at=now - H)
        url = f"/api/v1/tickets/{ticket.ref}"
        early = await hotline.post(f"{url}/closure", json={"confirmed_by": "Li"})
        assert early.status_code == 409
        done = await hotline.post(
            f"{url}/repair", json={"on_site": True, "cause": "C_PRODUCT", "work": "new driver"}
        )
        assert done.status_code == 200, done.text
        assert done.json()["status"] == "repaired"
        return url

    url = await repaired()
    assert (await hotline.post(f"{url}/closure", json={})).status_code == 409
    closed = await hotline.post(f"{url}/closure", json={"confirmed_by": "Li Gong"})
    assert (closed.status_code, closed.json()["status"]) == (200, "closed")

    url = await repaired()
    for tries in range(3):
        assert (await hotline.post(f"{url}/closure", json={})).status_code == 409, tries
        await hotline.post(f"{url}/callbacks", json={"outcome": "not_reached"})
    assert (await hotline.post(f"{url}/closure", json={})).status_code == 200

    url = await repaired()
    await hotline.post(f"{url}/callbacks", json={"outcome": "does_not"})
    assert (await hotline.post(f"{url}/closure", json={"confirmed_by": "Li"})).status_code == 409
    works = await hotline.post(f"{url}/callbacks", json={"outcome": "works", "rating": 5})
    assert works.status_code == 200
    twice = await hotline.post(f"{url}/callbacks", json={"outcome": "works", "rating": 4})
    assert twice.status_code == 409
    assert (await hotline.post(f"{url}/closure", json={})).status_code == 200


async def test_what_is_not_ours_is_closed_by_saying_what_the_caller_was_told(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    project = await make_project(session)
    ticket = await make_ticket(session, project=project, now=now, fault="NEVER_ON")
    hotline = await as_role("hotline")
    url = f"/api/v1/tickets/{ticket.ref}/closure"
    assert (await hotline.post(url, json={"outcome": "out_of_scope"})).status_code == 422
    answer = await hotline.post(
        url, json={"outcome": "out_of_scope", "told": "power company, passed on"}
    )
    states = {c["promise"]: c["state"] for c in answer.json()["clocks"]}
    assert states == {"response": "met", "arrival": "not_needed", "repair": "not_needed"}


async def test_assigning_a_stale_page_is_refused_with_a_sentence(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    project = await make_project(session)
    ticket = await make_ticket(session, project=project, now=now)
    one, two = await make_person(session), await make_person(session)
    hotline = await as_role("hotline")
    url = f"/api/v1/tickets/{ticket.ref}/assignment"
    seen = ticket.version
    first = await hotline.post(url, json={"technician": one.login, "version": seen})
    assert first.json()["technician"] == one.login
    second = await hotline.post(url, json={"technician": two.id, "version": seen})
    assert second.status_code == 409
    assert "meanwhile" in second.json()["detail"]
    nobody = await hotline.post(url, json={"technician": "nobody"})
    assert nobody.status_code == 422


async def test_the_diary_is_never_changed(session: AsyncSession, now: datetime) -> None:
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    project = await make_project(session)
    await make_ticket(session, project=project, now=now)
    for statement in ("UPDATE event SET kind = 'x'", "DELETE FROM event"):
        with pytest.raises(DBAPIError, match="the diary is never changed"):
            async with session.begin_nested():
                await session.execute(text(statement))


async def test_main_equipment_is_decided_until_the_repair_breaks_and_not_after(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    project = await make_project(session)
    hotline = await as_role("hotline")
    early = await make_ticket(session, project=project, now=now)
    url = f"/api/v1/tickets/{early.ref}/main_equipment"
    assert (await hotline.post(url, json={"main_equipment": "no"})).json()["main_equipment"] == "no"
    assert (await hotline.post(url, json={"main_equipment": "no"})).status_code == 409
    overdue = await make_ticket(session, project=project, now=now, reported_at=now - 49 * H)
    answer = await hotline.post(
        f"/api/v1/tickets/{overdue.ref}/main_equipment", json={"main_equipment": "no"}
    )
    assert answer.status_code == 409
    assert "overdue" in answer.json()["detail"]


async def test_a_debt_left_behind_can_still_be_settled_on_the_page(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    project = await make_project(session, accepted_on=now.date())
    ticket = await make_ticket(
        session, project=project, now=now, reported_at=now - 49 * H, main=Main.YES
    )
    ticket.cover = "warranty"
    await sla.breach_overdue(session, now)
    await session.commit()
    await relay_events({})
    manager = await as_role("manager")
    url = f"/api/v1/tickets/{ticket.ref}"
    await manager.post(f"{url}/repair", json={"cause": "C_PRODUCT", "work": "new driver"})
    closed = await manager.post(f"{url}/closure", json={"confirmed_by": "Li"})
    assert (closed.json()["status"], closed.json()["substitution"]["state"]) == ("closed", "owed")
    page = await manager.get(f"/tickets/{ticket.ref}")
    assert f'action="/tickets/{ticket.ref}/measures"' in page.text
    settled = await manager.post(f"{url}/measures", json={"description": "floodlight put up"})
    assert settled.json()["substitution"]["state"] == "measure"
    after = await manager.get(f"/tickets/{ticket.ref}")
    assert f'action="/tickets/{ticket.ref}/measures"' not in after.text


async def test_a_technician_takes_a_ticket_by_his_own_name_and_gives_none_away(
    session: AsyncSession, browser_of: SignedIn, now: datetime
) -> None:
    project = await make_project(session)
    ticket = await make_ticket(session, project=project, now=now)
    mine, other = await make_person(session), await make_person(session)
    phone = await browser_of(mine)
    url = f"/api/v1/tickets/{ticket.ref}/response"
    assert (await phone.post(url, json={"technician": other.login})).status_code == 422
    taken = await phone.post(url, json={"technician": mine.login})
    assert (taken.status_code, taken.json()["technician"]) == (200, mine.login)


async def test_an_answer_sent_again_after_a_new_sign_in_is_the_same_answer(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    project = await make_project(session)
    ticket = await make_ticket(session, project=project, now=now)
    key = {"Idempotency-Key": "5b1f0b8e-6f1c-4d38-9a53-0f6f0f7c1a22"}
    for _ in range(2):
        hotline = await as_role("hotline")  # another session each time
        answer = await hotline.post(f"/api/v1/tickets/{ticket.ref}/response", json={}, headers=key)
        assert answer.status_code == 200, answer.text
    assert (await kinds(session, "ticket.answered")) == ["ticket.answered"]
