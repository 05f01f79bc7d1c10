"""When somebody is warned of a promise (rules.md §5): parts of the time, then daily."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket, who_of
from tickets.events import Event
from tickets.sla import actions
from tickets.sla.models import Clock
from tickets.sla.rules import (
    ActKind,
    Result,
    Stretch,
    Warnings,
    next_warning,
    passed,
    run,
)
from tickets.staff.rules import Role
from tickets.ticket import queries
from tickets.ticket.actions import perform

H = timedelta(hours=1)
MIN = timedelta(minutes=1)
START = datetime(2026, 11, 25, 8, tzinfo=UTC)
PLAIN = Warnings()


def first(warned: int, target: timedelta, *pauses: Stretch) -> datetime | None:
    due = run(START, target, pauses).due_at
    return next_warning(PLAIN, warned, started_at=START, target=target, due_at=due, pauses=pauses)


@pytest.mark.parametrize(
    ("warned", "hours"), [(0, 24), (1, 36), (2, 72), (3, 96), (4, 120), (10, 264)]
)
def test_warnings_fall_at_half_at_three_quarters_and_then_every_day(
    warned: int, hours: int
) -> None:
    assert first(warned, 48 * H) == START + hours * H


def test_a_pause_moves_what_comes_after_it_and_an_open_one_silences() -> None:
    pause = Stretch(START + 30 * H, START + 40 * H)
    assert first(0, 48 * H, pause) == START + 24 * H
    assert first(1, 48 * H, pause) == START + 46 * H
    assert first(2, 48 * H, pause) == START + 82 * H
    assert first(0, 48 * H, Stretch(START + 30 * H, None)) is None


def look(
    now: datetime, warned: int = 0, first_at: datetime | None = None
) -> tuple[str, int] | None:
    found = passed(
        PLAIN,
        warned,
        first_at=START + 24 * H,
        target=48 * H,
        due_at=START + 48 * H,
        now=now,
    )
    return (found.threshold, found.warned) if found else None


def test_after_an_outage_only_the_highest_threshold_is_said() -> None:
    assert look(START + 24 * H) == ("50", 1)
    assert look(START + 35.9 * H) == ("50", 1)
    assert look(START + 36 * H) == ("75", 2)
    assert look(START + 48 * H) == ("75", 2)
    assert look(START + 49 * H) is None  # the breach has overtaken them
    assert look(START + 72 * H) == ("+24h", 3)
    assert look(START + 130 * H) == ("+72h", 5)
    assert look(START + 130 * H, warned=5) is None


@given(
    st.integers(1, 10_000),
    st.lists(st.tuples(st.integers(0, 20_000), st.integers(1, 5_000)), max_size=4),
)
def test_a_pause_never_makes_a_warning_earlier_and_warnings_keep_their_order(
    minutes: int, spans: list[tuple[int, int]]
) -> None:
    target = minutes * MIN
    pauses = [Stretch(START + a * MIN, START + (a + n) * MIN) for a, n in spans]
    plain = [first(n, target) for n in range(4)]
    paused = [first(n, target, *pauses) for n in range(4)]
    assert all(
        a is not None and b is not None and a <= b for a, b in zip(plain, paused, strict=True)
    )
    assert paused == sorted(paused, key=lambda at: at or START)


async def warned(session: AsyncSession, promise: str) -> list[tuple[str, datetime, int, bool]]:
    rows = await session.scalars(
        select(Event).where(Event.kind == "clock.warned").order_by(Event.id)
    )
    return [
        (e.facts["threshold"], e.happened_at, e.facts["breach_no"], e.facts.get("late", False))
        for e in rows
        if e.facts["promise"] == promise
    ]


async def test_the_sweep_says_each_threshold_once_and_dates_it_at_its_instant(
    session: AsyncSession, now: datetime
) -> None:
    project = await make_project(session)
    await make_ticket(session, project=project, now=now)
    for minutes in range(0, 90, 5):
        await actions.warn_in_time(session, now + minutes * MIN)
        await actions.breach_overdue(session, now + minutes * MIN)
    await actions.warn_in_time(session, now + 25.5 * H)
    await actions.warn_in_time(session, now + 25.5 * H)
    assert await warned(session, "response") == [
        ("50", now + 30 * MIN, 1, False),
        ("75", now + 45 * MIN, 1, False),
        ("+24h", now + 25 * H, 1, True),
    ]


async def test_a_sweep_that_was_away_for_a_week_says_one_thing_per_clock(
    session: AsyncSession, now: datetime
) -> None:
    project = await make_project(session)
    await make_ticket(session, project=project, now=now)
    await actions.warn_in_time(session, now + 170 * H)
    await actions.breach_overdue(session, now + 170 * H)
    await actions.warn_in_time(session, now + 170 * H)
    assert [said[0] for said in await warned(session, "response")] == ["+168h"]
    assert [said[0] for said in await warned(session, "repair")] == ["+120h"]


async def test_terms_set_other_thresholds_and_open_tickets_keep_theirs(
    session: AsyncSession, now: datetime
) -> None:
    terms = {"first_warning_percent": 20, "second_warning_percent": 90, "remind_hours": 6}
    project = await make_project(session, terms=terms)
    ticket = await make_ticket(session, project=project, now=now)
    clock = (
        await session.scalars(
            select(Clock).where(Clock.ticket_id == ticket.id, Clock.promise == "response")
        )
    ).one()
    assert clock.warn_at == now + 12 * MIN
    await actions.warn_in_time(session, now + 55 * MIN)
    assert [said[0] for said in await warned(session, "response")] == ["90"]
    assert clock.warn_at == now + 7 * H


async def test_what_is_kept_paused_or_repaired_from_afar_is_warned_of_no_more(
    session: AsyncSession, now: datetime
) -> None:
    project = await make_project(session)
    person = await make_person(session)
    who = who_of(person.id, Role.TECHNICIAN)
    ticket = await make_ticket(session, project=project, now=now, reported_at=now - 50 * H)
    await actions.breach_overdue(session, now)
    await session.flush()
    found = await queries.find(session, who, ticket.ref, lock=True)
    await perform(
        session,
        found,
        ActKind.REPAIR,
        who=who,
        at=now,
        now=now,
        on_site=False,
        result=Result.FIXED,
    )
    clocks = (await session.scalars(select(Clock).where(Clock.ticket_id == ticket.id))).all()
    assert {clock.promise: clock.warn_at for clock in clocks} == {
        "response": None,
        "arrival": None,  # late for good, and reminded of no more
        "repair": None,
    }
