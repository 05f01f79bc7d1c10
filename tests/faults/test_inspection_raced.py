"""A cover is corrected while somebody tells what he found, or is reminded: nobody is thrown out."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from tests.faults.running import sessions_of
from tests.makers.database import own_database
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import who_of
from tickets.inspection import actions
from tickets.inspection.models import Check, Inspection
from tickets.inspection.rules import Result
from tickets.project import queries as projects
from tickets.project.models import Project
from tickets.staff.rules import Role, Verb, Who

Sessions = async_sessionmaker[AsyncSession]


@pytest.fixture(scope="module")
async def sessions(server: str) -> AsyncIterator[Sessions]:
    async with own_database(server) as url, sessions_of(url) as found:
        yield found


async def planned(sessions: Sessions, code: str, now: datetime) -> tuple[int, Who, Who]:
    async with sessions() as session, session.begin():
        accepted_on = (now - timedelta(days=80)).date()
        project = await make_project(session, code=code, accepted_on=accepted_on)
        await actions.replan(session, project, now)
        asked = select(Inspection.id).where(
            Inspection.project_id == project.id, Inspection.number == 1
        )
        inspection_id = (await session.scalars(asked)).one()
        boss = who_of((await make_person(session, role="manager")).id, Role.MANAGER)
        goes = who_of((await make_person(session, role="technician")).id, Role.TECHNICIAN)
    return inspection_id, boss, goes


async def test_a_word_from_the_site_waits_while_a_cover_is_corrected(sessions: Sessions) -> None:
    now = datetime.now(UTC)
    inspection_id, boss, goes = await planned(sessions, "PR-1", now)
    holds = asyncio.Event()

    async def correct() -> None:
        async with sessions() as session, session.begin():
            project = await projects.find(session, boss, "PR-1", Verb.PROJECT_WRITE, lock=True)
            holds.set()
            await asyncio.sleep(0.5)  # the other has begun meanwhile
            await actions.replan(session, project, now)

    async def tell() -> None:
        await holds.wait()
        async with sessions() as session, session.begin():
            result = Result("BOX-01", None, "fail", note="锁坏")
            await actions.check(session, goes, inspection_id, [result], now=now)

    await asyncio.gather(correct(), tell())
    async with sessions() as session:
        kept = select(Check.verdict).where(
            Check.inspection_id == inspection_id, Check.verdict.is_not(None)
        )
        assert (await session.scalars(kept)).all() == ["fail"]


async def test_the_sweep_leaves_a_project_alone_while_its_cover_is_corrected(
    sessions: Sessions,
) -> None:
    now = datetime.now(UTC)
    inspection_id, boss, _ = await planned(sessions, "PR-2", now)
    later = now + timedelta(days=15)
    async with sessions() as session, session.begin():
        project = await projects.find(session, boss, "PR-2", Verb.PROJECT_WRITE, lock=True)
        async with sessions() as other, other.begin():
            await asyncio.wait_for(actions.remind(other, later, 100), 5)
        await actions.replan(session, project, now)
    async with sessions() as session, session.begin():
        inspection = await session.get_one(Inspection, inspection_id)
        assert inspection.reminded is None
        await actions.remind(session, later, 100)
        assert (await session.get_one(Inspection, inspection_id)).reminded is not None
        project = await session.get_one(Project, inspection.project_id)
        assert project.code == "PR-2"
