"""Handing over: once, in order, as often as the receiver bears, whatever dies in between."""

import asyncio
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import update

from tests.channel.conftest import Office, make_channel, make_notice
from tests.channel.receiver import (
    dingtalk,
    feishu,
    letter_box,
    receiving,
    says,
    takes,
    wecom,
)
from tests.makers.staff import make_person
from tests.setup.running import free_port
from tickets import db
from tickets.channel import actions
from tickets.channel.models import Sending


async def owe(number: int, **more: object) -> None:
    """So many notices to one person, each of its own."""
    async with db.transaction() as session:
        person = await make_person(session, name="王工")
        for n in range(number):
            facts = {"ref": f"T-{n:04d}", "link": f"/tickets/T-{n:04d}"}
            told = {"facts": facts} | more
            await make_notice(session, person, **told)  # type: ignore[arg-type]


async def robot(kind: str, url: str, **settings: Any) -> int:
    async with db.transaction() as session:
        return (await make_channel(session, kind, url=url, **settings)).id


async def test_a_message_is_accepted_once_and_carries_its_id(office: Office) -> None:
    async with receiving() as there:
        channel_id = await robot("http", there.url + "/hook")
        await owe(1)
        await office.say()
        await office.hand_over()
        await office.hand_over()
        (sending,) = await office.log()
        assert (sending.state, sending.tries) == ("accepted", 1)
        (got,) = there.got
        assert got.id == got.headers["x-afterglow-message"] == got.told["id"] == str(sending.id)
        assert "T-0000" in got.told["text"]
        assert got.told["text"].endswith("/tickets/T-0000")
        assert (await office.channel(channel_id)).last_ok_at is not None


async def test_a_receiver_that_is_down_costs_nothing_and_gets_all_in_order_later(
    office: Office,
) -> None:
    # E28
    port = free_port()
    channel_id = await robot("http", f"http://127.0.0.1:{port}/hook")
    began = monotonic()
    await owe(5)
    await office.say()
    assert monotonic() - began < 2
    await office.hand_over()
    await office.hand_over()
    first = await office.log()
    assert {s.state for s in first} == {"queued", "tried"}
    assert sum(s.tries for s in first) == 1  # the channel rests; the others are not tried
    channel = await office.channel(channel_id)
    assert (channel.failed_in_row, channel.last_error) == (1, "no connection")
    assert channel.rests_until is not None
    async with receiving(port) as there:
        await office.later()
        await office.hand_over()
        refs = [got.told["text"].rpartition("/")[2] for got in there.got]
        assert refs == [f"T-{n:04d}" for n in range(5)]
        assert [s.id for s in await office.log()] == [s.id for s in first]  # the same queue
    assert {s.state for s in await office.log()} == {"accepted"}
    assert (await office.channel(channel_id)).failing_since is None


async def test_a_dead_channel_holds_up_neither_the_others_nor_the_saying(office: Office) -> None:
    async with receiving() as slow, receiving() as quick:
        slow.delay = 30
        await robot("http", slow.url)
        await robot("http", quick.url)
        await owe(1)
        await office.say()
        round_of_all = asyncio.create_task(office.hand_over())
        began = monotonic()
        while not quick.accepted:
            await asyncio.sleep(0.02)
        assert monotonic() - began < 2
        await owe(1)
        await office.say()
        assert len(await office.log()) == 4
        await round_of_all
        told = [s.why for s in await office.log() if s.state == "tried"]
        assert told == ["no answer in time"]


async def test_two_workers_never_hand_over_twice(office: Office) -> None:
    async with receiving() as there:
        there.delay = 0.01
        await robot("http", there.url)
        async with db.transaction() as session:
            await make_channel(session, "sms", url=there.url + "/sms")
            person = await make_person(session)
            person.phone = "13800000000"
            for _ in range(40):
                await make_notice(session, person, reach="everywhere")
        await asyncio.gather(*(office.say() for _ in range(4)))
        for _ in range(40):
            await asyncio.gather(*(office.hand_over() for _ in range(4)))
            if all(s.state == "accepted" for s in await office.log()):
                break
        ids = [got.id for got in there.got]
        assert len(ids) == len(set(ids)) == 80


