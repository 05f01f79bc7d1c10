"""请假: the duties follow, open tickets go to who is on duty, once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import date

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from tests.faults.running import sessions_of
from tests.makers.database import own_database
from tests.makers.project import make_project
from tests.makers.rota import make_absence, make_group
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket
from tests.rota.test_plan import NOW, TODAY, H, duties, plan_of
from tests.rota.test_swap import planned
from tickets.events import Event, record
from tickets.notice.models import Notice
from tickets.project.models import Project
from tickets.refusals import Invalid, Refused
from tickets.rota import actions, queries
from tickets.rota.models import Absence, ServiceGroup
from tickets.rota.rules import DAY, AbsenceReason
from tickets.staff.models import Person
from tickets.ticket import actions as ticket
from tickets.ticket.models import Ticket
from tickets.ticket.queries import held
from tickets.ticket.queries.given_over import hand_overs
from workers.reactions import REACTIONS

LEAVE = AbsenceReason.LEAVE


async def test_the_next_in_order_takes_his_duties(session: AsyncSession) -> None:
    group, (ann, _bob, _cyd) = await planned(session)
    absence = await actions.add_absence(
        session, ann.id, from_on=TODAY, to_on=TODAY + 3 * DAY, reason=LEAVE, now=NOW + H
    )
    found = await duties(session, group.id)
    assert found[0].to_at == NOW + H  # what was is not rewritten
    away = [d for d in found if d.to_at > NOW + H and d.from_at < NOW + (4 * 24 - 12) * H]
    assert ann.id not in {d.person_id for d in away}
    assert await queries.gaps(session, group.id, NOW, NOW + 50 * DAY) == []
    await actions.end_absence(session, absence.id, now=NOW + 2 * H)
    assert await queries.on_duty(session, group.id, NOW + 3 * H) is ann
    assert absence.to_on == TODAY - DAY
    kinds = (await session.scalars(select(Event.kind).order_by(Event.id))).all()
    assert kinds[-2:] == ["absence.added", "absence.ended"]


async def test_a_duty_by_hand_does_not_keep_him_on_duty_either(session: AsyncSession) -> None:
    group, (_, bob, _) = await planned(session)
    await actions.give(session, group.id, bob.id, from_at=NOW + H, to_at=NOW + 60 * H, now=NOW)
    await actions.add_absence(
        session, bob.id, from_on=TODAY + DAY, to_on=TODAY + DAY, reason=LEAVE, now=NOW
    )
    for hour in range(12, 36):
        person = await queries.on_duty(session, group.id, NOW + hour * H)
        assert person is not None
        assert person is not bob
    assert await queries.on_duty(session, group.id, NOW + 36 * H) is bob


async def test_what_cannot_be_is_refused_with_a_sentence(session: AsyncSession) -> None:
    _, (ann, *_) = await planned(session)
    owner = await make_person(session, role="owner")

    async def add(from_on: date, to_on: date, person: Person = ann) -> Absence:
        return await actions.add_absence(
            session, person.id, from_on=from_on, to_on=to_on, reason=LEAVE, now=NOW
        )

    with pytest.raises(Invalid):
        await add(TODAY + DAY, TODAY)
    with pytest.raises(Invalid, match="over"):
        await add(TODAY - 3 * DAY, TODAY - DAY)
    with pytest.raises(Refused, match="no such person"):
        await add(TODAY, TODAY, owner)
    first = await add(TODAY, TODAY + 3 * DAY)
    with pytest.raises(Refused, match="away already"):
        await add(TODAY + 3 * DAY, TODAY + 5 * DAY)
    await actions.end_absence(session, first.id, back_on=TODAY + DAY, now=NOW)
    assert first.to_on == TODAY
    with pytest.raises(Refused, match="ended already"):
        await actions.end_absence(session, first.id, now=NOW)
    await add(TODAY + DAY, TODAY + 5 * DAY)


async def matters(
    session: AsyncSession, group: ServiceGroup, person: Person, count: int = 2
) -> tuple[Project, Sequence[Ticket]]:
    project = await make_project(session, group_id=group.id)
    made = [await make_ticket(session, project=project, now=NOW) for _ in range(count)]
    for one in made:
        one.technician_id = person.id
    await session.flush()
    return project, made


async def test_his_open_tickets_go_to_who_is_on_duty(session: AsyncSession) -> None:
    group, (ann, bob, _) = await planned(session)
    _, (first, second, done) = await matters(session, group, ann, 3)
    done.status = "repaired"
    await session.flush()
    (told,) = await hand_overs(session, ann.id, NOW)
    assert (told.group, told.tickets, told.to) == (group.name, 2, bob)
    absence = await actions.add_absence(
        session, ann.id, from_on=TODAY, to_on=TODAY, reason=LEAVE, now=NOW + H
    )
    await session.flush()
    event = (await session.scalars(select(Event).where(Event.kind == "absence.added"))).one()
    (react,) = REACTIONS["absence.added"]
    for _ in range(2):  # a reaction may run again
        await react(session, event)
    assert absence.handed_over_at == NOW + H
    assert [t.technician_id for t in (first, second, done)] == [bob.id, bob.id, ann.id]
    events = (await session.scalars(select(Event).where(Event.kind == "ticket.assigned"))).all()
    assert [e.facts["why"] for e in events] == ["absence"] * 2
    assert events[0].facts["before_id"] == ann.id
    assert await ticket.hand_over_absences(session, NOW + 2 * H, 10) == 0


async def test_an_absence_that_is_ahead_hands_over_on_its_first_local_day(
    session: AsyncSession,
) -> None:
    group, (ann, bob, _) = await planned(session)
    _, (first, _) = await matters(session, group, ann)
    await actions.add_absence(
        session, ann.id, from_on=TODAY + DAY, to_on=TODAY + DAY, reason=LEAVE, now=NOW
    )
    midnight = NOW + 12 * H
    assert await ticket.hand_over_absences(session, midnight - H / 60, 10) == 0
    assert first.technician_id == ann.id
    assert await ticket.hand_over_absences(session, midnight, 10) == 1
    assert first.technician_id == bob.id


async def test_with_nobody_on_duty_they_stay_and_the_leads_are_told(session: AsyncSession) -> None:
    group, (ann, *_) = await make_group(session)
    lead = await make_person(session, role="hotline_lead")
    manager = await make_person(session, role="manager", group_id=group.id)
    elsewhere = await make_person(
        session, role="manager", group_id=(await make_group(session))[0].id
    )
    _, made = await matters(session, group, ann)
    await make_absence(session, ann, TODAY, TODAY)
    assert await ticket.hand_over_absences(session, NOW, 10) == 1
    assert {t.technician_id for t in made} == {ann.id}
    await session.flush()
    event = (await session.scalars(select(Event).where(Event.kind == "absence.begun"))).one()
    (react,) = REACTIONS["absence.begun"]
    for _ in range(2):
        await react(session, event)
    told = (await session.scalars(select(Notice).order_by(Notice.id))).all()
    assert {n.person_id for n in told} == {lead.id, manager.id}
    assert elsewhere.id not in {n.person_id for n in told}
    assert told[0].facts["refs"] == [t.ref for t in made]


@pytest.fixture
async def rooms(server: str) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    async with own_database(server) as url, sessions_of(url) as sessions:
        yield sessions


async def test_raced_by_eight_workers_each_ticket_is_given_once(
    rooms: async_sessionmaker[AsyncSession],
) -> None:
    async with rooms() as session, session.begin():
        group, people = await make_group(session)
        await actions.plan_turn(session, group.id, plan_of(*(p.id for p in people)), now=NOW)
        await matters(session, group, people[0], 5)
        await actions.add_absence(
            session, people[0].id, from_on=TODAY, to_on=TODAY, reason=LEAVE, now=NOW
        )
        await session.flush()
        added = (await session.scalars(select(Event).where(Event.kind == "absence.added"))).one()
        added_id = added.id

    async def sweep(n: int) -> None:
        async with rooms() as session, session.begin():
            if n % 2:
                await ticket.hand_over_absences(session, NOW + H, 10)
            else:
                event = await session.get_one(Event, added_id)
                await ticket.hand_over_at_absence(session, event)

    await asyncio.gather(*(sweep(n) for n in range(8)))
    async with rooms() as session:
        asked = select(func.count()).select_from(Event)
        assert await session.scalar(asked.where(Event.kind == "ticket.assigned")) == 5
        assert await session.scalar(asked.where(Event.kind == "absence.begun")) == 1
        others = (
            select(func.count()).select_from(Ticket).where(Ticket.technician_id != people[0].id)
        )
        assert await session.scalar(others) == 5


async def two_away(rooms: async_sessionmaker[AsyncSession]) -> tuple[list[int], int]:
    """Ann and Bob are away from today on; of two tickets the earlier is Bob's, whose absence was
    entered last. Gives the tickets, and who is there."""
    async with rooms() as session, session.begin():
        group, (ann, bob, cyd) = await make_group(session)
        await actions.plan_turn(session, group.id, plan_of(ann.id, bob.id, cyd.id), now=NOW)
        _, (first, second) = await matters(session, group, ann)
        first.technician_id = bob.id
        for person in (ann, bob):
            await actions.add_absence(
                session, person.id, from_on=TODAY, to_on=TODAY, reason=LEAVE, now=NOW
            )
        return [first.id, second.id], cyd.id


async def swept(session: AsyncSession) -> None:
    await ticket.hand_over_absences(session, NOW + H, 10)


async def relayed(session: AsyncSession) -> None:
    """As the relay does it: one transaction for a batch."""
    added = select(Event).where(Event.kind == "absence.added").order_by(Event.id)
    for event in (await session.scalars(added)).all():
        await ticket.hand_over_at_absence(session, event)


async def until_somebody_waits(rooms: async_sessionmaker[AsyncSession]) -> None:
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    async with asyncio.timeout(10), rooms() as session:
        while not await session.scalar(waiting):
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("hand_over", [swept, relayed])
async def test_those_of_several_absences_are_locked_in_the_order_everybody_locks_in(
    rooms: async_sessionmaker[AsyncSession],
    hand_over: Callable[[AsyncSession], Awaitable[None]],
) -> None:
    (first, second), there = await two_away(rooms)

    async def work() -> None:
        async with rooms() as session, session.begin():
            await hand_over(session)

    async with rooms() as session, session.begin():  # somebody merges the two, one by one
        await held(session, [first])
        working = asyncio.create_task(work())
        await until_somebody_waits(rooms)
        await held(session, [second])
    await working
    async with rooms() as session:
        given = await session.scalars(select(Ticket.technician_id))
        assert set(given) == {there}


async def test_who_only_writes_about_a_ticket_does_not_wait_for_its_hand_over(
    rooms: async_sessionmaker[AsyncSession],
) -> None:
    (first, _), there = await two_away(rooms)
    async with rooms() as session, session.begin():
        await swept(session)
        await session.flush()
        async with rooms() as other, other.begin():
            await other.execute(text("SET LOCAL lock_timeout = '2s'"))
            noted = await other.get_one(Ticket, first)
            record(other, "clock.warned", at=NOW + H, ticket_id=first, project_id=noted.project_id)
    async with rooms() as session:
        assert (await session.get_one(Ticket, first)).technician_id == there
        asked = select(func.count()).where(Event.kind == "clock.warned", Event.ticket_id == first)
        assert await session.scalar(asked) == 1


async def test_absences_and_plans_of_people_in_two_groups_never_wait_for_each_other(
    rooms: async_sessionmaker[AsyncSession],
) -> None:
    from tickets.rota.models import GroupMember

    async with rooms() as session, session.begin():
        one, first = await make_group(session)
        two, second = await make_group(session)
        session.add_all(GroupMember(group_id=two.id, person_id=p.id) for p in first)
        session.add_all(GroupMember(group_id=one.id, person_id=p.id) for p in second)
        everybody = [p.id for p in (*first, *second)]
        for group in (one, two):
            await actions.plan_turn(session, group.id, plan_of(*everybody), now=NOW)

    async def leave(n: int) -> None:
        async with rooms() as session, session.begin():
            await actions.add_absence(
                session,
                everybody[n],
                from_on=TODAY + n * DAY,
                to_on=TODAY + 7 * DAY,
                reason=LEAVE,
                now=NOW,
            )

    await asyncio.gather(*(leave(n) for n in range(6)))
    async with rooms() as session:
        for group in (one, two):
            # From the sixth day on everybody is away, two days long.
            (gap,) = await queries.gaps(session, group.id, NOW, NOW + 50 * DAY)
            assert gap.to_at - gap.from_at == 3 * DAY
