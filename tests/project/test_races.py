"""Two at once, on two real connections: one wins, the other is told, nothing is doubled."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from tickets.asset import actions as assets
from tickets.asset.models import Asset
from tickets.project import actions
from tickets.project import queries as projects
from tickets.project.models import Contact, Contract, Owner, Project, Terms
from tickets.project.rules import ContractTerms
from tickets.refusals import Refused
from tickets.staff.models import Person
from tickets.staff.rules import Grant, Role, Verb, Who

NOW = datetime(2026, 11, 24, 1, tzinfo=UTC)
Sessions = async_sessionmaker[AsyncSession]


@pytest.fixture
async def engine(database: str) -> AsyncIterator[AsyncEngine]:
    _, _, rest = database.partition("://")
    engine = create_async_engine(f"postgresql+asyncpg://{rest}", pool_size=4)
    yield engine
    await engine.dispose()


@pytest.fixture
async def sessions(engine: AsyncEngine) -> AsyncIterator[Sessions]:
    """Really committed; what was made is taken away again."""
    yield async_sessionmaker(engine, expire_on_commit=False)
    async with engine.begin() as connection:
        # The diary refuses to be changed; only this clean-up may go round its trigger.
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        for table in (
            "unrelayed",
            "delivery",
            "event",
            "asset",
            "terms",
            "cover_end",
            "contract",
            "acceptance",
            "contact",
        ):
            await connection.execute(text(f"DELETE FROM {table}"))
        await connection.execute(delete(Project))
        await connection.execute(delete(Owner))
        await connection.execute(delete(Person))


@pytest.fixture
async def who(sessions: Sessions) -> Who:
    async with sessions() as session, session.begin():
        person = Person(login="racer", name="Racer", is_program=False)
        session.add(person)
        await session.flush()
        return Who(person.id, "Racer", "en", (Grant(Role.MANAGER),))


async def _add(sessions: Sessions, who: Who, code: str = "RACE") -> str:
    async with sessions() as session, session.begin():
        new = actions.NewProject(
            code=code,
            name="Race",
            owner_name="One owner",
            contact_name="Wang",
            contact_phone="138",
            accepted_on=date(2025, 1, 1),
        )
        try:
            await actions.add_project(session, who, new, NOW)
        except Refused as refusal:
            return str(refusal)
        await asyncio.sleep(0.05)  # hold the row while the other comes
    return "added"


async def test_two_who_add_the_same_project(sessions: Sessions, who: Who) -> None:
    said = await asyncio.gather(*(_add(sessions, who) for _ in range(4)))
    assert sorted(said) == sorted(["added"] + ["There is already a project RACE."] * 3)
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Project)) == 1
        assert await session.scalar(select(func.count()).select_from(Owner)) == 1
        assert await session.scalar(select(func.count()).select_from(Contact)) == 1


async def test_two_projects_of_one_new_owner(sessions: Sessions, who: Who) -> None:
    said = await asyncio.gather(*(_add(sessions, who, f"R{n}") for n in range(4)))
    assert said == ["added"] * 4
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Owner)) == 1
        assert await session.scalar(select(func.count()).select_from(Contact)) == 1


async def test_two_who_add_the_same_asset(sessions: Sessions, who: Who) -> None:
    await _add(sessions, who)

    async def add() -> str:
        async with sessions() as session, session.begin():
            project = await projects.find(session, who, "RACE", Verb.ASSET_WRITE)
            new = assets.NewAsset(code="DB03", name="Box", kind="BOX")
            try:
                await assets.add_asset(session, who, project, new, NOW)
            except Refused as refusal:
                return str(refusal.status)
            await asyncio.sleep(0.05)
        return "added"

    said = await asyncio.gather(*(add() for _ in range(4)))
    assert sorted(said) == ["409", "409", "409", "added"]
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Asset)) == 1


async def test_two_calls_of_one_voice_are_one_contact(sessions: Sessions, who: Who) -> None:
    await _add(sessions, who)

    async def call() -> int:
        async with sessions() as session, session.begin():
            project = await projects.find(session, who, "RACE")
            contact = await actions.contact_for(
                session, project=project, name="Li", phone="139-0000"
            )
            await asyncio.sleep(0.05)
            return contact.id

    assert len(set(await asyncio.gather(*(call() for _ in range(4))))) == 1
    async with sessions() as session, session.begin():
        project = await projects.find(session, who, "RACE")
        named = await actions.contact_for(session, project=project, name="Wang", phone="1-3-8")
        assert named.is_named  # the owner's own contact is known by the number


async def test_two_who_change_the_project_lose_nothing(sessions: Sessions, who: Who) -> None:
    await _add(sessions, who)

    async def change(name: str) -> str:
        async with sessions() as session, session.begin():
            try:
                await actions.change_project(session, who, "RACE", version=1, now=NOW, name=name)
            except Refused as refusal:
                return str(refusal.status)
            await asyncio.sleep(0.05)
        return name

    said = await asyncio.gather(change("first"), change("second"))
    (winner,) = [name for name in said if name != "409"]
    async with sessions() as session:
        project = await projects.find(session, who, "RACE")
        assert (project.name, project.version) == (winner, 2)


async def test_two_changes_of_terms_build_on_each_other(sessions: Sessions, who: Who) -> None:
    await _add(sessions, who)

    async def change(numbers: dict[str, int], second: int) -> None:
        async with sessions() as session, session.begin():
            at = NOW.replace(second=second)
            await actions.change_terms(session, who, "RACE", numbers, now=at)
            await asyncio.sleep(0.05)

    await asyncio.gather(change({"response_minutes": 30}, 1), change({"repair_hours": 24}, 1))
    async with sessions() as session:
        project = await projects.find(session, who, "RACE")
        terms = await projects.terms_at(session, project.id, NOW.replace(second=2))
        told = terms.to_json()
        assert (told["response_minutes"], told["repair_hours"]) == (30, 24)
        assert await session.scalar(select(func.count()).select_from(Terms)) in (2, 3)


async def test_a_contract_is_renewed_once(sessions: Sessions, who: Who) -> None:
    await _add(sessions, who)
    terms = ContractTerms(date(2026, 1, 1), date(2026, 12, 31))

    async def doing(verb: Callable[[AsyncSession, Project], Awaitable[object]]) -> str:
        async with sessions() as session, session.begin():
            project = await projects.find(session, who, "RACE", Verb.PROJECT_WRITE, lock=True)
            try:
                await verb(session, project)
            except Refused as refusal:
                return str(refusal)
        return ""

    assert not await doing(lambda s, p: actions.add_contract(s, who, p, terms, now=NOW))
    async with sessions() as session:
        first = (await session.scalars(select(Contract.id))).one()
    said = await asyncio.gather(
        *(doing(lambda s, p: actions.renew_contract(s, who, p, first, now=NOW)) for _ in range(3))
    )
    assert sorted(bool(each) for each in said) == [False, True, True]
    async with sessions() as session:
        rows = (await session.scalars(select(Contract).order_by(Contract.starts_on))).all()
    assert [row.starts_on for row in rows] == [date(2026, 1, 1), date(2027, 1, 1)]