async def test_a_kill_after_the_decision_repeats_it_under_the_same_id(office: Office) -> None:
    async with receiving() as there:
        channel_id = await robot("wecom", there.url + "/?key=right-key")
        await owe(30)
        await office.say()
        async with db.transaction() as session:
            taken = await actions.take(
                session, channel_id, datetime.now(UTC), locale="zh-CN", more="http://x"
            )
        assert taken  # ... and here it dies
        await office.hand_over()
        assert there.got == []  # another worker lets it be while it might still be at it
        await office.later()
        await office.hand_over()
        (got,) = there.got
        assert got.id == str(taken.parcels[0].id)
        assert got.told["text"]["content"] == taken.parcels[0].text
        assert {s.state for s in await office.log()} == {"accepted"}


async def test_more_than_a_minute_allows_is_one_message_urgent_ones_first(office: Office) -> None:
    async with receiving() as there:
        there.answer = wecom()
        await robot("wecom", there.url + "/?key=right-key")
        await owe(60)
        await owe(1, reach="urgent", template="ticket.opened", facts={})
        await office.say()
        await office.hand_over()
        (got,) = there.got
        content = got.told["text"]["content"]
        assert len(content.encode()) <= 2048
        assert content.startswith("61 条消息\n\nT-20261124-0001 已报修")
        assert "另有 " in content.splitlines()[-1]
        log = await office.log()
        assert {s.state for s in log} == {"accepted"}
        assert {s.told_in_id or s.id for s in log} == {log[-1].id}


async def test_singles_stay_within_the_minute_across_workers(office: Office) -> None:
    async with receiving() as there:
        there.answer = wecom()
        channel_id = await robot("wecom", there.url + "/?key=right-key")
        for _ in range(4):
            await owe(8)
            await office.say()
            await asyncio.gather(office.hand_over(), office.hand_over())
        # The 21st waits for the minute to pass: the receiver never had to say that it is too much.
        assert len(there.got) == len(there.accepted) <= 20
        channel = await office.channel(channel_id)
        assert len(channel.recent) == len(there.got)


@pytest.mark.parametrize(
    ("kind", "answer", "state", "rests"),
    [
        ("wecom", says(200, {"errcode": 45009, "errmsg": "freq"}), "tried", 59),
        ("wecom", says(200, {"errcode": 93000, "errmsg": "invalid webhook url"}), "refused", 0),
        ("dingtalk", says(200, {"errcode": 130101, "errmsg": "too fast"}), "tried", 599),
        ("dingtalk", says(200, {"errcode": 300001, "errmsg": "token"}), "refused", 0),
        ("feishu", says(200, {"code": 11232, "msg": "limited"}), "tried", 59),
        ("feishu", says(200, {"code": 19024, "msg": "Key Words Not Found"}), "refused", 0),
        ("feishu", says(200, {"code": 9499, "msg": "Bad Request"}), "refused", 0),
        ("wecom", says(200, "<html>log in</html>"), "tried", 0),
        ("http", says(429, "", Retry_After="120"), "tried", 119),
        ("http", says(503), "tried", 4),
        ("http", says(500), "tried", 0),
        ("http", says(400, "no"), "refused", 0),
        ("http", says(408), "tried", 0),
        ("http", says(302, "", Location="http://127.0.0.1:1/"), "refused", 0),
    ],
)
async def test_what_the_receiver_says_decides(
    office: Office, kind: str, answer: object, state: str, rests: int
) -> None:
    async with receiving() as there:
        there.answer = answer  # type: ignore[assignment]
        channel_id = await robot(kind, there.url + "/hook")
        await owe(1)
        await office.say()
        await office.hand_over()
        assert len(there.got) == 1
        (sending,) = await office.log()
        assert sending.state == state
        assert sending.why
        channel = await office.channel(channel_id)
        until = channel.rests_until
        assert (until is not None) == (rests > 0)
        if until is not None:
            left = (until - datetime.now(UTC)).total_seconds()
            assert rests - 5 < left <= rests + 2


@pytest.mark.parametrize(("kind", "service"), [("dingtalk", dingtalk), ("feishu", feishu)])
async def test_a_signed_message_is_taken_and_a_wrong_secret_refused(
    office: Office, kind: str, service: object
) -> None:
    async with receiving() as there:
        there.answer = service("SECabc123+/")  # type: ignore[operator]
        await robot(kind, there.url + "/robot/send?access_token=abcdef", secret="SECabc123+/")
        wrong = await robot(kind, there.url + "/robot/send?access_token=abcdef", secret="SECother")
        await owe(1)
        await office.say()
        await office.hand_over()
        assert {s.state for s in await office.log()} == {"accepted", "refused"}
        channel = await office.channel(wrong)
        assert channel.failing_since is not None
        assert "SECother" not in str(channel.last_error)


