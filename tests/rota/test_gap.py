"""空班: told a day ahead, once for each gap, to managers and the hotline lead."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.makers.rota import make_absence
from tests.makers.staff import make_person
from tests.rota.test_plan import NOW, TODAY, H
from tests.rota.test_swap import planned
from tickets.events import Event
from tickets.notice.models import Notice
from tickets.pages import text
from tickets.rota import actions
from tickets.rota.models import ServiceGroup, TurnPlan
from tickets.rota.rules import DAY
from tickets.staff.models import Person
from workers.reactions import REACTIONS


async def with_a_gap(session: AsyncSession, days: int = 3) -> tuple[ServiceGroup, list[Person]]:
    group, people = await planned(session)
    for person in people:
        await make_absence(session, person, TODAY + days * DAY, TODAY + days * DAY)
    await actions.replan(session, group.id, NOW)
    return group, people


async def test_it_is_told_a_day_ahead_and_once(session: AsyncSession) -> None:
    group, (ann, *_) = await with_a_gap(session)
    begins = NOW + (3 * 24 - 12) * H
    row = await session.get_one(TurnPlan, group.id)
    assert (row.gap_from_at, row.gap_to_at) == (begins, begins + DAY)
    assert await actions.tell_gaps(session, begins - DAY, 10) == 0
    assert await actions.tell_gaps(session, begins - DAY + H, 10) == 1
    for later in (begins - DAY + H, begins - H, begins, begins + H):
        assert await actions.tell_gaps(session, later, 10) == 0
    # Its neighbour changes: it is still the one that was told.
    await actions.give(
        session,
        group.id,
        ann.id,
        from_at=begins + 30 * H,
        to_at=begins + 31 * H,
        now=begins + 2 * H,
    )
    assert await actions.tell_gaps(session, begins + 3 * H, 10) == 0
    assert await actions.tell_gaps(session, begins + 2 * DAY, 10) == 0
    assert row.gap_from_at is None


async def test_managers_and_the_hotline_lead_are_told_and_nobody_else(
    session: AsyncSession,
) -> None:
    group, _ = await with_a_gap(session)
    lead = await make_person(session, role="hotline_lead", locale="zh-CN")
    manager = await make_person(session, role="manager", group_id=group.id)
    await make_person(session, role="hotline")
    await make_person(session, role="manager", group_id=(await planned(session))[0].id)
    begins = NOW + (3 * 24 - 12) * H
    assert await actions.tell_gaps(session, begins - H, 10) == 1
    await session.flush()
    event = (await session.scalars(select(Event).where(Event.kind == "rota.gap"))).one()
    (react,) = REACTIONS["rota.gap"]
    for _ in range(2):
        await react(session, event)
    told = (await session.scalars(select(Notice).order_by(Notice.person_id))).all()
    assert [n.person_id for n in told] == [lead.id, manager.id]
    for part in ("subject", "body"):
        said = text(f"notice/rota.gap/{part}.txt", "zh-CN", NOW, **told[0].facts)
        assert group.name in said
    assert "11月28日 00:00" in said


async def test_a_gap_that_was_filled_meanwhile_is_told_to_nobody(session: AsyncSession) -> None:
    group, (_ann, *_) = await with_a_gap(session)
    await make_person(session, role="hotline_lead")
    begins = NOW + (3 * 24 - 12) * H
    await actions.tell_gaps(session, begins - H, 10)
    await session.flush()
    event = (await session.scalars(select(Event).where(Event.kind == "rota.gap"))).one()
    newcomer = await make_person(session)
    await actions.add_member(session, group.id, newcomer.id, now=NOW)
    await actions.give(session, group.id, newcomer.id, from_at=begins, to_at=begins + DAY, now=NOW)
    await actions.tell_of_gap(session, event)
    assert (await session.scalars(select(Notice.id))).all() == []


async def filled(session: AsyncSession, group: ServiceGroup, from_at: datetime, hours: int) -> int:
    """A newcomer has the duty; gives his number."""
    newcomer = await make_person(session)
    await actions.add_member(session, group.id, newcomer.id, now=NOW)
    await actions.give(
        session,
        group.id,
        newcomer.id,
        from_at=from_at,
        to_at=from_at + hours * H,
        now=from_at - 3 * H,
    )
    return newcomer.id


async def told(session: AsyncSession) -> list[tuple[datetime, datetime]]:
    rows = await session.scalars(select(Event).where(Event.kind == "rota.gap").order_by(Event.id))
    return [
        (datetime.fromisoformat(e.facts["from_at"]), datetime.fromisoformat(e.facts["to_at"]))
        for e in rows
    ]


async def test_one_that_was_filled_and_falls_open_again_is_told_again(
    session: AsyncSession,
) -> None:
    group, _ = await with_a_gap(session)
    begins = NOW + (3 * 24 - 12) * H
    assert await actions.tell_gaps(session, begins - 12 * H, 10) == 1
    newcomer = await filled(session, group, begins, 24)
    assert await actions.tell_gaps(session, begins - 2 * H, 10) == 0
    now = begins + 6 * H
    await actions.remove_member(session, group.id, newcomer, now=now)
    for later in (now, now + H):
        await actions.tell_gaps(session, later, 10)
    assert await told(session) == [(begins, begins + DAY), (now, begins + DAY)]


async def test_a_part_that_was_filled_and_falls_open_again_is_told_again(
    session: AsyncSession,
) -> None:
    group, _ = await with_a_gap(session)
    begins = NOW + (3 * 24 - 12) * H
    assert await actions.tell_gaps(session, begins - 12 * H, 10) == 1
    newcomer = await filled(session, group, begins + 8 * H, 8)
    assert await actions.tell_gaps(session, begins - H, 10) == 0  # what is left was told
    await actions.remove_member(session, group.id, newcomer, now=begins)
    for later in (begins, begins + H, begins + 10 * H):
        await actions.tell_gaps(session, later, 10)
    assert await told(session) == [(begins, begins + DAY)] * 2


async def test_one_that_has_grown_is_told_when_what_is_new_of_it_is_a_day_ahead(
    session: AsyncSession,
) -> None:
    group, people = await with_a_gap(session)
    begins = NOW + (3 * 24 - 12) * H
    assert await actions.tell_gaps(session, begins - 12 * H, 10) == 1
    for person in people:
        await make_absence(session, person, TODAY + 4 * DAY, TODAY + 4 * DAY)
    await actions.replan(session, group.id, begins - 6 * H)
    assert await actions.tell_gaps(session, begins, 10) == 0
    for later in (begins + H, begins + 2 * H, begins + 25 * H):
        await actions.tell_gaps(session, later, 10)
    assert await told(session) == [(begins, begins + DAY), (begins, begins + 2 * DAY)]
