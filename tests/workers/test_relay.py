"""The relay: once per reaction, in order per ticket, a failure put off alone."""

from datetime import UTC, datetime, timedelta
from typing import NoReturn

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from tests.makers.project import make_project
from tests.makers.ticket import make_ticket
from tickets.events import Delivery, Event, Unrelayed, record
from workers import reactions
from workers.relay import relay_events


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Two reactions that only listen, in place of the real ones."""
    calls: list[tuple[str, int]] = []

    async def first(session: AsyncSession, event: Event) -> None:
        calls.append(("first", event.id))

    async def second(session: AsyncSession, event: Event) -> None:
        calls.append(("second", event.id))

    for kind in list(reactions.REACTIONS):
        monkeypatch.setitem(reactions.REACTIONS, kind, ())
    monkeypatch.setitem(reactions.REACTIONS, "ticket.noted", (first, second))
    return calls


async def note(session: AsyncSession, ticket_id: int | None = None) -> Event:
    event = record(session, "ticket.noted", at=datetime.now(UTC), ticket_id=ticket_id)
    await session.commit()
    return event


async def test_each_event_reaches_each_of_its_reactions_once_in_order(
    session: AsyncSession, heard: list[tuple[str, int]], now: datetime
) -> None:
    ticket = await make_ticket(session, project=await make_project(session), now=now)
    one, two = await note(session, ticket.id), await note(session, ticket.id)
    await relay_events({})
    await relay_events({})
    assert heard == [("first", one.id), ("second", one.id), ("first", two.id), ("second", two.id)]
    assert await session.scalar(select(func.count()).select_from(Unrelayed)) == 0


async def test_a_failing_reaction_is_put_off_alone_and_succeeds_later(
    session: AsyncSession,
    heard: list[tuple[str, int]],
    monkeypatch: pytest.MonkeyPatch,
    now: datetime,
) -> None:
    ticket = await make_ticket(session, project=await make_project(session), now=now)
    well = reactions.REACTIONS["ticket.noted"]

    async def first(session: AsyncSession, event: Event) -> NoReturn:
        session.add(Event(kind="ticket.ghost", happened_at=now, facts={}))
        await session.flush()
        raise RuntimeError("the wire is cut")

    monkeypatch.setitem(reactions.REACTIONS, "ticket.noted", (first, well[1]))
    event = await note(session, ticket.id)
    await relay_events({})

    assert heard == [("second", event.id)]
    failed = (
        await session.scalars(
            select(Delivery)
            .where(Delivery.event_id == event.id, Delivery.reaction == "first")
            .execution_options(populate_existing=True)
        )
    ).one()
    assert (failed.failures, failed.handled_at) == (1, None)
    assert "the wire is cut" in str(failed.last_error)
    assert failed.retry_at is not None
    assert failed.retry_at > datetime.now(UTC)
    # What the failed one had begun is undone with it.
    ghosts = select(func.count()).where(Event.kind == "ticket.ghost")
    assert await session.scalar(ghosts) == 0

    monkeypatch.setitem(reactions.REACTIONS, "ticket.noted", well)
    await relay_events({})
    assert ("first", event.id) not in heard  # not yet its time
    await session.execute(update(Delivery).values(retry_at=now - timedelta(seconds=1)))
    await session.commit()
    await relay_events({})
    assert heard[-1] == ("first", event.id)


async def test_what_an_import_records_is_owed_to_nobody(
    session: AsyncSession, heard: list[tuple[str, int]], now: datetime
) -> None:
    record(session, "ticket.noted", at=now, imported=True)
    await session.commit()
    assert await relay_events({}) == 0
    assert heard == []


async def test_a_rolled_back_act_leaves_nothing_to_relay(
    session: AsyncSession, heard: list[tuple[str, int]], now: datetime
) -> None:
    undone = await session.begin_nested()
    record(session, "ticket.noted", at=now)
    await session.flush()
    await undone.rollback()
    await session.commit()
    assert await relay_events({}) == 0