async def test_no_secret_stands_in_the_log_nor_in_an_answer(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    async with receiving() as there:
        there.answer = says(200, {"errcode": 93000, "errmsg": "no such key s3cr3t-key-77"})
        channel_id = await robot("wecom", there.url + "/?key=s3cr3t-key-77")
        await owe(1)
        await office.say()
        await office.hand_over()
        (sending,) = await office.log()
        assert "s3cr3t" not in str(sending.why)
        assert "93000" in str(sending.why)
        assert "s3cr3t" not in str((await office.channel(channel_id)).last_error)
    assert "s3cr3t" not in caplog.text


async def test_after_twelve_hours_it_is_given_up_and_can_be_tried_again(office: Office) -> None:
    async with receiving() as there:
        there.answer = says(503)
        channel_id = await robot("http", there.url)
        await owe(3)
        await office.say()
        async with db.transaction() as session:
            old = datetime.now(UTC) - timedelta(hours=12, minutes=1)
            await session.execute(update(Sending).values(from_at=old))
        await office.hand_over()
        log = await office.log()
        assert {s.state for s in log} == {"given_up"}
        there.answer = takes
        async with db.transaction() as session:
            await actions.try_again(session, channel_id, log[0].id, datetime.now(UTC))
        await office.later()
        await office.hand_over()
        assert [s.state for s in await office.log()] == ["accepted", "given_up", "given_up"]
        assert there.accepted[0].id == str(log[0].id)


async def test_several_people_told_the_same_are_one_message_to_the_group(office: Office) -> None:
    async with receiving() as there:
        await robot("wecom", there.url + "/?key=k")
        async with db.transaction() as session:
            people = [await make_person(session, name=name) for name in ("王工", "李工")]
            first = await make_notice(session, people[0], answer_key="one", reach="urgent")
            await make_notice(
                session, people[1], answer_key="two", reach="urgent", event_id=first.event_id
            )
        await office.say()
        await office.hand_over()
        (got,) = there.got
        content = got.told["text"]["content"]
        assert "须应答：王工、李工" in content
        assert "/a/" not in content  # whoever reads a group must not answer for another
        assert "/tickets/T-20261124-0001" in content


async def test_a_letter_has_its_id_date_and_a_subject_in_chinese(office: Office) -> None:
    async with letter_box() as box:
        async with db.transaction() as session:
            settings: dict[str, Any] = {
                "host": "127.0.0.1",
                "port": str(box.port),
                "security": "none",
            }
            settings["sender"] = "desk@example.com"
            await make_channel(session, "email", **settings)
            person = await make_person(session, locale="zh-CN")
            person.email = "lu@example.com"
            nobody = await make_person(session)
            nobody.email = "gone@example.com"
            box.refuses["gone@example.com"] = "550 no such box"
            await make_notice(session, person, answer_key="k3y", reach="urgent")
            await make_notice(session, nobody)
        await office.say()
        await office.hand_over()
        (letter,) = box.letters
        taken, refused = await office.log()
        assert letter["Message-ID"] == f"<{taken.id}@example.com>"
        assert letter["Date"]
        assert "T-20261124-0001" in letter["Subject"]
        body = letter.get_content()
        assert "/tickets/T-20261124-0001" in body
        assert "/a/k3y" in body
        assert (taken.state, refused.state) == ("accepted", "refused")
        assert "550" in str(refused.why)
        assert (await office.channel(taken.channel_id)).failing_since is None


async def test_a_gateway_gets_its_template_signed(office: Office) -> None:
    async with receiving() as there:
        there.answer = says(201)
        async with db.transaction() as session:
            settings: dict[str, Any] = {
                "template": "SMS_1",
                "authorization": "Bearer abc123",
                "hmac_key": "keykey",
            }
            await make_channel(session, "sms", url=there.url, **settings)
            person = await make_person(session)
            person.phone = "13800000000"
            await make_notice(session, person, reach="everywhere", template="clock.breached")
        await office.say()
        await office.hand_over()
        (got,) = there.got
        assert got.told["to"] == "13800000000"
        assert got.told["template"] == "SMS_1"
        assert got.told["variables"]["ref"] == "T-20261124-0001"
        assert got.headers["authorization"] == "Bearer abc123"
        sign = hmac.new(b"keykey", got.raw, hashlib.sha256).hexdigest()
        assert got.headers["x-afterglow-signature"] == f"sha256={sign}"
