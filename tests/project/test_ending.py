"""到期提醒: a cover that ends is told before, once for each threshold, whoever notices it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from tests.conftest import SignedIn
from tests.makers.project import make_acceptance, make_contract, make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket, who_of
from tickets import migrations
from tickets.events import Event
from tickets.notice.models import Notice
from tickets.project import actions
from tickets.project.models import Acceptance, CoverEnd, CoverTold, Owner, Project
from tickets.project.rules import THRESHOLDS, nearest, next_telling
from tickets.staff.models import Person
from tickets.staff.rules import Role
from workers.post import send_notices
from workers.relay import relay_events

LAST = date(2026, 10, 9)
MIGRATION = next((Path(migrations.__file__).parent / "versions").glob("*_covers_that_end.py"))


def morning(days_before: int, hour: int = 8) -> datetime:
    """So many days before the last one, in Shanghai."""
    day = LAST - timedelta(days_before)
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC) - timedelta(hours=8)


BEFORE = morning(300)


async def told(session: AsyncSession) -> list[tuple[str, int]]:
    await session.flush()
    rows = await session.scalars(
        select(Event.facts).where(Event.kind == "cover.ending").order_by(Event.id)
    )
    return [(facts["what"], facts["days"]) for facts in rows]


async def sweep(session: AsyncSession, *instants: datetime) -> None:
    for now in instants:
        await actions.tell_endings(session, now, 100)


def test_the_nearest_threshold_is_told_and_then_the_next() -> None:
    for left in range(-5, 120):
        today = LAST - timedelta(left)
        reached = [days for days in THRESHOLDS if left <= days]
        assert nearest("warranty", LAST, today) == min(reached, default=None)
        on = next_telling("warranty", LAST, today, ())
        if left < 0:
            assert on is None
        elif left > 90:
            assert on == LAST - timedelta(90)
        else:
            assert on == LAST - timedelta(min(reached))
        # All that is reached is told: the next is ahead, or nothing is.
        later = next_telling("warranty", LAST, today, reached)
        assert later is None or later > today
    assert next_telling("retention", LAST, LAST - timedelta(40), ()) == LAST - timedelta(30)


async def test_each_threshold_is_told_once_and_from_the_morning_on(session: AsyncSession) -> None:
    project = await make_project(session)
    await make_acceptance(session, project=project, accepted_on=date(2025, 10, 9), now=BEFORE)
    await sweep(session, morning(91, 23), morning(90, 7))
    assert await told(session) == []
    await sweep(session, morning(90), morning(90, 20), morning(89))
    assert await told(session) == [("warranty", 90)]
    for left in range(88, -30, -1):
        await sweep(session, morning(left), morning(left, 22))
    assert await told(session) == [("warranty", days) for days in (90, 60, 30, 7)]


async def test_after_an_outage_only_the_nearest_is_told(session: AsyncSession) -> None:
    project = await make_project(session)
    await make_acceptance(session, project=project, accepted_on=date(2025, 10, 9), now=BEFORE)
    await sweep(session, morning(20), morning(20), morning(10))
    assert await told(session) == [("warranty", 30)]
    await sweep(session, morning(-3), morning(-4))
    assert await told(session) == [("warranty", 30), ("warranty", 7)]


async def test_what_was_over_when_it_was_written_down_is_not_told(session: AsyncSession) -> None:
    project = await make_project(session)
    await make_acceptance(session, project=project, accepted_on=date(2025, 10, 9), now=morning(-1))
    await sweep(session, morning(-1), morning(-2))
    assert await told(session) == []


async def test_another_last_day_is_another_series_and_the_old_one_goes_on_where_it_was(
    session: AsyncSession,
) -> None:
    project = await make_project(session)
    row = await make_acceptance(session, project=project, accepted_on=date(2025, 10, 9), now=BEFORE)
    manager = who_of((await make_person(session, role="manager")).id, Role.MANAGER)
    await sweep(session, morning(90))

    async def correct(months: int, now: datetime) -> None:
        terms = actions.AcceptanceTerms(date(2025, 10, 9), months)
        await actions.correct_acceptance(
            session, manager, project, row.id, terms, version=row.version, reason="typed", now=now
        )

    await correct(13, morning(80))  # until 9 November: 110 days ahead
    await sweep(session, morning(80), morning(61))
    assert await told(session) == [("warranty", 90)]
    await sweep(session, morning(59))  # 90 before the new end
    assert await told(session) == [("warranty", 90)] * 2
    await correct(12, morning(58))  # back: 90 was told of that day, 60 was not
    await sweep(session, morning(58), morning(57))
    assert await told(session) == [("warranty", 90), ("warranty", 90), ("warranty", 60)]


async def test_a_renewal_silences_the_old_end_and_arms_a_new_one(session: AsyncSession) -> None:
    project = await make_project(session)
    row = await make_contract(
        session, project=project, starts_on=date(2025, 10, 10), ends_on=LAST, now=BEFORE
    )
    manager = who_of((await make_person(session, role="manager")).id, Role.MANAGER)
    await sweep(session, morning(90))
    renewed = await actions.renew_contract(session, manager, project, row.id, now=morning(70))
    assert renewed.ends_on == date(2027, 10, 9)
    for left in range(69, -2, -1):
        await sweep(session, morning(left))
    assert await told(session) == [("contract", 90)]
    for left in range(-200, -366, -1):
        await sweep(session, morning(left))
    assert await told(session) == [("contract", days) for days in (90, 90, 60, 30, 7)]
    # A warranty that a contract follows still ends: who pays changes.
    await make_acceptance(session, project=project, accepted_on=date(2025, 10, 9), now=morning(31))
    await sweep(session, morning(30))
    facts = (await session.scalars(select(Event).order_by(Event.id.desc()).limit(1))).one().facts
    assert (facts["what"], facts["days"], facts["follows"]["number"]) == (
        "warranty",
        30,
        renewed.number,
    )


async def test_retained_money_is_told_30_and_7_days_before(session: AsyncSession) -> None:
    project = await make_project(session)
    row = await make_acceptance(session, project=project, accepted_on=date(2020, 1, 1), now=BEFORE)
    row.retention_on = LAST
    await actions.write_ends(session, project, BEFORE)
    for left in range(100, -2, -1):
        await sweep(session, morning(left))
    assert await told(session) == [("retention", 30), ("retention", 7)]


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("zh-CN", ["还剩 90 天", "全部灯具", "维护合同报价"]),
        ("en", ["in 90 days", "All luminaires"]),
    ],
)
async def test_managers_and_the_hotline_lead_hear_it_in_their_language(
    session: AsyncSession, locale: str, words: list[str]
) -> None:
    project, other = await make_project(session, name="滨江夜景"), await make_project(session)
    manager = await make_person(session, role="manager", locale=locale, project_id=project.id)
    lead = await make_person(session, role="hotline_lead")
    await make_person(session, role="manager", project_id=other.id)
    await make_person(session, role="technician")
    await make_acceptance(
        session,
        project=project,
        accepted_on=date(2024, 10, 9),
        months=600,
        months_by_kind={"LUM": 24},
        now=BEFORE,
    )
    await sweep(session, morning(90))
    await session.commit()
    for _ in range(2):
        await relay_events({})
        await send_notices({})
    rows = list(await session.scalars(select(Notice).where(Notice.template == "cover.ending")))
    assert {row.person_id for row in rows} == {manager.id, lead.id}
    assert len(rows) == 2
    await session.refresh(rows[0])
    said = next(f"{r.subject}\n{r.body}" for r in rows if r.person_id == manager.id)
    for word in ["滨江夜景", "2026-10-09", *words]:
        assert word in said


async def test_the_page_lists_what_ends_what_follows_and_what_is_open(
    session: AsyncSession, as_role: SignedIn, browser_of: Any, now: datetime
) -> None:
    today = now.astimezone().date()
    client = await as_role("manager")
    for n in range(3):
        project = await make_project(session, code=f"E{n}", name=f"Bridge {n}")
        await make_contract(
            session,
            project=project,
            number=f"K{n}",
            starts_on=today - timedelta(300),
            ends_on=today + timedelta(20 * n + 5),
        )
        await make_ticket(session, project=project, now=now)
    follower = await make_contract(
        session,
        project=project,
        number="next",
        starts_on=today + timedelta(46),
        ends_on=today + timedelta(400),
    )
    gone = await make_project(session, code="GONE", name="Old town")
    await make_contract(
        session,
        project=gone,
        starts_on=today - timedelta(300),
        ends_on=today - timedelta(20),
    )
    for within, shown in [("7", "0"), ("30", "01"), ("60", "012"), ("", "012"), ("ended", "")]:
        page = (await client.get("/covers", params={"within": within})).text
        assert [n for n in "012" if f"Bridge {n}" in page] == list(shown), within
        assert ("Old town" in page) == (within == "ended")
    page = (await client.get("/covers")).text
    assert f"Contract {follower.number} from" in page
    assert page.count("nothing</span>") == 2
    assert 'href="/tickets?project=E0">1</a>' in page
    own = await make_person(session, role="manager", project_id=project.id)
    page = (await (await browser_of(own)).get("/covers")).text
    assert ("Bridge 2" in page, "Bridge 0" in page) == (True, False)
    assert (await (await as_role("technician")).get("/covers")).status_code == 403
    assert (await client.get("/covers?cursor=x")).status_code == 422


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        (f"tells_on <= '{LAST}'", "ix_cover_end_tells"),
        (f"ends_on BETWEEN '{LAST}' AND '{LAST}' ORDER BY ends_on, id LIMIT 51", "ix_cover_end_on"),
    ],
)
async def test_the_sweep_and_the_page_find_their_rows_by_an_index(
    session: AsyncSession, asked: str, index: str
) -> None:
    """A table of a few rows would be read whole: it is forbidden to."""
    await session.execute(text("SET LOCAL enable_seqscan = off"))
    plan = await session.scalars(text(f"EXPLAIN SELECT * FROM cover_end WHERE {asked}"))
    assert index in "\n".join(plan)


async def test_the_page_is_paged_by_key(session: AsyncSession) -> None:
    from tickets.project import queries
    from tickets.staff.rules import Scope

    project = await make_project(session)
    today = date(2026, 6, 1)
    for n in range(7):
        await make_contract(
            session, project=project, starts_on=today, ends_on=today + timedelta(n // 3)
        )
    for days in (90, None):
        on = today if days else today + timedelta(10)
        seen: list[int] = []
        cursor = None
        while True:
            page = await queries.endings(
                session, Scope(everywhere=True), on, days=days, limit=2, cursor=cursor
            )
            seen += [line.end.id for line in page.items]
            cursor = page.next
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) == 7


@pytest.fixture
async def engine(database: str) -> AsyncIterator[AsyncEngine]:
    _, _, rest = database.partition("://")
    engine = create_async_engine(f"postgresql+asyncpg://{rest}", pool_size=6)
    yield engine
    async with engine.begin() as connection:
        # The diary refuses to be changed; only this clean-up may go round its trigger.
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        for table in ("unrelayed", "event", "cover_told", "cover_end", "acceptance"):
            await connection.execute(text(f"DELETE FROM {table}"))
        await connection.execute(delete(Project))
        await connection.execute(delete(Owner))
        await connection.execute(delete(Person))
    await engine.dispose()


async def test_two_workers_and_a_correction_at_once_tell_nothing_twice(
    engine: AsyncEngine,
) -> None:
    """Really committed: 40 ends, three sweeps in batches of five, and a manager who corrects."""
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    async with sessions() as session, session.begin():
        manager = who_of((await make_person(session, role="manager")).id, Role.MANAGER)
        project = await make_project(session)
        rows = [
            await make_acceptance(
                session,
                project=project,
                batch=f"b{n}",
                accepted_on=date(2025, 10, 9) if n < 20 else date(2025, 10, 8),
                now=BEFORE,
            )
            for n in range(40)
        ]

    async def worker() -> None:
        while True:
            async with sessions() as session, session.begin():
                if not await actions.tell_endings(session, morning(30), 5):
                    return

    async def correct() -> None:
        for row in rows[:10]:
            async with sessions() as session, session.begin():
                held = await session.get_one(Project, project.id, with_for_update=True)
                terms = actions.AcceptanceTerms(date(2025, 10, 7))
                await actions.correct_acceptance(
                    session,
                    manager,
                    held,
                    row.id,
                    terms,
                    version=1,
                    reason="typed",
                    now=morning(30),
                )

    await asyncio.gather(worker(), worker(), worker(), correct())
    await worker()
    async with sessions() as session:
        facts = list(await session.scalars(select(Event.facts).where(Event.kind == "cover.ending")))
        series = [(f["cover_end_id"], f["ends_on"], f["days"]) for f in facts]
        assert len(series) == len(set(series))
        assert {f["days"] for f in facts} == {30}
        ends = list(await session.scalars(select(CoverEnd)))
        assert {(end.id, end.ends_on.isoformat(), 30) for end in ends} <= set(series)
        assert all(end.tells_on == end.ends_on - timedelta(7) for end in ends)
        kept = list(await session.scalars(select(CoverTold)))
        assert len(kept) == len(series)


async def test_a_kill_before_the_commit_tells_it_the_next_time(engine: AsyncEngine) -> None:
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    async with sessions() as session, session.begin():
        project = await make_project(session)
        await make_acceptance(session, project=project, accepted_on=date(2025, 10, 9), now=BEFORE)
    async with sessions() as session:
        assert await actions.tell_endings(session, morning(7), 10) == 1
        await session.rollback()  # what a killed worker leaves
    for _ in range(2):
        async with sessions() as session, session.begin():
            await actions.tell_endings(session, morning(7), 10)
    async with sessions() as session:
        assert await told(session) == [("warranty", 7)]


async def test_the_migration_writes_the_ends_the_rule_computes(session: AsyncSession) -> None:
    """`ENDS` of the migration, over batches and classes: the same rows as `write_ends` makes."""
    statement = MIGRATION.read_text().split('ENDS = """')[1].split('"""')[0]
    project = await make_project(session)
    for n, day in enumerate([date(2024, 2, 29), date(2025, 8, 31), date(2026, 1, 31)]):
        await make_acceptance(
            session,
            project=project,
            batch=f"{n}",
            accepted_on=day,
            months=6 + n,
            months_by_kind={"LUM": 25, "SRC": 1},
        )
    columns = (CoverEnd.acceptance_id, CoverEnd.asset_kind, CoverEnd.ends_on)
    before = {tuple(row) for row in await session.execute(select(*columns))}
    await session.execute(delete(CoverEnd))
    await session.execute(text(statement))
    assert {tuple(row) for row in await session.execute(select(*columns))} == before
    assert len(before) == 9


async def test_a_correction_keeps_what_was_decided_and_tells_the_diary(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    today = now.date()
    project = await make_project(session, code="P1", accepted_on=today - timedelta(40), months=1)
    row = (await session.scalars(select(Acceptance))).one()
    ticket = await make_ticket(session, project=project, now=now)
    assert ticket.cover == "expired"
    client = await as_role("manager")
    path = f"/api/v1/projects/P1/acceptances/{row.id}"
    refused = await client.patch(path, json={"version": 1, "months": 24})
    assert [e["field"] for e in refused.json()["errors"]] == ["reason"]
    change = {"version": 1, "months": 24, "reason": "the report says 24"}
    done = await client.patch(path, json=change)
    assert done.status_code == 200, done.text
    assert (done.json()["version"], done.json()["note"]) == (2, None)
    assert (await client.patch(path, json=change)).status_code == 409
    await session.refresh(ticket)
    assert ticket.cover == "expired"
    assert (await make_ticket(session, project=project, now=now)).cover == "warranty"
    event = (
        await session.scalars(select(Event).where(Event.kind == "project.acceptance_corrected"))
    ).one()
    assert (event.facts["before"]["months"], event.facts["after"]["months"]) == (1, 24)
    assert event.facts["reason"] == "the report says 24"
    end = (await session.scalars(select(CoverEnd).execution_options(populate_existing=True))).one()
    assert end.ends_on == date.fromisoformat(done.json()["ends_on"])
    # Retained money needs no reason; by the form.
    form = {
        "version": "2",
        "accepted_on": row.accepted_on.isoformat(),
        "months": "24",
        "retention_on": (today + timedelta(50)).isoformat(),
        "retention_amount": "1280.5",
    }
    page = f"/projects/P1/acceptances/{row.id}"
    assert (await client.get(page)).status_code == 200
    for wrong in ({"retention_amount": "0.001"}, {"retention_on": ""}, {"retention_amount": "x"}):
        refused = await client.post(page, data=form | wrong)
        assert refused.status_code == 422
        assert f'value="{row.accepted_on.isoformat()}"' in refused.text
    assert (await client.post(page, data=form)).status_code == 303
    assert "1,280.50 yuan" in (await client.get("/projects/P1/covers")).text
    kinds = sorted(await session.scalars(select(CoverEnd.what)))
    assert kinds == ["retention", "warranty"]
    # Emptied again, its end is gone.
    await client.post(
        page, data=form | {"version": "3", "retention_on": "", "retention_amount": ""}
    )
    assert list(await session.scalars(select(CoverEnd.what))) == ["warranty"]
    technician = await as_role("technician")
    assert (await technician.patch(path, json=change | {"version": 4})).status_code == 403
