"""News in an order that nobody planned for, and what it makes of breaches and debts."""

import csv
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket, who_of
from tickets.events import Event
from tickets.loan import actions as loan
from tickets.loan.models import Substitution
from tickets.refusals import Refused
from tickets.sla import actions as sla
from tickets.sla.models import Clock
from tickets.sla.rules import ActKind
from tickets.staff.rules import Role
from tickets.ticket.actions import perform
from tickets.ticket.models import Ticket
from tickets.ticket.rules import Main

H = timedelta(hours=1)


async def _react(session: AsyncSession, ticket: Ticket) -> None:
    """What the relay would do, in the order of the diary."""
    await session.flush()
    told = await session.scalars(
        select(Event).where(Event.ticket_id == ticket.id).order_by(Event.id)
    )
    for event in told:
        if event.kind == "clock.breached":
            await loan.owe(session, event)
        if event.kind == "clock.breach_withdrawn":
            await loan.lapse(session, event)
    await session.flush()


async def test_an_arrival_told_late_moves_the_breach_of_a_repair_counted_from_it(
    session: AsyncSession, now: datetime
) -> None:
    """Nobody came, so the repair counted from the arrival's due instant and broke after 96 h.
    Then it turns out that somebody was there after 10 h: it broke after 58 h, and is dated so."""
    project = await make_project(
        session, accepted_on=date(2026, 1, 1), terms={"repair_from": "arrival"}
    )
    start = now - 100 * H
    ticket = await make_ticket(session, project=project, now=now, reported_at=start, main=Main.YES)
    await sla.breach_overdue(session, now)
    await sla.breach_overdue(session, now)
    await _react(session, ticket)
    clock = (
        await session.scalars(
            select(Clock).where(Clock.ticket_id == ticket.id, Clock.promise == "repair")
        )
    ).one()
    assert (clock.breached_at, clock.breach_no) == (start + 96 * H, 1)
    debt = (await session.scalars(select(Substitution))).one()
    assert debt.owed_at == start + 96 * H

    person = await make_person(session)
    await perform(
        session,
        ticket,
        ActKind.ARRIVAL,
        who=who_of(person.id, Role.TECHNICIAN),
        at=start + 10 * H,
        now=now,
    )
    await _react(session, ticket)
    assert (clock.due_at, clock.breached_at, clock.breach_no) == (
        start + 58 * H,
        start + 58 * H,
        2,
    )
    repair_told = [
        (event.kind, event.facts["breach_no"], event.facts.get("moved"))
        for event in await session.scalars(
            select(Event)
            .where(Event.ticket_id == ticket.id, Event.kind.startswith("clock."))
            .order_by(Event.id)
        )
        if event.facts["promise"] == "repair"
    ]
    assert repair_told == [
        ("clock.breached", 1, None),
        ("clock.breach_withdrawn", 1, True),
        ("clock.breached", 2, None),
    ]
    await session.refresh(debt)
    assert (debt.state, debt.owed_at) == ("owed", start + 58 * H)


async def test_whoever_says_now_brings_no_news_of_something_earlier(
    session: AsyncSession, now: datetime
) -> None:
    """Two at once: he who asked first and waited longer must not count as the earlier answer."""
    project = await make_project(session)
    ticket = await make_ticket(session, project=project, now=now, reported_at=now - H / 2)
    person = await make_person(session)
    who = who_of(person.id, Role.TECHNICIAN)
    await perform(session, ticket, ActKind.RESPONSE, who=who, at=None, now=now + H / 60)
    with pytest.raises(Refused, match="already been answered"):
        await perform(session, ticket, ActKind.RESPONSE, who=who, at=None, now=now)


async def test_a_debt_is_settled_even_after_the_ticket_was_closed(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    """Repaired late and closed: what was owed stays on the managers' page until it is settled."""
    project = await make_project(session, accepted_on=date(2026, 1, 1))
    ticket = await make_ticket(
        session, project=project, now=now, reported_at=now - 60 * H, main=Main.YES
    )
    await sla.breach_overdue(session, now)
    await _react(session, ticket)
    manager = await as_role("manager")
    url = f"/api/v1/tickets/{ticket.ref}"
    body = {"cause": "C_PRODUCT", "work": "Driver", "on_site": True}
    assert (await manager.post(f"{url}/repair", json=body)).status_code == 200
    assert (
        await manager.post(f"{url}/closure", json={"confirmed_by": "Ms Owner"})
    ).status_code == 200
    declined = await manager.post(f"{url}/substitution_declined", json={"by": "Ms Owner"})
    assert declined.status_code == 201, declined.text
    assert declined.json()["substitution"]["state"] == "declined"
    again = await manager.post(f"{url}/substitution_declined", json={"by": "Ms Owner"})
    assert again.status_code == 409


async def test_a_call_back_sent_twice_is_one_of_the_three_tries(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    project = await make_project(session)
    ticket = await make_ticket(session, project=project, now=now, reported_at=now - H)
    desk = await as_role("manager")
    url = f"/tickets/{ticket.ref}"
    body = {"cause": "C_PRODUCT", "work": "Driver", "on_site": True}
    await desk.post(f"/api/v1{url}/repair", json=body)
    form = {"outcome": "not_reached", "key": str(uuid4())}
    said = {"text": "Gate is locked", "key": str(uuid4())}
    for _ in range(3):
        assert (await desk.post(f"{url}/callbacks", data=form)).status_code == 303
        assert (await desk.post(f"{url}/notes", data=said)).status_code == 303
    kinds = [event["kind"] for event in (await desk.get(f"/api/v1{url}/events")).json()["items"]]
    assert (kinds.count("ticket.called_back"), kinds.count("ticket.noted")) == (1, 1)
    assert (await desk.post(f"{url}/closure", data={})).status_code == 409


async def test_what_was_cancelled_grows_no_later(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    project = await make_project(session)
    ticket = await make_ticket(session, project=project, now=now, reported_at=now - 30 * H)
    await sla.breach_overdue(session, now)
    manager = await as_role("manager")
    url = f"/api/v1/tickets/{ticket.ref}/cancellation"
    at = (now - 27 * H).isoformat()
    assert (await manager.post(url, json={"reason": "by mistake", "at": at})).status_code == 200
    (row,) = csv.DictReader((await manager.get("/broken.csv")).text.lstrip("\ufeff").splitlines())
    assert row["Late by (minutes)"] == "120"


async def test_what_is_not_ours_is_closed_though_the_reporters_watch_is_ahead(
    session: AsyncSession, as_role: SignedIn
) -> None:
    now = datetime.now(UTC)
    project = await make_project(session)
    ahead = now + timedelta(seconds=100)
    ticket = await make_ticket(session, project=project, now=now, reported_at=ahead)
    manager = await as_role("manager")
    url = f"/api/v1/tickets/{ticket.ref}/closure"
    answer = await manager.post(url, json={"outcome": "out_of_scope", "told": "Ring the grid"})
    assert answer.status_code == 200, answer.text
