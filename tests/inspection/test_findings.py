"""Findings: what settles one, what opens its ticket again, and who reads of which."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.inspection.test_checking import setting, tell
from tests.makers.staff import make_person
from tests.makers.ticket import who_of
from tickets.asset.models import Asset
from tickets.events import Event
from tickets.inspection import actions, queries
from tickets.inspection.models import Finding, Inspection
from tickets.inspection.rules import Result
from tickets.project import actions as projects
from tickets.staff.models import Person
from tickets.staff.rules import Role
from tickets.ticket.models import Ticket

H = timedelta(hours=1)


@pytest.fixture(autouse=True)
def following() -> None:
    projects.follow_covers(actions.replan)


async def test_what_could_not_be_reached_a_second_time_is_not_settled(
    session: AsyncSession,
) -> None:
    project, inspection, who = await setting(session)
    now = datetime.now(UTC)
    await tell(session, who, inspection, Result("LUM-04", "P1-C1", "fail"), now=now)
    blocked = Result("LUM-04", "P1-C1", "not_accessible", note="门锁着")
    await tell(session, who, inspection, blocked, now=now + H)
    assert len(await queries.open_findings(session, project.id)) == 1
    await tell(session, who, inspection, Result("LUM-04", "P1-C1", "pass"), now=now + 2 * H)
    assert not await queries.open_findings(session, project.id)


async def test_what_fails_again_after_its_ticket_was_closed_opens_another(
    session: AsyncSession,
) -> None:
    project, inspection, who = await setting(session)
    now = datetime.now(UTC)
    failed = Result("BOX-01", "P1", "fail", note="锁坏")
    (first,) = await tell(session, who, inspection, failed, now=now)
    ticket = (await session.scalars(select(Ticket).where(Ticket.ref == first.ticket))).one()
    ticket.is_open, ticket.status, ticket.closed_at = False, "closed", now + H
    await session.flush()
    # The same word delivered again is no new failure.
    (again,) = await tell(session, who, inspection, failed, now=now + 2 * H, at=now)
    assert again.ticket == first.ticket
    assert not await queries.open_findings(session, project.id)
    (anew,) = await tell(session, who, inspection, failed, now=now + 2 * H)
    assert anew.ticket not in (None, first.ticket)
    (finding,) = (await session.scalars(select(Finding))).all()
    assert [each.ticket_ref for each in await queries.open_findings(session, project.id)] == [
        anew.ticket
    ]
    assert finding.ticket_id != ticket.id


async def test_a_report_names_as_promised_only_what_was_found_before_it(
    session: AsyncSession, browser_of: Callable[[Person], Awaitable[AsyncClient]]
) -> None:
    project, first, who = await setting(session)
    asked = select(Inspection).where(Inspection.project_id == project.id, Inspection.number == 2)
    second = (await session.scalars(asked)).one()
    await tell(session, who, first, Result("LUM-04", "P1-C1", "fail", note="灯灭"))
    await tell(session, who, second, Result("LUM-04", "P1-C2", "fail", note="线断"))

    async def before(inspection: Inspection) -> list[str | None]:
        found = await queries.open_findings(session, project.id, before=inspection)
        return [each.asset for each in found]

    assert await before(first) == []
    assert await before(second) == ["P1-C1"]
    owner = await browser_of(await make_person(session, role="owner", project_id=project.id))
    ours = await browser_of(await make_person(session, role="technician", project_id=project.id))
    path = f"/inspections/{second.id}"
    assert "P1-C1" in (await ours.get(path)).text
    # The first is not signed: the owner reads of nothing that is still being written.
    assert "P1-C1" not in (await owner.get(path)).text
    now = datetime.now(UTC)
    await actions.sign(session, who, first.id, signed_by="李工", signature=None, now=now)
    await session.flush()
    assert "P1-C1" in (await owner.get(path)).text


async def test_the_diary_has_no_name_out_of_how_a_report_was_given(session: AsyncSession) -> None:
    _, inspection, who = await setting(session)
    now = datetime.now(UTC)
    await tell(session, who, inspection, Result("LUM-04", "P1-C1", "pass"), now=now)
    await actions.sign(session, who, inspection.id, signed_by="李工", signature=None, now=now)
    for how in ("printed", "门卫老赵转交王科"):
        await actions.hand_over(session, who, inspection.id, received_by="王科", how=how, now=now)
    await session.flush()
    events = await session.scalars(select(Event).where(Event.kind == "inspection.handed_over"))
    assert [event.facts["how"] for event in events] == ["printed", "other"]
    assert [each.how for each, *_ in await queries.handovers(session, inspection)] == [
        "门卫老赵转交王科",
        "printed",
    ]


async def test_a_cabinet_taken_away_meanwhile_does_not_stop_the_inspection(
    session: AsyncSession,
) -> None:
    _, inspection, who = await setting(session)
    now = datetime.now(UTC)
    await tell(session, who, inspection, Result("BOX-01", "P1", "pass"), now=now - H)
    box = (await session.scalars(select(Asset).where(Asset.code == "P1"))).one()
    box.retired_at = now
    await session.flush()
    (told,) = await tell(session, who, inspection, Result("BOX-01", "P1", "fail", note="锁坏"))
    assert told.ticket is not None
    checklist = await queries.checklist_of(session, inspection)
    assert "P1" in {each.code for each in await queries.lines(session, inspection, checklist)}


async def test_after_a_correction_the_quarter_stays_met_and_nobody_is_reminded(
    session: AsyncSession,
) -> None:
    """The first handing over met it; the new version is given in its turn."""
    _, inspection, who = await setting(session)
    boss = who_of((await make_person(session, role="manager")).id, Role.MANAGER)
    now = datetime.now(UTC)
    await tell(session, who, inspection, Result("LUM-04", "P1-C1", "pass"), now=now)
    await actions.sign(session, who, inspection.id, signed_by="李工", signature=None, now=now)
    await actions.hand_over(session, who, inspection.id, received_by="王科", how="printed", now=now)
    await actions.open_correction(session, boss, inspection.id, reason="漏了一处", now=now)
    # The old version is shown again meanwhile: the correction goes on.
    await actions.hand_over(session, who, inspection.id, received_by="王科", how="email", now=now)
    assert inspection.state == "under_way"
    late = now + timedelta(days=400)
    await actions.sign(session, who, inspection.id, signed_by="李工", signature=None, now=late)
    await actions.remind(session, late + timedelta(days=1), 100)
    await session.flush()
    said = await session.scalars(
        select(Event).where(Event.kind.in_(("inspection.due", "inspection.overdue")))
    )
    assert inspection.id not in {event.facts["inspection_id"] for event in said}
    assert (await queries.shown(session, who, inspection.id, late)).standing == "met"
    await actions.hand_over(
        session, who, inspection.id, received_by="王科", how="printed", now=late
    )
    assert (inspection.state, inspection.handed_over_at) == ("handed_over", now)
