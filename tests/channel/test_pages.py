"""The pages of channels: kept by administrators, secrets never shown, tried with a button."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.channel.conftest import make_channel, make_notice
from tests.channel.receiver import Receiver, receiving, says, wecom
from tests.conftest import SignedIn
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket
from tickets.channel.models import Channel, PersonChannel, QuietHours, Sending
from tickets.events import Event
from workers.post import send_notices

BrowserOf = Callable[..., Any]


@pytest.fixture
async def there() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


async def test_a_channel_is_added_tried_changed_and_switched_off(
    session: AsyncSession, as_role: SignedIn, there: Receiver
) -> None:
    there.answer = wecom()
    admin = await as_role("admin")
    assert "No channel yet" in (await admin.get("/channels")).text
    assert 'name="url"' in (await admin.get("/channels/new?kind=wecom")).text
    told = {"kind": "wecom", "name": "East", "url": f"{there.url}/?key=wrong-key-1"}
    answer = await admin.post("/channels", data=told)
    assert answer.status_code == 303
    page = answer.headers["location"].partition("?")[0]
    tested = (await admin.post(f"{page}/test")).text
    assert "The test message did not arrive." in tested
    assert "93000" in tested
    assert "wrong-key-1" not in tested
    await admin.post(page, data={"name": "East", "url": f"{there.url}/?key=right-key"})
    tested = (await admin.post(f"{page}/test")).text
    assert "The receiver took the test message." in tested
    assert "right-key" not in tested + (await admin.get("/channels")).text
    assert (await admin.post(page, data={"name": "West", "url": ""})).status_code == 303
    channel = (await session.scalars(select(Channel))).one()
    await session.refresh(channel)
    assert (channel.name, channel.failing_since) == ("West", None)
    assert channel.settings == {"url": f"{there.url}/?key=right-key"}  # kept
    await admin.post(f"{page}/switch", data={"on": "false"})
    await session.refresh(channel)
    assert not channel.is_active
    diary = await session.scalars(select(Event).where(Event.kind.startswith("channel.")))
    assert "right-key" not in str([event.facts for event in diary])


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("wecom", {"url": "file:///etc/passwd"}),
        ("wecom", {"url": ""}),
        ("email", {"host": "x", "sender": "nobody"}),
        ("email", {"host": "x", "sender": "a@b", "security": "maybe"}),
        ("email", {"host": "x", "sender": "a@b", "port": "99999"}),
        ("dingtalk", {"url": "https://x.example/", "group": "2147483647"}),
    ],
)
async def test_what_cannot_work_is_said_at_its_field(
    as_role: SignedIn, kind: str, told: dict[str, str]
) -> None:
    admin = await as_role("admin")
    answer = await admin.post("/channels", data={"kind": kind, "name": "East"} | told)
    assert answer.status_code == 422
    assert 'class="error"' in answer.text


async def test_a_refused_message_is_seen_and_tried_again(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    channel = await make_channel(session, "http", url="http://127.0.0.1:1/")
    person = await make_person(session, name="Lu")
    for _ in range(55):
        await make_notice(session, person)
    await session.commit()
    await send_notices({})
    rows = list(await session.scalars(select(Sending).order_by(Sending.seq)))
    rows[3].state, rows[3].why, rows[3].tried_at = "refused", "HTTP 400 no", now
    await session.commit()
    admin = await as_role("admin")
    first = (await admin.get(f"/channels/{channel.id}")).text
    assert first.count("<details><summary>") == 50
    assert f"before={rows[5].seq}" in first
    second = (await admin.get(f"/channels/{channel.id}?before={rows[5].seq}")).text
    assert second.count("<details><summary>") == 5
    refused = (await admin.get(f"/channels/{channel.id}?state=refused")).text
    assert "HTTP 400 no" in refused
    assert refused.count("<details><summary>") == 1
    retry = f"/channels/{channel.id}/sendings"
    assert (await admin.post(f"{retry}/{rows[3].id}/retry")).status_code == 303
    await session.refresh(rows[3])
    assert (rows[3].state, rows[3].tries) == ("queued", 0)
    assert (await admin.post(f"{retry}/{rows[3].id}/retry")).status_code == 409
    assert (await admin.post(f"{retry}/{uuid4()}/retry")).status_code == 404


async def test_who_was_told_what_of_a_ticket_is_the_staffs_to_know(
    session: AsyncSession, browser_of: BrowserOf, now: datetime
) -> None:
    project = await make_project(session)
    ticket = await make_ticket(session, project=project, now=now)
    await make_channel(session, "http", url="http://127.0.0.1:1/")
    manager = await make_person(session, role="manager", name="Manager Wu")
    notice = await make_notice(session, manager, ticket_id=ticket.id)
    owner = await make_person(session, role="owner", project_id=project.id)
    await session.commit()
    await send_notices({})
    browser = await browser_of(manager)
    page = (await browser.get(f"/tickets/{ticket.ref}/messages")).text
    assert "Manager Wu" in page
    assert "queued" in page
    inbox = (await browser.get("/inbox")).text
    assert f"/inbox/{notice.id}/sendings" in inbox
    assert "queued" in (await browser.get(f"/inbox/{notice.id}/sendings")).text
    other = await browser_of(await make_person(session, role="manager"))
    assert (await other.get(f"/inbox/{notice.id}/sendings")).status_code == 404
    theirs = await browser_of(owner)
    assert (await theirs.get(f"/tickets/{ticket.ref}")).status_code == 200
    assert (await theirs.get(f"/tickets/{ticket.ref}/messages")).status_code == 404


async def test_a_person_chooses_his_channels_hours_and_addresses(
    session: AsyncSession, browser_of: BrowserOf, there: Receiver
) -> None:
    there.answer = says(201, "taken")
    sms = await make_channel(session, "sms", url=there.url)
    robot = await make_channel(session, "wecom", url=there.url)
    person = await make_person(session)
    await session.commit()
    browser = await browser_of(person)
    assert "no address entered" in (await browser.get("/account")).text
    told = {
        "channels": [str(sms.id)],
        "begins": "22:00",
        "ends": "07:00",
        "email": "lu@example.com",
        "phone": "13800000000",
    }
    assert (await browser.post("/account/channels", data=told)).status_code == 303
    chosen = await session.execute(select(PersonChannel.channel_id, PersonChannel.is_on))
    assert {(c, on) for c, on in chosen} == {(sms.id, True), (robot.id, False)}
    hours = await session.get(QuietHours, person.id)
    assert hours is not None
    page = (await browser.get("/account")).text
    assert 'value="22:00"' in page
    tested = await browser.post(f"/account/channels/{sms.id}/test")
    assert "The receiver took the test message." in tested.text
    assert there.got[0].told["to"] == "13800000000"
    assert (await browser.post(f"/account/channels/{robot.id}/test")).status_code == 409
    for wrong in ({"begins": "22:00"}, {"begins": "25:00", "ends": "1:00"}, {"email": "x"}):
        assert (await browser.post("/account/channels", data=wrong)).status_code == 422


async def test_every_staff_page_says_that_a_channel_keeps_failing(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    channel = await make_channel(session, "http", url="http://127.0.0.1:1/")
    channel.failing_since, channel.failed_in_row = now, 2
    await session.commit()
    browser = await as_role("hotline")
    assert "keeps failing" not in (await browser.get("/inbox")).text
    channel.failed_in_row = 3
    await session.commit()
    assert f"The channel {channel.name} keeps failing." in (await browser.get("/inbox")).text
    assert "keeps failing" not in (await (await as_role("owner")).get("/projects")).text
    channel.is_active = False
    await session.commit()
    assert "keeps failing" not in (await browser.get("/inbox")).text


async def test_only_an_administrator_of_everything_keeps_channels(
    session: AsyncSession, browser_of: BrowserOf, as_role: SignedIn
) -> None:
    assert (await (await as_role("manager")).get("/channels")).status_code == 403
    project = await make_project(session)
    partly = await make_person(session, role="admin", project_id=project.id)
    assert (await (await browser_of(partly)).get("/channels")).status_code == 403
