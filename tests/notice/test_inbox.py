"""The inbox: one's own messages, read once, paged by key; what a message says and does not say."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.staff import make_person
from tickets import pages
from tickets.events import record
from tickets.notice.models import Notice
from tickets.staff.models import Person

BrowserOf = Callable[..., Any]
LINK = "/tickets/T-20261124-0001"


async def make_notice(
    session: AsyncSession, person: Person, now: datetime, *, subject: str = "It broke"
) -> Notice:
    event = record(session, "clock.breached", at=now)
    await session.flush()
    notice = Notice(
        event_id=event.id,
        person_id=person.id,
        template="clock.breached",
        facts={"link": LINK},
        subject=subject,
        body="Riverside <b>\nGate 7",
        sent_at=now,
    )
    session.add(notice)
    await session.flush()
    return notice


async def test_an_unread_message_counts_until_it_is_opened(
    session: AsyncSession, browser_of: BrowserOf, now: datetime
) -> None:
    person = await make_person(session, role="manager")
    notice = await make_notice(session, person, now)
    await session.commit()
    browser = await browser_of(person)
    page = (await browser.get("/inbox")).text
    assert "Inbox: 1 unread" in page
    assert "Riverside &lt;b&gt;" in page
    answer = await browser.post(f"/inbox/{notice.id}/reading")
    assert (answer.status_code, answer.headers["location"]) == (303, LINK)
    assert "Inbox: 0 unread" in (await browser.get("/inbox")).text
    await session.refresh(notice)
    first = notice.read_at
    await browser.post(f"/inbox/{notice.id}/reading")
    await session.refresh(notice)
    assert notice.read_at == first


async def test_nobody_reads_anothers_messages(
    session: AsyncSession, browser_of: BrowserOf, now: datetime
) -> None:
    theirs = await make_notice(session, await make_person(session, role="manager"), now)
    me = await make_person(session, role="admin")
    await session.commit()
    browser = await browser_of(me)
    assert "It broke" not in (await browser.get("/inbox")).text
    assert (await browser.post(f"/inbox/{theirs.id}/reading")).status_code == 404
    assert (await browser.post(f"/inbox/{2**70}/reading")).status_code == 404


async def test_marking_all_leaves_what_came_after_the_page(
    session: AsyncSession, browser_of: BrowserOf, now: datetime
) -> None:
    person = await make_person(session, role="hotline")
    seen = [await make_notice(session, person, now) for _ in range(3)]
    late = await make_notice(session, person, now)
    await session.commit()
    browser = await browser_of(person)
    answer = await browser.post("/inbox/reading", data={"upto": seen[-1].id})
    assert answer.status_code == 303
    unread = select(Notice.id).where(Notice.person_id == person.id, Notice.read_at.is_(None))
    assert (await session.scalars(unread)).all() == [late.id]


async def test_a_message_not_yet_sent_is_not_shown(
    session: AsyncSession, browser_of: BrowserOf, now: datetime
) -> None:
    person = await make_person(session, role="hotline")
    notice = await make_notice(session, person, now)
    notice.sent_at = None
    await session.commit()
    assert (
        "Nobody has told you anything yet." in (await (await browser_of(person)).get("/inbox")).text
    )


async def test_the_inbox_is_paged_by_key(
    session: AsyncSession, browser_of: BrowserOf, now: datetime
) -> None:
    person = await make_person(session, role="hotline")
    made = [await make_notice(session, person, now, subject=f"No {n}.") for n in range(60)]
    await session.commit()
    browser = await browser_of(person)
    first = (await browser.get("/inbox")).text
    assert "No 59." in first
    assert "No 9." not in first
    second = (await browser.get(f"/inbox?before={made[10].id}")).text
    assert "No 9." in second
    assert "No 10." not in second
    assert await session.scalar(select(func.count(Notice.id))) == 60


async def test_an_owner_has_no_inbox(as_role: SignedIn) -> None:
    assert (await (await as_role("owner")).get("/inbox")).status_code == 403


FACTS: dict[str, Any] = {
    "ref": "T-20261124-0001",
    "project": "Riverside",
    "timezone": "Asia/Shanghai",
    "place": "Gate 7",
    "fault": "OUT_ONE",
    "severity": "S1",
    "technician": "Lu",
    "link": LINK,
    "promise": "repair",
    "due_at": "2026-11-24T01:00:00+00:00",
    "late_by": 7200.0,
    "met_at": None,
}
TEMPLATES = (
    "clock.breached",
    "clock.breach_withdrawn",
    "ticket.opened",
    "ticket.assigned",
    "substitution.owed",
)


@pytest.mark.parametrize("locale", ["en", "zh-CN"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_every_message_names_its_ticket_and_place_on_one_line(template: str, locale: str) -> None:
    now = datetime(2026, 11, 24, 3, tzinfo=UTC) + timedelta(minutes=1)
    subject = pages.text(f"notice/{template}/subject.txt", locale, now, **FACTS)
    body = pages.text(f"notice/{template}/body.txt", locale, now, **FACTS)
    assert "T-20261124-0001" in subject
    assert "Gate 7" in subject
    assert "\n" not in subject
    assert body.startswith("Riverside · Gate 7\n")


def test_a_breach_says_promise_due_and_who_must_answer() -> None:
    now = datetime(2026, 11, 24, 3, tzinfo=UTC)
    body = pages.text("notice/clock.breached/body.txt", "zh-CN", now, **FACTS)
    assert body == "Riverside · Gate 7\n承诺时间：11月24日 09:00；2 小时后才发现。\n责任人：Lu"
    nobody = pages.text(
        "notice/clock.breached/body.txt", "en", now, **(FACTS | {"technician": None, "place": ""})
    )
    assert nobody.endswith("Nobody has the ticket yet.")
