"""The plan follows the covers in the same transaction, and every quarter stands in it once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from tests.faults.running import sessions_of
from tests.makers.database import own_database
from tests.makers.project import make_acceptance, make_contract, make_project
from tests.makers.staff import make_person
from tests.makers.ticket import who_of
from tickets.events import Event
from tickets.inspection import actions
from tickets.inspection.models import Inspection, Inspector
from tickets.inspection.rules import Result
from tickets.notice.models import Notice
from tickets.project import actions as projects
from tickets.project.models import Acceptance, Project
from tickets.refusals import Invalid, Refused
from tickets.staff.models import Person
from tickets.staff.rules import Role

NOW = datetime(2026, 1, 20, 4, tzinfo=UTC)
D = date


@pytest.fixture(autouse=True)
def following() -> None:
    projects.follow_covers(actions.replan)


async def planned(session: AsyncSession, project: Project) -> list[Inspection]:
    rows = await session.scalars(
        select(Inspection)
        .where(Inspection.project_id == project.id)
        .order_by(Inspection.due_on, Inspection.id)
        .execution_options(populate_existing=True)
    )
    return list(rows)


async def manager(session: AsyncSession) -> Any:
    return who_of((await make_person(session, role="manager")).id, Role.MANAGER)


async def test_all_quarters_come_with_the_cover(session: AsyncSession) -> None:
    project = await make_project(session, accepted_on=D(2025, 11, 30))
    rows = await planned(session, project)
    assert [row.due_on for row in rows] == [
        D(2026, 2, 28),
        D(2026, 5, 30),
        D(2026, 8, 30),
        D(2026, 11, 30),
    ]
    told = list(await session.scalars(select(Event).where(Event.kind == "inspection.planned")))
    assert [event.facts["added"] for event in told] == [[row.id for row in rows]]


async def test_planning_again_changes_nothing(session: AsyncSession) -> None:
    project = await make_project(session, accepted_on=D(2025, 11, 30))
    assert await actions.replan(session, project, NOW) == 0
    assert await actions.replan(session, project, NOW + timedelta(days=400)) == 0
    assert len(await planned(session, project)) == 4


async def test_a_renewal_goes_on_counting_from_the_old_anchor(session: AsyncSession) -> None:
    project = await make_project(session, accepted_on=D(2025, 11, 30))
    await make_contract(session, project=project, starts_on=D(2026, 12, 1), ends_on=D(2027, 11, 30))
    rows = await planned(session, project)
    assert [row.number for row in rows] == list(range(1, 9))
    assert {row.anchor for row in rows} == {D(2025, 11, 30)}
    assert rows[4].due_on == D(2027, 2, 28)


async def test_a_cut_last_quarter_becomes_whole_when_a_contract_follows(
    session: AsyncSession,
) -> None:
    project = await make_project(session, accepted_on=D(2025, 11, 30), months=14)
    rows = await planned(session, project)
    assert (rows[4].due_on, rows[4].days) == (D(2027, 1, 30), 61)
    await make_contract(session, project=project, starts_on=D(2027, 1, 31), ends_on=D(2028, 1, 30))
    assert (await planned(session, project))[4].due_on == D(2027, 2, 28)


async def test_a_contract_after_a_gap_is_its_own_anchor(session: AsyncSession) -> None:
    project = await make_project(session, accepted_on=D(2024, 11, 30))
    await make_contract(session, project=project, starts_on=D(2026, 2, 10), ends_on=D(2026, 6, 1))
    rows = (await planned(session, project))[4:]
    assert [(row.anchor, row.number, row.starts_on, row.due_on) for row in rows] == [
        (D(2026, 2, 10), 1, D(2026, 2, 10), D(2026, 5, 10)),
        (D(2026, 2, 10), 2, D(2026, 5, 11), D(2026, 6, 1)),
    ]
    assert (rows[1].not_owed, rows[1].days) == ("short", 22)


async def test_a_correction_moves_what_is_not_signed_and_nothing_else(
    session: AsyncSession,
) -> None:
    project = await make_project(session)
    row = await make_acceptance(session, project=project, accepted_on=D(2025, 11, 30))
    quarters = await planned(session, project)
    quarters[0].state = "signed"
    ids = [each.id for each in quarters]
    await session.flush()
    terms = projects.AcceptanceTerms(D(2025, 12, 15), 12)
    await projects.correct_acceptance(
        session, await manager(session), project, row.id, terms, version=1, reason="typo", now=NOW
    )
    after = await planned(session, project)
    assert [each.id for each in after] == ids  # the same rows: nothing is planned twice
    assert (after[0].starts_on, after[0].due_on) == (D(2025, 11, 30), D(2026, 2, 28))
    assert [each.due_on for each in after[1:]] == [D(2026, 6, 15), D(2026, 9, 15), D(2026, 12, 15)]


async def test_what_falls_out_of_cover_is_not_owed_and_comes_back(session: AsyncSession) -> None:
    project = await make_project(session)
    contract = await make_contract(
        session, project=project, starts_on=D(2025, 1, 1), ends_on=D(2026, 12, 31)
    )
    assert len(await planned(session, project)) == 8
    who = await manager(session)
    await projects.end_contract(
        session, who, project, contract.id, ends_on=D(2026, 2, 10), version=1, reason="x", now=NOW
    )
    rows = await planned(session, project)
    assert [row.not_owed for row in rows] == [*[None] * 5, *["out_of_cover"] * 3]
    await make_contract(session, project=project, starts_on=D(2026, 2, 11), ends_on=D(2026, 12, 31))
    assert {row.not_owed for row in await planned(session, project)} == {None}


async def test_calendar_quarters_when_the_terms_say_so(session: AsyncSession) -> None:
    project = await make_project(
        session, accepted_on=D(2025, 12, 2), terms={"inspection_quarters": "calendar"}
    )
    assert [row.due_on for row in await planned(session, project)][-1] == D(2026, 12, 2)
    await actions.replan(session, project, NOW)
    rows = [row for row in await planned(session, project) if row.not_owed is None]
    assert [row.due_on for row in rows] == [
        D(2025, 12, 31),
        D(2026, 3, 31),
        D(2026, 6, 30),
        D(2026, 9, 30),
        D(2026, 12, 2),
    ]


async def test_a_visit_is_moved_and_cancelled_and_the_quarter_stays_open(
    session: AsyncSession,
) -> None:
    project = await make_project(session, accepted_on=D(2025, 11, 30))
    who, technician = await manager(session), await make_person(session, role="technician")
    first, second, *_ = await planned(session, project)

    async def visit(on: date | None, *people: Person, version: int | None = None) -> None:
        await actions.plan_visit(
            session,
            who,
            first.id,
            visit_on=on,
            people=[person.id for person in people],
            now=NOW,
            version=version,
        )

    await visit(D(2026, 2, 3), technician)
    before = first.version
    await visit(D(2026, 2, 5), technician)
    assert (first.visit_on, second.visit_on) == (D(2026, 2, 5), None)
    with pytest.raises(Refused, match="Somebody else"):
        await visit(D(2026, 2, 6), version=before)
    with pytest.raises(Invalid):
        await visit(D(2026, 2, 6), await make_person(session, role="hotline"))
    await visit(None)
    assert (first.visit_on, first.state, first.due_on) == (None, "planned", D(2026, 2, 28))
    assert await session.scalar(select(func.count()).select_from(Inspector)) == 0


async def test_who_is_reminded_when(session: AsyncSession) -> None:
    project = await make_project(session, accepted_on=D(2025, 11, 30))
    boss = await make_person(session, role="manager")
    technician = await make_person(session, role="technician")
    first = (await planned(session, project))[0]
    await actions.plan_visit(
        session,
        who_of(boss.id, Role.MANAGER),
        first.id,
        visit_on=D(2026, 2, 20),
        people=[technician.id],
        now=NOW,
    )

    async def swept(day: date) -> None:
        morning = datetime(day.year, day.month, day.day, 0, 30, tzinfo=UTC)  # 8:30 there
        await actions.remind(session, morning, 100)

    first.remind_on = D(2026, 1, 29)
    await session.flush()
    for n in range(35):
        await swept(D(2026, 1, 29) + timedelta(n))
    events = list(
        await session.scalars(
            select(Event)
            .where(Event.kind.in_(("inspection.due", "inspection.overdue")))
            .order_by(Event.id)
        )
    )
    assert [(each.kind, each.facts["days_left"]) for each in events] == [
        ("inspection.due", 30),
        ("inspection.due", 14),
        ("inspection.due", 7),
        ("inspection.overdue", -1),
        ("inspection.overdue", -2),
        ("inspection.overdue", -3),
        ("inspection.overdue", -4),
    ]
    await actions.tell_of_due(session, events[0])
    await actions.tell_of_due(session, events[3])
    told = await session.execute(select(Notice.event_id, Notice.person_id))
    assert {tuple(row) for row in told} == {
        (events[0].id, boss.id),
        (events[0].id, technician.id),
        (events[3].id, boss.id),
    }
    first.handed_over_at, first.state = NOW, "handed_over"
    await swept(D(2026, 3, 20))
    assert first.remind_on <= D(2026, 3, 20)  # nobody is reminded any more


Sessions = async_sessionmaker[AsyncSession]


@pytest.fixture(scope="module")
async def sessions(server: str) -> AsyncIterator[Sessions]:
    async with own_database(server) as url, sessions_of(url) as found:
        yield found


@pytest.mark.parametrize("turn", range(3))
async def test_many_who_plan_at_once_plan_once(sessions: Sessions, turn: int) -> None:
    projects.follow_covers()
    async with sessions() as session, session.begin():
        project = await make_project(session, code=f"RACE-{turn}", accepted_on=D(2025, 11, 30))

    async def one() -> int:
        async with sessions() as session, session.begin():
            found = await session.get_one(Project, project.id)
            return await actions.replan(session, found, NOW)

    assert sorted(await asyncio.gather(*(one() for _ in range(8)))) == [0] * 7 + [4]
    async with sessions() as session:
        assert len(await planned(session, project)) == 4


async def test_a_quarter_that_is_being_corrected_keeps_its_days(session: AsyncSession) -> None:
    """A new acceptance day while a correction is open: what the signed quarter took stays taken."""
    project = await make_project(session, accepted_on=D(2025, 12, 1))
    first, *_ = await planned(session, project)
    boss, days = await manager(session), (first.starts_on, first.due_on, first.days)
    await actions.start(session, boss, first.id, now=NOW)
    await actions.sign(session, boss, first.id, signed_by="李工", signature=None, now=NOW)
    await actions.open_correction(session, boss, first.id, reason="漏了一处", now=NOW)
    acceptance = (
        await session.scalars(select(Acceptance).where(Acceptance.project_id == project.id))
    ).one()
    acceptance.accepted_on = D(2025, 9, 20)
    await session.flush()
    await actions.replan(session, project, NOW)
    rows = await planned(session, project)
    assert [(row.number, row.not_owed) for row in rows] == [
        (1, None),
        (2, "inspected"),  # of December to March nineteen days are left
        (3, None),
        (4, None),
    ]
    assert (rows[0].starts_on, rows[0].due_on, rows[0].days) == days
    assert rows[1].due_on == D(2026, 3, 20)
    again = await actions.sign(session, boss, first.id, signed_by="李工", signature=None, now=NOW)
    assert again[1].version == 2


async def test_what_was_begun_is_finished_although_its_quarter_is_owed_no_more(
    session: AsyncSession,
) -> None:
    project = await make_project(session, accepted_on=D(2025, 12, 1))
    first, second, *_ = await planned(session, project)
    boss = await manager(session)
    await actions.start(session, boss, first.id, now=NOW)
    first.not_owed = second.not_owed = "out_of_cover"
    await session.flush()
    result = Result("BOX-01", None, "pass")
    _, (told,) = await actions.check(session, boss, first.id, [result], now=NOW)
    assert told.check.verdict == "pass"
    with pytest.raises(Refused):
        await actions.check(session, boss, second.id, [result], now=NOW)
