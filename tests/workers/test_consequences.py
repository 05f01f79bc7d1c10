"""What follows from a breach, its withdrawal, a danger: who is told, what is owed."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.makers.asset import make_asset
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket, who_of
from tickets.loan.models import Substitution
from tickets.notice.models import Notice
from tickets.sla import actions as sla
from tickets.sla.rules import ActKind, Result
from tickets.staff.rules import Role
from tickets.ticket import queries
from tickets.ticket.actions import perform
from workers.post import send_notices
from workers.relay import relay_events

H = timedelta(hours=1)


async def consequences(session: AsyncSession, now: datetime) -> None:
    """A sweep, the relay, the post: one round of the worker."""
    await sla.breach_overdue(session, now)
    await sla.warn_in_time(session, now)
    await session.commit()
    await relay_events({})
    await send_notices({})


async def told(session: AsyncSession, template: str) -> list[tuple[int, str | None]]:
    rows = await session.execute(
        select(Notice.person_id, Notice.threshold)
        .where(Notice.template == template)
        .order_by(Notice.id)
    )
    return [(person_id, threshold) for person_id, threshold in rows]


async def test_a_breach_is_told_once_to_those_who_answer_for_it(
    session: AsyncSession, now: datetime
) -> None:
    mine, other = await make_project(session), await make_project(session)
    manager = await make_person(session, role="manager")
    lead = await make_person(session, role="hotline_lead", project_id=mine.id)
    technician = await make_person(session, role="technician")
    await make_person(session, role="manager", project_id=other.id)
    await make_person(session, role="manager", is_program=True)
    ticket = await make_ticket(session, project=mine, now=now, reported_at=now - 2 * H)
    ticket.technician_id = technician.id

    await consequences(session, now)
    await consequences(session, now + H)

    people = {person_id for person_id, _ in await told(session, "clock.breached")}
    assert people == {manager.id, lead.id, technician.id}
    assert len(await told(session, "clock.breached")) == 3


@pytest.mark.parametrize(("locale", "word"), [("zh-CN", "响应"), ("en", "response")])
async def test_a_message_says_ticket_place_promise_link_in_the_persons_language(
    session: AsyncSession, now: datetime, locale: str, word: str
) -> None:
    project = await make_project(session, name="滨江夜景亮化工程")
    await make_person(session, role="manager", locale=locale)
    ticket = await make_ticket(
        session, project=project, now=now, reported_at=now - 2 * H, place="3 号码头"
    )
    await consequences(session, now)
    asked = select(Notice).where(Notice.template == "clock.breached")
    notice = (await session.scalars(asked.execution_options(populate_existing=True))).one()
    said = f"{notice.subject}\n{notice.body}"
    for part in (ticket.ref, "3 号码头", "滨江夜景亮化工程", word):
        assert part in said
    assert notice.facts["link"] == f"/tickets/{ticket.ref}"
    assert notice.sent_at is not None
    assert "13912345678" not in said
    assert "Ms Caller" not in said


async def test_a_message_that_cannot_be_said_is_put_off_alone(
    session: AsyncSession, now: datetime
) -> None:
    project = await make_project(session)
    for _ in range(2):
        await make_person(session, role="manager")
    await make_ticket(session, project=project, now=now, reported_at=now - 2 * H)
    await sla.breach_overdue(session, now)
    await session.commit()
    await relay_events({})
    asked = select(Notice).where(Notice.template == "clock.breached").order_by(Notice.id)
    broken, fine = (await session.scalars(asked)).all()
    broken.template = "no.such"
    await session.commit()
    await send_notices({})
    await session.refresh(broken)
    await session.refresh(fine)
    assert (broken.sent_at, broken.tries) == (None, 1)
    assert broken.retry_at is not None
    assert fine.sent_at is not None


async def test_true_news_is_told_to_those_who_heard_the_breach_and_lapses_the_debt(
    session: AsyncSession, now: datetime
) -> None:
    project = await make_project(session, accepted_on=date(2026, 10, 1))
    await make_asset(session, project=project, code="DB1", kind="BOX", is_main=True)
    manager = await make_person(session, role="manager")
    ticket = await make_ticket(
        session, project=project, now=now, reported_at=now - 50 * H, assets=("DB1",)
    )
    await consequences(session, now)
    debt = (await session.scalars(select(Substitution))).one()
    assert (debt.state, debt.owed_at) == ("owed", now - 2 * H)
    late_comer = await make_person(session, role="manager")

    technician = await make_person(session)
    who = who_of(technician.id, Role.TECHNICIAN)
    found = await queries.find(session, who, ticket.ref, lock=True)
    await perform(
        session,
        found,
        ActKind.REPAIR,
        who=who,
        at=now - 49.5 * H,
        now=now,
        on_site=True,
        result=Result.FIXED,
    )
    await session.commit()
    await consequences(session, now)

    withdrawn = await told(session, "clock.breach_withdrawn")
    assert {person_id for person_id, _ in withdrawn} == {manager.id}
    assert len(withdrawn) == 3  # response, arrival and repair had all been told as broken
    assert late_comer.id not in {p for p, _ in withdrawn}
    await session.refresh(debt)
    assert debt.state == "lapsed"


async def test_a_breach_withdrawn_before_anybody_was_told_is_told_to_nobody(
    session: AsyncSession, now: datetime
) -> None:
    project = await make_project(session)
    person = await make_person(session, role="manager")
    ticket = await make_ticket(session, project=project, now=now, reported_at=now - 2 * H)
    await sla.breach_overdue(session, now)
    await session.flush()
    who = who_of(person.id, Role.MANAGER)
    found = await queries.find(session, who, ticket.ref, lock=True)
    await perform(session, found, ActKind.RESPONSE, who=who, at=now - 1.5 * H, now=now)
    await session.commit()
    await consequences(session, now)
    assert await told(session, "clock.breached") == []
    assert await told(session, "clock.breach_withdrawn") == []
