"""What becomes true because time passes (rules.md §2)."""

import os
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.makers.project import make_project
from tests.makers.ticket import make_ticket
from tickets.desk.queries.ticket import clock_shown
from tickets.events import Event
from tickets.sla import actions, queries
from tickets.sla.models import Clock

H = timedelta(hours=1)
US = timedelta(microseconds=1)


async def repair_of(session: AsyncSession, ticket_id: int) -> Clock:
    found = await session.scalars(
        select(Clock)
        .where(Clock.ticket_id == ticket_id, Clock.promise == "repair")
        .execution_options(populate_existing=True)
    )
    return found.one()


async def test_a_breach_is_dated_at_the_due_instant_whenever_it_is_noticed(
    session: AsyncSession, now: datetime
) -> None:
    project = await make_project(session)
    ticket = await make_ticket(session, project=project, now=now)
    assert await actions.breach_overdue(session, now + H) == 0  # the due instant itself is in time
    assert await actions.breach_overdue(session, now + 500 * H) == 3
    assert await actions.breach_overdue(session, now + 900 * H) == 0
    breaches = (
        await session.scalars(
            select(Event).where(Event.kind == "clock.breached", Event.ticket_id == ticket.id)
        )
    ).all()
    assert {b.project_id for b in breaches} == {project.id}
    assert {b.facts["promise"]: b.happened_at for b in breaches} == {
        "response": now + H,
        "arrival": now + 48 * H,
        "repair": now + 48 * H,
    }


async def test_a_sweep_a_microsecond_past_due_finds_it(
    session: AsyncSession, now: datetime
) -> None:
    project = await make_project(session)
    await make_ticket(session, project=project, now=now)
    assert await actions.breach_overdue(session, now + H + US) == 1


async def test_a_repair_counted_from_the_arrival_starts_by_itself_and_then_breaks(
    session: AsyncSession, now: datetime
) -> None:
    project = await make_project(session, terms={"repair_from": "arrival", "repair_hours": 10})
    ticket = await make_ticket(session, project=project, now=now)
    waiting = await repair_of(session, ticket.id)
    assert (waiting.started_at, waiting.due_at) == (None, None)
    # Readers know before any sweep does.
    assert clock_shown(waiting, now + 48 * H).due_at == now + 58 * H
    assert clock_shown(waiting, now + 58 * H + US).state == "late"

    await actions.breach_overdue(session, now + 50 * H)
    await session.flush()
    started = await repair_of(session, ticket.id)
    assert (started.started_at, started.due_at) == (now + 48 * H, now + 58 * H)
    assert started.breached_at is None
    await actions.breach_overdue(session, now + 60 * H)
    await session.flush()
    assert (await repair_of(session, ticket.id)).breached_at == now + 58 * H


async def test_a_sweep_that_was_away_starts_and_breaks_it_in_one_go(
    session: AsyncSession, now: datetime
) -> None:
    project = await make_project(session, terms={"repair_from": "arrival", "repair_hours": 10})
    ticket = await make_ticket(session, project=project, now=now)
    await actions.breach_overdue(session, now + 500 * H)
    await session.flush()
    assert (await repair_of(session, ticket.id)).breached_at == now + 58 * H


async def test_own_targets_of_a_severity_are_frozen_on_the_clock(
    session: AsyncSession, now: datetime
) -> None:
    project = await make_project(session, terms={"severities": {"S1": {"arrival_hours": 4}}})
    danger = await make_ticket(session, project=project, now=now, fault="LEAK")
    plain = await make_ticket(session, project=project, now=now)
    clocks = await session.scalars(select(Clock).where(Clock.promise == "arrival"))
    assert {c.ticket_id: c.target for c in clocks} == {danger.id: 4 * H, plain.id: 48 * H}


@pytest.fixture(params=["UTC", "Asia/Shanghai", "America/New_York"])
def process_zone(request: pytest.FixtureRequest) -> Iterator[str]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


async def test_the_zone_of_the_process_moves_no_deadline(  # E13
    session: AsyncSession, now: datetime, process_zone: str
) -> None:
    project = await make_project(session)
    ticket = await make_ticket(session, project=project, now=now)
    clock = await repair_of(session, ticket.id)
    assert clock.due_at == now + 48 * H
    assert clock_shown(clock, now).state == "running"


async def test_the_look_before_the_sweep_sees_what_is_past_and_nothing_else(
    session: AsyncSession, now: datetime
) -> None:
    project = await make_project(session, terms={"repair_from": "arrival"})
    await make_ticket(session, project=project, now=now, reported_at=now)
    first = now + timedelta(minutes=60)
    assert not await queries.is_anything_due(session, first)
    assert await queries.is_anything_due(session, first + timedelta(microseconds=1))
    await actions.breach_overdue(session, first + timedelta(hours=1))
    arrival = now + timedelta(hours=48)
    assert not await queries.is_anything_due(session, arrival - timedelta(microseconds=1))
    # The repair starts by itself at the arrival's due instant, before that is past.
    assert await queries.is_anything_due(session, arrival)
