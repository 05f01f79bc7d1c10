"""Planning turns: duties eight weeks ahead, anew when something changes, never doubled."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from tests.faults.running import sessions_of
from tests.makers.database import own_database
from tests.makers.rota import make_absence, make_duty, make_group
from tickets.events import Event
from tickets.refusals import Invalid
from tickets.rota import actions, queries
from tickets.rota.models import Duty, TurnPlan
from tickets.rota.rules import DAY, Plan, Turn
from tickets.staff import actions as staff
from workers.reactions import REACTIONS

NOW = datetime(2026, 11, 25, 4, tzinfo=UTC)  # noon in Shanghai, a Wednesday
H = timedelta(hours=1)
TODAY = date(2026, 11, 25)


def plan_of(*people: int, turn: Turn = Turn.DAILY, begins_on: date = TODAY) -> Plan:
    return Plan(turn, people, begins_on, time(8))


async def duties(session: AsyncSession, group_id: int) -> list[Duty]:
    asked = select(Duty).where(Duty.group_id == group_id).order_by(Duty.from_at)
    return list(await session.scalars(asked.execution_options(populate_existing=True)))


def spans(found: list[Duty]) -> list[tuple[int, datetime, datetime]]:
    return [(d.person_id, d.from_at, d.to_at) for d in found]


async def test_it_writes_eight_weeks_of_duties_and_one_line_in_the_diary(
    session: AsyncSession,
) -> None:
    group, (ann, bob, cyd) = await make_group(session)
    await actions.plan_turn(session, group.id, plan_of(ann.id, bob.id, cyd.id), now=NOW)
    found = await duties(session, group.id)
    assert [d.person_id for d in found[:4]] == [ann.id, bob.id, cyd.id, ann.id]
    assert found[0].from_at == NOW
    assert found[0].to_at == NOW + 20 * H  # eight in the morning
    assert found[-1].to_at >= NOW + 56 * DAY
    assert all(one.to_at == other.from_at for one, other in pairwise(found))
    assert not any(d.is_by_hand for d in found)
    assert (await session.scalars(select(Event.kind))).all()[-1] == "rota.planned"
    assert await queries.gaps(session, group.id, NOW, NOW + 50 * DAY) == []


async def test_planning_anew_keeps_what_is_past_and_what_was_given_by_hand(
    session: AsyncSession,
) -> None:
    group, (ann, bob, cyd) = await make_group(session)
    await actions.plan_turn(session, group.id, plan_of(ann.id, bob.id), now=NOW)
    later = NOW + 30 * H
    await actions.give(
        session, group.id, cyd.id, from_at=NOW + 40 * H, to_at=NOW + 60 * H, now=later
    )
    before = spans([d for d in await duties(session, group.id) if d.to_at <= later])
    weekly = plan_of(bob.id, ann.id, turn=Turn.WEEKLY)
    await actions.plan_turn(session, group.id, weekly, now=later)
    found = await duties(session, group.id)
    assert spans(found)[: len(before)] == before
    by_hand = [d for d in found if d.is_by_hand]
    assert spans(by_hand) == [(cyd.id, NOW + 40 * H, NOW + 60 * H)]
    assert (await queries.on_duty(session, group.id, later)) is bob
    assert all(one.to_at == other.from_at for one, other in pairwise(found))


async def test_a_plan_that_begins_later_leaves_the_days_before_as_they_are(
    session: AsyncSession,
) -> None:
    group, (ann, bob, cyd) = await make_group(session)
    await actions.plan_turn(session, group.id, plan_of(ann.id), now=NOW)
    await actions.plan_turn(
        session, group.id, plan_of(bob.id, cyd.id, begins_on=TODAY + 5 * DAY), now=NOW + H
    )
    first, second, *_ = await duties(session, group.id)
    handover = datetime(2026, 11, 30, tzinfo=UTC)
    assert (first.person_id, first.from_at, first.to_at) == (ann.id, NOW, handover)
    assert (second.person_id, second.from_at) == (bob.id, handover)


async def test_only_members_take_turns(session: AsyncSession) -> None:
    group, (ann, *_) = await make_group(session)
    _, (stranger, *_) = await make_group(session)
    for order in ((), (ann.id, ann.id), (stranger.id,)):
        with pytest.raises(Invalid):
            await actions.plan_turn(session, group.id, plan_of(*order), now=NOW)
    assert await duties(session, group.id) == []


async def test_the_sweep_goes_on_and_changes_nothing_that_stands(session: AsyncSession) -> None:
    group, (ann, bob, cyd) = await make_group(session)
    await actions.plan_turn(session, group.id, plan_of(ann.id, bob.id, cyd.id), now=NOW)
    before = {d.id: (d.person_id, d.from_at, d.to_at) for d in await duties(session, group.id)}
    assert await actions.plan_ahead(session, NOW + H, 10) == 0
    assert await actions.plan_ahead(session, NOW + 5 * DAY, 10) == 1
    assert await actions.plan_ahead(session, NOW + 5 * DAY, 10) == 0
    after = {d.id: (d.person_id, d.from_at, d.to_at) for d in await duties(session, group.id)}
    assert {id_: after.get(id_) for id_ in before} == before
    assert len(after) == len(before) + 5
    assert max(to_at for _, _, to_at in after.values()) >= NOW + 61 * DAY


async def test_after_a_long_outage_the_sweep_writes_from_now_on(session: AsyncSession) -> None:
    group, (ann, bob, cyd) = await make_group(session)
    await actions.plan_turn(session, group.id, plan_of(ann.id, bob.id, cyd.id), now=NOW)
    later = NOW + 100 * DAY
    assert await queries.on_duty(session, group.id, later) is None
    assert await actions.plan_ahead(session, later, 10) == 1
    assert await queries.on_duty(session, group.id, later) is bob  # 100 = 3 · 33 + 1


async def test_who_leaves_the_group_has_no_duties_from_then_on(session: AsyncSession) -> None:
    group, (ann, bob, cyd) = await make_group(session)
    await actions.plan_turn(session, group.id, plan_of(ann.id, bob.id, cyd.id), now=NOW)
    await actions.give(session, group.id, ann.id, from_at=NOW + 30 * H, to_at=NOW + 40 * H, now=NOW)
    await actions.remove_member(session, group.id, ann.id, now=NOW + H)
    found = await duties(session, group.id)
    assert [d.person_id for d in found if d.to_at > NOW + H and d.person_id == ann.id] == []
    assert spans(found)[0] == (ann.id, NOW, NOW + H)
    assert found[1].person_id == bob.id
    assert await queries.gaps(session, group.id, NOW, NOW + 50 * DAY) == []


async def test_who_retires_is_followed_by_the_next_and_back_again(session: AsyncSession) -> None:
    group, (ann, bob, cyd) = await make_group(session)
    await actions.plan_turn(session, group.id, plan_of(ann.id, bob.id, cyd.id), now=NOW)
    (react,) = REACTIONS["person.retired"]
    for verb, expected in ((staff.retire, bob), (staff.reinstate, ann)):
        await verb(session, ann.id, now=NOW + H)
        await session.flush()
        event = (await session.scalars(select(Event).order_by(Event.id.desc()).limit(1))).one()
        await react(session, event)
        assert await queries.on_duty(session, group.id, NOW + 2 * H) is expected
    assert (await duties(session, group.id))[-1].to_at >= NOW + 56 * DAY


# --- real connections, real commits --------------------------------------------------------


@pytest.fixture
async def rooms(server: str) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    async with own_database(server) as url, sessions_of(url) as sessions:
        yield sessions


async def test_two_workers_at_once_never_double(
    rooms: async_sessionmaker[AsyncSession],
) -> None:
    groups: list[int] = []
    async with rooms() as session, session.begin():
        for _ in range(6):
            group, people = await make_group(session)
            await actions.plan_turn(session, group.id, plan_of(*(p.id for p in people)), now=NOW)
            groups.append(group.id)

    async def sweep() -> int:
        async with rooms() as session, session.begin():
            return await actions.plan_ahead(session, NOW + 20 * DAY, 100)

    done = await asyncio.gather(*(sweep() for _ in range(8)))
    assert sum(done) == 6
    async with rooms() as session:
        for group_id in groups:
            found = await duties(session, group_id)
            assert all(one.to_at == other.from_at for one, other in pairwise(found))
            assert len(found) == 57 + 20
            row = await session.get_one(TurnPlan, group_id)
            assert row.planned_until == found[-1].to_at


async def test_eight_people_planning_one_group_leave_one_plan(
    rooms: async_sessionmaker[AsyncSession],
) -> None:
    async with rooms() as session, session.begin():
        group, people = await make_group(session)
    ids = [p.id for p in people]

    async def plan(n: int) -> None:
        async with rooms() as session, session.begin():
            order = ids[n % 3 :] + ids[: n % 3]
            turn = Turn.DAILY if n % 2 else Turn.WEEKLY
            await actions.plan_turn(session, group.id, plan_of(*order, turn=turn), now=NOW)
            if n == 5:
                await actions.give(
                    session, group.id, ids[0], from_at=NOW + H, to_at=NOW + 9 * H, now=NOW
                )

    await asyncio.gather(*(plan(n) for n in range(8)))
    async with rooms() as session:
        found = await duties(session, group.id)
        assert all(one.to_at == other.from_at for one, other in pairwise(found))
        assert [d.person_id for d in found if d.is_by_hand] == [ids[0]]


async def test_of_two_overlapping_duties_past_the_lock_one_is_kept(
    rooms: async_sessionmaker[AsyncSession],
) -> None:
    async with rooms() as session, session.begin():
        group, (ann, bob, _) = await make_group(session)

    async def write(person_id: int) -> bool:
        try:
            async with rooms() as session, session.begin():
                person = ann if person_id == ann.id else bob
                await make_duty(session, group, person, NOW, NOW + 8 * H)
                await asyncio.sleep(0.05)
        except IntegrityError:
            return False
        return True

    won = await asyncio.gather(write(ann.id), write(bob.id))
    assert sorted(won) == [False, True]


async def test_eight_workers_tell_a_gap_once(rooms: async_sessionmaker[AsyncSession]) -> None:
    async with rooms() as session, session.begin():
        group, (ann, *_) = await make_group(session, "Ann")
        await actions.plan_turn(session, group.id, plan_of(ann.id), now=NOW)
        await make_absence(session, ann, TODAY + DAY, TODAY + DAY)
        await actions.replan(session, group.id, NOW)

    async def look() -> int:
        async with rooms() as session, session.begin():
            return await actions.tell_gaps(session, NOW + H, 100)

    assert sum(await asyncio.gather(*(look() for _ in range(8)))) == 1
    async with rooms() as session:
        asked = select(Event.id).where(Event.kind == "rota.gap")
        assert len((await session.scalars(asked)).all()) == 1
