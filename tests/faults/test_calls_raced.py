"""Two sweeps over the same promised calls, two who take over one shift: each on a connection."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from tests.faults.running import sessions_of
from tests.makers.database import own_database
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket, who_of
from tickets.events import Event
from tickets.refusals import Refused
from tickets.shift import actions as shift
from tickets.shift.models import Takeover
from tickets.staff.rules import Role
from tickets.ticket import actions
from tickets.ticket.models import CallPromise

H = timedelta(hours=1)
Sessions = async_sessionmaker[AsyncSession]


@pytest.fixture(scope="module")
async def sessions(server: str) -> AsyncIterator[Sessions]:
    async with own_database(server) as url, sessions_of(url) as found:
        yield found


async def test_of_many_sweeps_at_once_each_call_is_said_once(sessions: Sessions) -> None:
    now = datetime.now(UTC)
    async with sessions() as session, session.begin():
        project = await make_project(session, code="PJ-1")
        who = who_of((await make_person(session, role="hotline")).id, Role.HOTLINE)
        for n in range(40):
            ticket = await make_ticket(session, project=project, now=now, who=who)
            at = now + timedelta(minutes=n + 1)
            await actions.promise_call(session, who, ticket.ref, at=at, now=now)

    async def sweep(at: datetime) -> int:
        async with sessions() as session, session.begin():
            found = await actions.watch_calls(session, at, 7)
            await asyncio.sleep(0.01)  # held while the others look
        return found

    async def until_done(at: datetime) -> None:
        while await sweep(at):
            pass

    for at, kind in ((now + H, "call.fell_due"), (now + 2 * H, "call.missed")):
        await asyncio.gather(*(until_done(at) for _ in range(4)))
        async with sessions() as session:
            said = await session.execute(
                select(func.count(), func.count(Event.facts["promise_id"].astext.distinct())).where(
                    Event.kind == kind
                )
            )
            assert tuple(said.one()) == (40, 40)
    async with sessions() as session:
        watched = select(func.count()).where(CallPromise.watch_at.is_not(None))
        assert await session.scalar(watched) == 0


async def test_a_call_that_is_made_while_the_sweep_looks_is_kept_and_watched_no_more(
    sessions: Sessions,
) -> None:
    now = datetime.now(UTC)
    async with sessions() as session, session.begin():
        project = await make_project(session, code="PJ-2")
        who = who_of((await make_person(session, role="hotline")).id, Role.HOTLINE)
        ticket = await make_ticket(session, project=project, now=now, who=who)
    for _ in range(20):
        async with sessions() as session, session.begin():
            made = await actions.promise_call(session, who, ticket.ref, at=now + H, now=now)

        async def sweep() -> None:
            async with sessions() as session, session.begin():
                await actions.watch_calls(session, now + H)

        async def keep(promise_id: int) -> None:
            async with sessions() as session, session.begin():
                await actions.keep_call(session, who, ticket.ref, promise_id, now=now)

        await asyncio.gather(sweep(), keep(made.id))
        async with sessions() as session:
            kept = await session.get_one(CallPromise, made.id)
            assert kept.kept_at is not None
            assert kept.watch_at is None


async def test_of_two_who_take_over_one_shift_one_signs(sessions: Sessions) -> None:
    now = datetime.now(UTC)
    async with sessions() as session, session.begin():
        people = [await make_person(session, role="hotline") for _ in range(5)]
    giver, *takers = [who_of(person.id, Role.HOTLINE) for person in people]

    async def hand_over() -> int:
        async with sessions() as session, session.begin():
            return await shift.hand_over(
                session, giver, {"counts": {}, "notes": {}}, since_at=None, now=now
            )

    numbers = await asyncio.gather(*(hand_over() for _ in range(10)))
    assert sorted(numbers) == list(range(1, 11))

    async def take(who: object, number: int) -> bool:
        try:
            async with sessions() as session, session.begin():
                await shift.take_over(session, who, number, now=now)  # type: ignore[arg-type]
        except Refused:
            return False
        return True

    for number in numbers:
        assert sum(await asyncio.gather(*(take(who, number) for who in takers))) == 1
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Takeover)) == 10
