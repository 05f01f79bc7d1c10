"""调班: two duties change hands in one act, or a duty is given by hand."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.makers.rota import make_absence, make_group
from tests.rota.test_plan import NOW, TODAY, H, duties, plan_of, spans
from tickets.events import Event
from tickets.refusals import Invalid, Missing, Refused
from tickets.rota import actions, queries
from tickets.rota.models import ServiceGroup
from tickets.rota.rules import DAY
from tickets.staff.models import Person


async def planned(session: AsyncSession) -> tuple[ServiceGroup, list[Person]]:
    group, people = await make_group(session)
    await actions.plan_turn(session, group.id, plan_of(*(p.id for p in people)), now=NOW)
    return group, people


async def test_it_is_one_act_with_both_names(session: AsyncSession) -> None:
    group, (ann, bob, cyd) = await planned(session)
    _, second, third, *_ = await duties(session, group.id)
    await actions.swap(session, group.id, second.id, third.id, by_id=ann.id, now=NOW)
    found = await duties(session, group.id)
    assert [d.person_id for d in found[:4]] == [ann.id, cyd.id, bob.id, ann.id]
    event = (await session.scalars(select(Event).where(Event.kind == "duty.swapped"))).one()
    assert [each["person_id"] for each in event.facts["duties"]] == [cyd.id, bob.id]
    # Planning anew leaves both where they are.
    await actions.replan(session, group.id, NOW + H)
    assert [d.person_id for d in (await duties(session, group.id))[1:3]] == [cyd.id, bob.id]


async def test_it_is_refused_where_it_cannot_be(session: AsyncSession) -> None:
    group, (_ann, bob, cyd) = await planned(session)
    other, _ = await planned(session)
    running, second, third, fourth, *_ = await duties(session, group.id)
    elsewhere = (await duties(session, other.id))[2]
    with pytest.raises(Refused, match="has begun"):
        await actions.swap(session, group.id, running.id, second.id, now=NOW)
    with pytest.raises(Refused, match="same person"):
        await actions.swap(
            session, group.id, second.id, (await duties(session, group.id))[4].id, now=NOW
        )
    with pytest.raises(Missing):
        await actions.swap(session, group.id, second.id, elsewhere.id, now=NOW)
    await make_absence(session, bob, TODAY + 2 * DAY, TODAY + 2 * DAY)
    with pytest.raises(Refused, match="away then") as refusal:
        await actions.swap(session, group.id, second.id, third.id, now=NOW)
    assert refusal.value.places["name"] == "Bob"
    cyd.retired_at = NOW
    await session.flush()
    with pytest.raises(Refused, match="not in this group"):
        await actions.swap(session, group.id, third.id, fourth.id, now=NOW)
    assert spans(await duties(session, group.id))[1][0] == bob.id


async def test_a_duty_by_hand_takes_the_others_place(session: AsyncSession) -> None:
    group, (_ann, bob, cyd) = await planned(session)
    before = await queries.duties(session, group.id, NOW, NOW + 200 * H)
    total = sum((d.to_at - d.from_at for d in before), timedelta())
    await actions.give(
        session, group.id, cyd.id, from_at=NOW - H, to_at=NOW + 22 * H, by_id=bob.id, now=NOW
    )
    found = await duties(session, group.id)
    assert spans(found)[0] == (cyd.id, NOW, NOW + 22 * H)
    assert spans(found)[1][:2] == (bob.id, NOW + 22 * H)
    after = await queries.duties(session, group.id, NOW, NOW + 200 * H)
    assert sum((d.to_at - d.from_at for d in after), timedelta()) == total
    assert await session.scalar(select(Event.by_id).where(Event.kind == "duty.given")) == bob.id


async def test_a_duty_within_another_splits_it(session: AsyncSession) -> None:
    group, (ann, bob, _) = await planned(session)
    await actions.give(session, group.id, bob.id, from_at=NOW + H, to_at=NOW + 2 * H, now=NOW)
    assert spans(await duties(session, group.id))[:3] == [
        (ann.id, NOW, NOW + H),
        (bob.id, NOW + H, NOW + 2 * H),
        (ann.id, NOW + 2 * H, NOW + 20 * H),
    ]


async def test_a_duty_is_not_given_to_who_is_away_or_in_the_past(session: AsyncSession) -> None:
    group, (ann, bob, _) = await planned(session)
    _, (dan, *_) = await make_group(session)
    await make_absence(session, bob, date(2026, 11, 27), date(2026, 11, 30))
    with pytest.raises(Refused, match="away then"):
        await actions.give(session, group.id, bob.id, from_at=NOW + H, to_at=NOW + 37 * H, now=NOW)
    with pytest.raises(Refused, match="not in this group"):
        await actions.give(session, group.id, dan.id, from_at=NOW + H, to_at=NOW + 2 * H, now=NOW)
    with pytest.raises(Invalid, match="past"):
        await actions.give(session, group.id, ann.id, from_at=NOW - 2 * H, to_at=NOW - H, now=NOW)
