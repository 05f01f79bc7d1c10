"""空班: told a day ahead, once for each gap, to managers and the hotline lead."""

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
    # Grown or shrunk, it is still the one that was told.
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
