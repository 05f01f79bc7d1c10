"""A substitution: owed at the breach of the repair, settled, declined, lapsed (rules.md §8)."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.project import make_project
from tests.makers.ticket import make_ticket
from tickets.events import Event
from tickets.loan.actions import lapse, owe
from tickets.loan.models import Settlement, Substitution
from tickets.loan.queries import of_tickets
from tickets.project.models import Contact
from tickets.sla.actions import breach_overdue
from tickets.ticket.models import Ticket
from tickets.ticket.rules import Main

H = timedelta(hours=1)


async def broken(
    session: AsyncSession,
    now: datetime,
    *,
    main: Main = Main.YES,
    accepted_on: date | None = date(2026, 10, 1),
    months: int = 12,
    hours: int = 50,
) -> Ticket:
    """A ticket whose repair promise broke `hours` - 48 hours ago, and whose debt was decided."""
    project = await make_project(session, accepted_on=accepted_on, months=months)
    ticket = await make_ticket(
        session, project=project, now=now, reported_at=now - hours * H, main=main
    )
    await breach_overdue(session, now)
    await session.flush()
    await react(session, ticket)
    await session.commit()
    return ticket


async def react(session: AsyncSession, ticket: Ticket) -> None:
    """What the relay does with the ticket's diary, from its beginning."""
    diary = await session.scalars(
        select(Event).where(Event.ticket_id == ticket.id).order_by(Event.id)
    )
    for event in diary.all():
        if event.kind == "clock.breached":
            await owe(session, event)
        elif event.kind == "clock.breach_withdrawn":
            await lapse(session, event)
    await session.flush()


async def kinds(session: AsyncSession, ticket: Ticket) -> list[str]:
    rows = await session.scalars(
        select(Event.kind)
        .where(Event.ticket_id == ticket.id, Event.kind.like("substitution.%"))
        .order_by(Event.id)
    )
    return list(rows)


async def shown(as_role: SignedIn, ticket: Ticket) -> dict[str, Any]:
    client = await as_role("manager")
    answer = await client.get(f"/api/v1/tickets/{ticket.ref}")
    found: dict[str, Any] = answer.json()["substitution"]
    return found


@pytest.mark.parametrize("main", [Main.YES, Main.UNKNOWN])
async def test_it_is_owed_from_the_instant_the_repair_was_due(
    session: AsyncSession, as_role: SignedIn, now: datetime, main: Main
) -> None:
    ticket = await broken(session, now, main=main)
    found = await shown(as_role, ticket)
    assert found["state"] == "owed"
    assert datetime.fromisoformat(found["owed_at"]) == now - 2 * H
    event = (await session.scalars(select(Event).where(Event.kind == "substitution.owed"))).one()
    assert (event.happened_at, event.facts["main_equipment"]) == (now - 2 * H, main)


@pytest.mark.parametrize(
    ("main", "accepted_on", "months"),
    [
        (Main.NO, date(2026, 10, 1), 12),
        (Main.YES, date(2024, 1, 1), 12),  # the warranty is over
        (Main.YES, None, 12),  # never accepted
    ],
)
async def test_it_is_not_owed(
    session: AsyncSession,
    as_role: SignedIn,
    now: datetime,
    main: Main,
    accepted_on: date | None,
    months: int,
) -> None:
    ticket = await broken(session, now, main=main, accepted_on=accepted_on, months=months)
    assert await shown(as_role, ticket) == {
        "state": "not_owed",
        "owed_at": None,
        "settled_at": None,
        "loan": None,
    }
    assert await kinds(session, ticket) == []


async def test_a_late_arrival_alone_owes_nothing(session: AsyncSession, now: datetime) -> None:
    ticket = await broken(session, now, hours=3)  # only the response is late
    assert await of_tickets(session, [ticket.id]) == {}


async def test_it_is_owed_once_however_often_the_worker_looks(
    session: AsyncSession, now: datetime
) -> None:
    ticket = await broken(session, now)
    for _ in range(3):
        await react(session, ticket)
    assert await kinds(session, ticket) == ["substitution.owed"]
    assert await session.scalar(select(func.count()).select_from(Substitution)) == 1


