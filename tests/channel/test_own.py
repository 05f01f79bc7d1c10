"""Trying one's own address: a few times, and at nobody else's cost."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from tests.channel.conftest import Office, make_channel
from tests.channel.receiver import Receiver, receiving, says
from tests.makers.staff import make_person
from tickets import db
from tickets.channel import actions
from tickets.channel.rules import OWN_TESTS
from tickets.events import Event
from tickets.refusals import TooOften

BrowserOf = Callable[..., Any]


@pytest.fixture
async def there() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


async def test_after_a_few_it_is_enough_for_a_while(
    session: AsyncSession, browser_of: BrowserOf, there: Receiver
) -> None:
    there.answer = says(201, "taken")
    sms = await make_channel(session, "sms", url=there.url)
    people = [await make_person(session) for _ in range(2)]
    for person in people:
        person.phone = "13800000000"
    await session.commit()
    his, other = [await browser_of(person) for person in people]
    button = f"/account/channels/{sms.id}/test"
    for _ in range(OWN_TESTS.number):
        assert (await his.post(button)).status_code == 200
    answer = await his.post(button)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= OWN_TESTS.within.total_seconds()
    assert "That was many test messages. Try again in 15 min." in answer.text
    assert len(there.got) == OWN_TESTS.number
    assert (await other.post(button)).status_code == 200  # it is counted by person
    tested = list(await session.scalars(select(Event).where(Event.kind == "channel.tested")))
    assert [event.by_id for event in tested].count(people[0].id) == OWN_TESTS.number


async def test_there_is_room_again_when_the_first_is_long_enough_ago(
    session: AsyncSession, now: datetime
) -> None:
    channel = await make_channel(session, "sms", url="http://127.0.0.1:1/")
    person = await make_person(session)
    for n in range(OWN_TESTS.number):
        at = now + timedelta(minutes=n)
        await actions.begin_own_test(session, channel, by_id=person.id, now=at)
    free_at = now + OWN_TESTS.within
    early = free_at - timedelta(seconds=61)
    with pytest.raises(TooOften) as refusal:
        await actions.begin_own_test(session, channel, by_id=person.id, now=early)
    assert (refusal.value.retry_after, refusal.value.places["minutes"]) == (61, 2)
    await actions.begin_own_test(session, channel, by_id=person.id, now=free_at)


async def test_pressed_many_times_at_once_it_counts_as_well(office: Office) -> None:
    async with db.transaction() as session:
        person = await make_person(session)
        channel = await make_channel(session, "sms", url="http://127.0.0.1:1/")

    async def press() -> bool:
        try:
            async with db.transaction() as session:
                at = await session.scalar(select(text("clock_timestamp()")))
                await actions.begin_own_test(session, channel, by_id=person.id, now=at)
                await asyncio.sleep(0.2)  # the receiver takes its time
        except TooOften:
            return False
        return True

    assert sum(await asyncio.gather(*(press() for _ in range(5)))) == 1


@pytest.mark.parametrize("answer", [says(500, "no such number"), says(401), says(503)])
async def test_what_comes_of_it_says_nothing_against_the_channel(
    session: AsyncSession,
    browser_of: BrowserOf,
    there: Receiver,
    answer: Any,
) -> None:
    there.answer = answer
    sms = await make_channel(session, "sms", url=there.url)
    person = await make_person(session)
    person.phone = "1"
    admin = await make_person(session, role="admin")
    admin.phone = "13800000000"
    await session.commit()
    browser = await browser_of(person)
    for _ in range(3):
        tested = await browser.post(f"/account/channels/{sms.id}/test")
        assert "The test message did not arrive." in tested.text
    await session.refresh(sms)
    assert (sms.failing_since, sms.failed_in_row, sms.last_error) == (None, 0, None)
    assert sms.rests_until is None
    assert "keeps failing" not in (await browser.get("/inbox")).text
    # Whoever keeps the channels tries the channel itself.
    await (await browser_of(admin)).post(f"/channels/{sms.id}/test")
    await session.refresh(sms)
    assert sms.failed_in_row == 1
