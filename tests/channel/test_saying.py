"""Saying: what falls on one ticket at one instant is one message; the list; what waits."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.channel.conftest import FACTS, make_channel, make_notice
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket
from tickets.channel.models import PersonChannel, QuietHours, Sending
from tickets.events import Delivery, Unrelayed, record
from tickets.notice.models import Notice
from tickets.rota.models import GroupMember, ServiceGroup
from tickets.staff.models import Person
from tickets.ticket.models import Ticket
from workers.post import send_notices
from workers.relay import relay_events


async def a_ticket(session: AsyncSession, now: datetime) -> Ticket:
    """With all its consequences."""
    ticket = await make_ticket(session, project=await make_project(session), now=now)
    await session.commit()
    await relay_events({})
    return ticket


async def sendings(session: AsyncSession) -> list[Sending]:
    return list(await session.scalars(select(Sending).order_by(Sending.seq)))


async def test_what_falls_at_one_instant_is_one_message_and_the_breach_carries_it(
    session: AsyncSession, now: datetime
) -> None:
    ticket = await a_ticket(session, now)
    person = await make_person(session, role="manager")
    await make_channel(session, "http", url="http://127.0.0.1:1/")
    same: dict[str, Any] = {"ticket_id": ticket.id, "falls_at": now}
    danger = await make_notice(session, person, template="ticket.opened", reach="urgent", **same)
    breach = await make_notice(session, person, template="clock.breached", **same)
    other = await make_notice(session, person, template="ticket.assigned", answer_key="k", **same)
    later = await make_notice(
        session, person, ticket_id=ticket.id, falls_at=now + timedelta(seconds=1)
    )
    await session.commit()
    await send_notices({})
    for notice in (danger, breach, other, later):
        await session.refresh(notice)
        assert notice.sent_at is not None
    assert (danger.told_with_id, other.told_with_id) == (breach.id, breach.id)
    assert breach.told_with_id is later.told_with_id is None
    assert str(breach.body).splitlines()[-2:] == [danger.subject, other.subject]
    first, second = await sendings(session)
    assert (first.notice_id, first.is_urgent, first.must_answer) == (breach.id, True, True)
    assert second.notice_id == later.id


async def test_it_is_not_said_while_the_ticket_has_news_that_nobody_has_looked_at(
    session: AsyncSession, now: datetime
) -> None:
    ticket = await a_ticket(session, now)
    person = await make_person(session, role="manager")
    notice = await make_notice(session, person, ticket_id=ticket.id, falls_at=now)
    free = await make_notice(session, person, ticket_id=ticket.id)
    event = record(session, "ticket.noted", at=now, ticket_id=ticket.id)
    await session.commit()

    async def is_said() -> bool:
        await send_notices({})
        await session.refresh(notice)
        return notice.sent_at is not None

    assert not await is_said()
    await session.refresh(free)
    assert free.sent_at is not None
    row = await session.get_one(Unrelayed, event.id)
    await session.delete(row)
    delivery = Delivery(event_id=event.id, reaction="x", ticket_id=ticket.id)
    session.add(delivery)
    await session.commit()
    assert not await is_said()
    delivery.failures = 1  # what fails is not waited for
    await session.commit()
    assert await is_said()


async def test_the_morning_list_is_one_message_to_direct_channels_alone(
    session: AsyncSession, now: datetime
) -> None:
    person = await make_person(session, role="manager", locale="zh-CN")
    person.email = "lu@example.com"
    await make_channel(session, "email", host="x")
    await make_channel(session, "wecom", url="http://127.0.0.1:1/")
    for n in range(3):
        facts = {"ref": f"T-{n}", "link": f"/tickets/T-{n}", "threshold": "75"}
        await make_notice(session, person, reach="list", not_before=now, facts=facts)
    await make_notice(session, person, reach="list", not_before=now + timedelta(hours=8))
    await session.commit()
    await send_notices({})
    (sending,) = await sendings(session)
    assert sending.subject == "今日清单：3 项承诺需要处理"
    assert sending.body.count("http://127.0.0.1:8000/tickets/T-") == 3
    assert not sending.is_urgent
    carriers = await session.scalars(
        select(Notice).where(Notice.sent_at.is_not(None), Notice.told_with_id.is_(None))
    )
    assert [notice.id for notice in carriers] == [sending.notice_id]


async def test_quiet_hours_hold_a_push_back_and_not_what_is_urgent(
    session: AsyncSession, now: datetime
) -> None:
    person = await make_person(session)
    person.email = "lu@example.com"
    await make_channel(session, "email", host="x")
    local = now.astimezone(UTC) + timedelta(hours=8)  # Shanghai
    begins = time((local.hour - 1) % 24, local.minute)
    session.add(QuietHours(person_id=person.id, begins=begins, ends=time((local.hour + 2) % 24, 0)))
    for reach in ("push", "urgent"):
        await make_notice(session, person, reach=reach)
    await session.commit()
    await send_notices({})
    held, urgent = await sendings(session)
    assert held.from_at > now + timedelta(minutes=30)
    assert urgent.from_at - now < timedelta(seconds=30)
    said = (await session.scalars(select(Notice.sent_at))).all()
    assert None not in said  # in-app it is there at once


async def test_everybody_hears_by_what_he_chose_and_his_groups_robot(
    session: AsyncSession, now: datetime
) -> None:
    groups = [ServiceGroup(name="一组"), ServiceGroup(name="二组")]
    session.add_all(groups)
    await session.flush()
    ours = await make_channel(session, "wecom", groups[0].id, url="http://127.0.0.1:1/")
    await make_channel(session, "wecom", groups[1].id, url="http://127.0.0.1:1/")
    mail = await make_channel(session, "email", host="x")
    voice = await make_channel(session, "voice", url="http://127.0.0.1:1/")
    off = await make_channel(session, "http", url="http://127.0.0.1:1/")
    off.is_active = False
    person = await make_person(session)
    person.email, person.phone = "lu@example.com", "13800000000"
    session.add(GroupMember(group_id=groups[0].id, person_id=person.id))
    session.add(PersonChannel(person_id=person.id, channel_id=mail.id, is_on=False))
    push = await make_notice(session, person)
    everywhere = await make_notice(session, person, reach="everywhere")
    inbox = await make_notice(session, person, reach="inbox")
    await session.commit()
    await send_notices({})
    by: dict[int, set[int]] = {}
    for sending in await sendings(session):
        by.setdefault(sending.notice_id, set()).add(sending.channel_id)
    assert by[push.id] == {ours.id}
    assert by[everywhere.id] == {ours.id, mail.id, voice.id}
    assert inbox.id not in by


async def test_one_that_cannot_be_said_takes_no_other_down(
    session: AsyncSession, now: datetime
) -> None:
    person = await make_person(session)
    broken = await make_notice(session, person, template="no.such")
    well = await make_notice(session, person)
    await session.commit()
    await send_notices({})
    for notice in (broken, well):
        await session.refresh(notice)
    assert (broken.sent_at, well.sent_at is not None) == (None, True)
    assert broken.retry_at is not None


async def test_no_callers_number_leaves_the_house(session: AsyncSession, now: datetime) -> None:
    project = await make_project(session)
    ticket = await make_ticket(
        session,
        project=project,
        now=now,
        fault="LEAK",
        reporter_name="Ms Caller",
        reporter_phone="13912345678",
    )
    manager = await make_person(session, role="manager")
    manager.email = "m@example.com"
    for kind in ("email", "wecom", "sms"):
        await make_channel(session, kind, url="http://127.0.0.1:1/")
    await session.commit()
    await relay_events({})
    await make_notice(
        session,
        manager,
        reach="everywhere",
        template="ticket.reopened",
        facts=FACTS | {"reason": "again, call 13912345678", "ref": ticket.ref},
    )
    await session.commit()
    await send_notices({})
    told = await sendings(session)
    assert told
    for sending in told:
        words = f"{sending.subject} {sending.body} {sending.variables}"
        assert "13912345678" not in words
        assert "Ms Caller" not in words


async def test_a_retired_person_is_told_no_more(session: AsyncSession, now: datetime) -> None:
    person: Person = await make_person(session)
    person.email, person.retired_at = "lu@example.com", now
    await make_channel(session, "email", host="x")
    await make_notice(session, person)
    await session.commit()
    await send_notices({})
    assert await sendings(session) == []