async def test_a_measure_settles_it(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    ticket = await broken(session, now)
    client = await as_role("technician")
    answer = await client.post(
        f"/api/v1/tickets/{ticket.ref}/measures",
        json={"description": "Two mobile floodlights", "at": (now - H).isoformat()},
    )
    assert answer.status_code == 201, answer.text
    found = answer.json()["substitution"]
    assert found["state"] == "measure"
    assert datetime.fromisoformat(found["settled_at"]) == now - H
    assert await kinds(session, ticket) == ["substitution.owed", "substitution.settled"]


async def test_a_measure_taken_before_the_debt_settles_it_as_it_arises(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    project = await make_project(session, accepted_on=date(2026, 10, 1))
    ticket = await make_ticket(
        session, project=project, now=now, reported_at=now - 50 * H, main=Main.YES
    )
    client = await as_role("technician")
    answer = await client.post(
        f"/api/v1/tickets/{ticket.ref}/measures",
        json={"description": "Generator", "at": (now - 20 * H).isoformat()},
    )
    assert answer.json()["substitution"]["state"] == "not_owed"
    await breach_overdue(session, now)
    await session.flush()
    await react(session, ticket)
    found = (await of_tickets(session, [ticket.id]))[ticket.id]
    assert (found.state, found.owed_at, found.settled_at) == (
        "measure",
        now - 2 * H,
        now - 20 * H,
    )


async def test_the_owner_declines_and_the_diary_knows_him_by_reference_only(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    ticket = await broken(session, now)
    client = await as_role("hotline")
    answer = await client.post(
        f"/api/v1/tickets/{ticket.ref}/substitution_declined",
        json={"by": "Director Wang", "note": "The square is closed anyway"},
    )
    assert answer.status_code == 201, answer.text
    assert answer.json()["substitution"]["state"] == "declined"
    settlement = (await session.scalars(select(Settlement))).one()
    contact = await session.get_one(Contact, settlement.contact_id)
    assert (contact.name, settlement.description) == (
        "Director Wang",
        "The square is closed anyway",
    )
    for event in await session.scalars(select(Event).where(Event.ticket_id == ticket.id)):
        assert "Wang" not in str(event.facts)


@pytest.mark.parametrize(
    ("act", "body", "field"),
    [
        ("measures", {}, "description"),
        ("measures", {"description": "x", "at": "2999-01-01T00:00:00Z"}, "at"),
        ("measures", {"description": "x", "at": "2001-01-01T00:00:00Z"}, "at"),
        ("measures", {"description": "x", "photos": [str(uuid4())]}, "photos"),
        ("substitution_declined", {"note": "x"}, "by"),
    ],
)
async def test_what_cannot_be_recorded(
    session: AsyncSession,
    as_role: SignedIn,
    now: datetime,
    act: str,
    body: dict[str, Any],
    field: str,
) -> None:
    ticket = await broken(session, now)
    client = await as_role("technician")
    answer = await client.post(f"/api/v1/tickets/{ticket.ref}/{act}", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert await session.scalar(select(func.count()).select_from(Settlement)) == 0


async def repaired(as_role: SignedIn, ticket: Ticket, at: datetime) -> None:
    client = await as_role("technician")
    answer = await client.post(
        f"/api/v1/tickets/{ticket.ref}/repair",
        json={"cause": "C_PRODUCT", "work": "x", "on_site": True, "at": at.isoformat()},
    )
    assert answer.status_code == 200, answer.text


async def test_true_news_lets_an_unsettled_debt_lapse(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    ticket = await broken(session, now)
    await repaired(as_role, ticket, now - 3 * H)
    for _ in range(2):
        await react(session, ticket)
    assert (await shown(as_role, ticket))["state"] == "lapsed"
    assert await kinds(session, ticket) == ["substitution.owed", "substitution.lapsed"]


async def test_a_late_repair_lets_nothing_lapse(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    ticket = await broken(session, now)
    await repaired(as_role, ticket, now - H)
    await react(session, ticket)
    assert (await shown(as_role, ticket))["state"] == "owed"


async def test_what_was_settled_stands_when_the_breach_is_withdrawn(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    ticket = await broken(session, now)
    client = await as_role("technician")
    await client.post(f"/api/v1/tickets/{ticket.ref}/measures", json={"description": "Generator"})
    await repaired(as_role, ticket, now - 3 * H)
    await react(session, ticket)
    assert (await shown(as_role, ticket))["state"] == "measure"


async def test_a_withdrawal_known_before_the_worker_looked_owes_nothing(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    project = await make_project(session, accepted_on=date(2026, 10, 1))
    ticket = await make_ticket(
        session, project=project, now=now, reported_at=now - 50 * H, main=Main.YES
    )
    await breach_overdue(session, now)
    await session.commit()
    await repaired(as_role, ticket, now - 3 * H)
    await react(session, ticket)
    assert await kinds(session, ticket) == []


async def test_an_act_named_twice_is_one_measure(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    ticket = await broken(session, now)
    name = {"Idempotency-Key": str(uuid4())}
    for _ in range(2):
        client = await as_role("technician")
        answer = await client.post(
            f"/api/v1/tickets/{ticket.ref}/measures",
            json={"description": "Generator"},
            headers=name,
        )
        assert answer.status_code == 201, answer.text
    assert await session.scalar(select(func.count()).select_from(Settlement)) == 1


async def test_the_owners_people_settle_nothing(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    ticket = await broken(session, now)
    client = await as_role("owner")
    answer = await client.post(f"/api/v1/tickets/{ticket.ref}/measures", json={"description": "x"})
    assert answer.status_code == 403
