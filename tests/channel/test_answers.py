"""What a receiver answers is kept, whatever it is; what cannot be kept holds nothing up."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from tests.channel.conftest import Office, make_channel, make_notice
from tests.channel.receiver import Receiver, receiving, says
from tests.makers.staff import make_person
from tickets import db
from tickets.channel import actions
from tickets.channel.wire import Outcome, Told


async def owe_by_sms(there: Receiver, number: int) -> int:
    """So many messages to as many people, all on their way together."""
    async with db.transaction() as session:
        channel = await make_channel(session, "sms", url=there.url)
        for _ in range(number):
            person = await make_person(session)
            person.phone = "13800000000"
            await make_notice(session, person, reach="everywhere")
        return channel.id


@pytest.mark.parametrize(("status", "state"), [(201, "accepted"), (400, "refused"), (500, "tried")])
async def test_an_answer_with_a_nul_in_it_is_kept_and_nothing_is_sent_again(
    office: Office, status: int, state: str
) -> None:
    async with receiving() as there:
        there.answer = says(status, "ta\0ken\x1b[31m \x85by us")
        channel_id = await owe_by_sms(there, 1)
        await office.say()
        await office.hand_over()
        (sending,) = await office.log()
        assert sending.state == state
        assert sending.why == f"HTTP {status} ta ken [31m by us"
        if state != "tried":
            await office.later()
            await office.hand_over()
            assert len(there.got) == 1
        assert (await office.channel(channel_id)).held_until is None


async def test_a_wait_beyond_all_clocks_makes_no_failure_of_what_was_accepted(
    office: Office,
) -> None:
    async with receiving() as there:
        there.answer = says(201, "taken", Retry_After="9" * 40)
        await owe_by_sms(there, 1)
        await office.say()
        await office.hand_over()
        assert [s.state for s in await office.log()] == ["accepted"]


def test_what_is_taken_away_puts_no_secret_together() -> None:
    told = Outcome(Told.REFUSED, "no s3cr\0et-key nor s3cret-key").without(["s3cret-key"])
    assert told.why == "no s3cr et-key nor •••"


async def test_one_that_cannot_be_settled_is_logged_and_holds_up_neither_others_nor_the_channel(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settle = actions.settle
    broken: list[UUID] = []

    async def settle_or_not(
        session: Any, channel_id: int, carrier_id: UUID, outcome: Outcome, now: datetime
    ) -> Any:
        if not broken:
            broken.append(carrier_id)
            raise ArithmeticError("no room for it")
        return await settle(session, channel_id, carrier_id, outcome, now)

    monkeypatch.setattr(actions, "settle", settle_or_not)
    async with receiving() as there:
        there.answer = says(201)
        channel_id = await owe_by_sms(there, 10)  # more than go at once
        await office.say()
        await office.hand_over()
        assert {s.id for s in await office.log() if s.state != "accepted"} == set(broken)
        assert len(there.got) == 10
        assert (await office.channel(channel_id)).held_until is None
    (line,) = [each for each in caplog.records if each.exc_info]
    assert str(broken[0]) in line.getMessage()
    assert "no room for it" in str(line.exc_info)
