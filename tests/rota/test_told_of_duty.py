"""Whoever is given a duty or loses one hears of it; nobody of what he did himself."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.rota.test_plan import NOW, H, duties
from tests.rota.test_swap import planned
from tickets.events import Event
from tickets.notice.models import Notice
from tickets.pages import text
from tickets.rota import actions
from workers.reactions import REACTIONS

Told = list[tuple[int, list[str], list[str]]]


async def told(session: AsyncSession, kind: str) -> Told:
    """(who, from when he has one, from when no more), after the reactions of the newest event."""
    event = (
        await session.scalars(select(Event).where(Event.kind == kind).order_by(Event.id.desc()))
    ).first()
    assert event is not None
    for _ in range(2):  # a reaction may run a second time
        for react in REACTIONS[kind]:
            await react(session, event)
    rows = await session.scalars(
        select(Notice).where(Notice.event_id == event.id).order_by(Notice.id)
    )
    return [
        (n.person_id, [a for a, _ in n.facts["given"]], [a for a, _ in n.facts["taken"]])
        for n in rows
    ]


async def test_two_who_swap_hear_what_they_have_and_what_they_have_not(
    session: AsyncSession,
) -> None:
    group, (_ann, bob, cyd) = await planned(session)
    _, second, third, *_ = await duties(session, group.id)
    first_day, next_day = second.from_at.isoformat(), third.from_at.isoformat()
    await actions.swap(session, group.id, second.id, third.id, now=NOW)
    assert await told(session, "duty.swapped") == [
        (cyd.id, [first_day], [next_day]),
        (bob.id, [next_day], [first_day]),
    ]


async def test_whoever_did_it_himself_is_not_told(session: AsyncSession) -> None:
    group, (_ann, bob, cyd) = await planned(session)
    _, second, third, *_ = await duties(session, group.id)
    await actions.swap(session, group.id, second.id, third.id, by_id=bob.id, now=NOW)
    assert {person for person, *_ in await told(session, "duty.swapped")} == {cyd.id}


async def test_a_duty_given_by_hand_is_told_to_him_and_to_whom_it_was_taken_from(
    session: AsyncSession,
) -> None:
    group, (ann, bob, cyd) = await planned(session)
    _, second, third, *_ = await duties(session, group.id)
    from_at, to_at = second.from_at + 20 * H, third.from_at + 2 * H
    assert (second.person_id, third.person_id) == (bob.id, cyd.id)
    lost_later = third.from_at.isoformat()
    await actions.give(session, group.id, ann.id, from_at=from_at, to_at=to_at, now=NOW)
    assert await told(session, "duty.given") == [
        (ann.id, [from_at.isoformat()], []),
        (bob.id, [], [from_at.isoformat()]),
        (cyd.id, [], [lost_later]),
    ]


async def test_nothing_is_taken_from_somebody_who_gets_his_own_again(session: AsyncSession) -> None:
    group, (_ann, bob, _cyd) = await planned(session)
    _, second, *_ = await duties(session, group.id)
    assert second.person_id == bob.id
    await actions.give(
        session,
        group.id,
        bob.id,
        from_at=second.from_at + H,
        to_at=second.from_at + 2 * H,
        now=NOW,
    )
    ((who, given, taken),) = await told(session, "duty.given")
    assert (who, len(given), taken) == (bob.id, 1, [])


async def test_it_is_said_in_the_readers_language(session: AsyncSession) -> None:
    span = ["2026-11-25T12:00:00+00:00", "2026-11-26T12:00:00+00:00"]
    facts = {"group": "一组", "timezone": "Asia/Shanghai", "link": "/rota"}
    body = text("notice/duty.given/body.txt", "zh-CN", NOW, **facts, given=[span], taken=[])
    assert "11月25日 20:00 至 11月26日 20:00，一组 由您值班" in body
    subject = text("notice/duty.swapped/subject.txt", "en", NOW, **facts, given=[], taken=[span])
    assert subject.startswith("You are not on duty any more: 一组")
