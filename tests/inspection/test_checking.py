"""What is told of a line, what opens a ticket, who may, what a second word changes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.makers.asset import make_asset
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import who_of
from tickets.events import Event
from tickets.inspection import actions, queries
from tickets.inspection.models import Check, Finding, Inspection
from tickets.inspection.rules import Result
from tickets.project import actions as projects
from tickets.project.models import Project
from tickets.refusals import Forbidden, Invalid, Missing, Refused
from tickets.staff.rules import Grant, Role, Who
from tickets.ticket.models import Ticket

H = timedelta(hours=1)


@pytest.fixture(autouse=True)
def following() -> None:
    projects.follow_covers(actions.replan)


async def setting(session: AsyncSession, **terms: Any) -> tuple[Project, Inspection, Who]:
    """A cabinet with two circuits of lamps, in its first quarter."""
    project = await make_project(
        session, accepted_on=(datetime.now(UTC) - timedelta(days=10)).date(), terms=terms or None
    )
    box = await make_asset(session, project=project, code="P1", kind="BOX")
    for n in (1, 2):
        circuit = await make_asset(
            session, project=project, code=f"P1-C{n}", kind="CIRC", parent=box
        )
        for lamp in range(3):
            await make_asset(
                session, project=project, code=f"L{n}{lamp}", kind="LUM_FLOOD", parent=circuit
            )
    inspection = await session.scalar(
        select(Inspection)
        .where(Inspection.project_id == project.id, Inspection.number == 1)
        .limit(1)
    )
    assert inspection is not None
    person = await make_person(session, role="technician")
    return project, inspection, who_of(person.id, Role.TECHNICIAN)


async def tell(
    session: AsyncSession, who: Who, inspection: Inspection, *results: Result, **more: Any
) -> list[actions.Told]:
    now = more.pop("now", datetime.now(UTC))
    _, told = await actions.check(session, who, inspection.id, results, now=now, **more)
    return told


async def test_the_first_word_lays_the_lines_out_as_one_walks(session: AsyncSession) -> None:
    _, inspection, who = await setting(session)
    told = await tell(session, who, inspection, Result("BOX-01", "P1", "pass"))
    assert told[0].check.verdict == "pass"
    assert (inspection.state, inspection.checklist_id is None) == ("under_way", False)
    checklist = await queries.checklist_of(session, inspection)
    lined = await queries.lines(session, inspection, checklist)
    walked = list(dict.fromkeys(line.code for line in lined))
    assert walked == ["P1", "P1-C1", "P1-C2", None]
    assert {line.code for line in lined if line.item.id == "LUM-01"} == {"P1-C1", "P1-C2"}
    # Only what is due this quarter, and nothing that is reckoned.
    assert not {"LUM-11", "STA-02", "EFF-03"} & {line.item.id for line in lined}


async def test_a_failed_safety_item_opens_its_ticket_at_once_and_only_once(
    session: AsyncSession,
) -> None:
    project, inspection, who = await setting(session)
    (first,) = await tell(
        session,
        who,
        inspection,
        Result("BOX-01", "P1", "fail", note="锁坏"),
    )
    assert first.ticket is not None
    ticket = (await session.scalars(select(Ticket).where(Ticket.ref == first.ticket))).one()
    assert (ticket.severity, ticket.channel, ticket.fault) == ("S2", "patrol", "OTHER")
    assert "锁坏" in ticket.description
    assert ticket.project_id == project.id
    (again,) = await tell(session, who, inspection, Result("BOX-01", "P1", "fail", note="还没修"))
    assert again.ticket == first.ticket
    assert len((await session.scalars(select(Ticket))).all()) == 1
    kinds = (await session.scalars(select(Event.kind).where(Event.ticket_id == ticket.id))).all()
    assert kinds.count("inspection.found") == 1


async def test_other_failures_offer_a_ticket(session: AsyncSession) -> None:
    _, inspection, who = await setting(session)
    (told,) = await tell(session, who, inspection, Result("LUM-01", "L12", "fail", note="灭一盏"))
    assert (told.ticket, told.check.is_extra) == (None, True)  # the single lamp that was named
    assert told.finding_id is not None
    _, ref = await actions.open_for(session, who, told.finding_id, now=datetime.now(UTC))
    _, same = await actions.open_for(session, who, told.finding_id, now=datetime.now(UTC))
    assert ref == same
    with pytest.raises(Refused):
        await actions.settle(session, who, told.finding_id, note="x", now=datetime.now(UTC))


async def test_beyond_the_alert_a_ticket_is_opened_as_a_danger(session: AsyncSession) -> None:
    project, inspection, who = await setting(session)
    await make_asset(session, project=project, code="POLE-1", kind="POLE")
    (told,) = await tell(session, who, inspection, Result("POL-01", "POLE-1", values=(21.0,)))
    ticket = (await session.scalars(select(Ticket).where(Ticket.ref == told.ticket))).one()
    assert (told.check.verdict, ticket.severity) == ("fail", "S1")


async def test_a_value_is_judged_whatever_was_ticked(session: AsyncSession) -> None:
    _, inspection, who = await setting(session)
    (told,) = await tell(
        session, who, inspection, Result("BOX-03", "P1", "pass", values=(45.0,), unit="K")
    )
    assert (told.check.verdict, told.limit_words) == ("fail", "≤ 30")


async def test_looked_at_again_and_in_order_the_finding_is_settled(session: AsyncSession) -> None:
    _, inspection, who = await setting(session)
    (told,) = await tell(session, who, inspection, Result("LUM-04", "P1-C1", "fail"))
    await tell(session, who, inspection, Result("LUM-04", "P1-C1", "pass"))
    finding = await session.get_one(Finding, told.finding_id)
    assert finding.settled_at is not None
    await tell(session, who, inspection, Result("LUM-04", "P1-C1", "fail"))
    assert finding.settled_at is None


async def test_of_two_words_about_a_line_the_later_one_counts(session: AsyncSession) -> None:
    """Two technicians, one of them without signal: his older news comes last."""
    _, inspection, who = await setting(session)
    now = datetime.now(UTC)
    await tell(session, who, inspection, Result("LUM-04", "P1-C1", "pass", at=now - H), now=now)
    await tell(session, who, inspection, Result("LUM-04", "P1-C1", "fail", at=now - 2 * H), now=now)
    line = await session.scalar(
        select(Check).where(Check.item == "LUM-04", Check.verdict == "pass")
    )
    assert line is not None
    assert line.at == now - H


@pytest.mark.parametrize(
    ("result", "field"),
    [
        (Result("NONE-1", None, "pass"), "results.0.item"),
        (Result("STA-02", None, "pass"), "results.0.item"),  # reckoned, not told
        (Result("LUM-01", "P1-C1", "perhaps"), "results.0.verdict"),
        (Result("LUM-01", "P1-C1"), "results.0.verdict"),
        (Result("LUM-01", "P1-C1", "not_accessible"), "results.0.note"),
        (Result("LUM-01", "P1-C1", "pass", values=(1.0,)), "results.0.value"),
        (Result("BOX-03", "P1", "pass"), "results.0.value"),
        (Result("BOX-03", "P1", values=(1.0, 2.0)), "results.0.value"),
        (Result("BOX-03", "P1", values=(1e13,)), "results.0.value"),
        (Result("BOX-03", "P1", values=(10.0,), unit="V"), "results.0.unit"),
        (Result("STA-01", "P1-C1", values=(10.0, 11.0)), "results.0.value"),
        (Result("STA-01", "P1-C1", values=(10.5, 1.0)), "results.0.value"),
        (Result("CTL-02", None, "pass", values=(99.0,)), "results.0.row"),
        (Result("CTL-02", None, values=(99.0,), row="nonsense"), "results.0.row"),
        (Result("LUM-01", "NOT-THERE", "pass"), "assets"),
        (Result("LUM-01", "P1-C1", "pass", instrument=99), "instrument"),
        (Result("LUM-01", "P1-C1", "pass", at=datetime(2999, 1, 1, tzinfo=UTC)), "results.0.at"),
    ],
)
async def test_what_cannot_be_is_said_at_its_field(
    session: AsyncSession, result: Result, field: str
) -> None:
    _, inspection, who = await setting(session)
    with pytest.raises(Invalid) as refused:
        await tell(session, who, inspection, result)
    assert refused.value.field == field


async def test_not_accessible_keeps_the_item_open(session: AsyncSession) -> None:
    _, inspection, who = await setting(session)
    await tell(
        session, who, inspection, Result("LUM-01", "P1-C1", "not_accessible", note="围挡施工")
    )
    checklist = await queries.checklist_of(session, inspection)
    (line,) = (
        line for line in await queries.lines(session, inspection, checklist) if line.check.verdict
    )
    assert line.is_open


async def test_a_row_chosen_for_the_whole_inspection_judges(session: AsyncSession) -> None:
    _, inspection, who = await setting(session)
    now = datetime.now(UTC)
    (told,) = await tell(session, who, inspection, Result("BOX-03", "P1", values=(10.0,)))
    assert told.check.verdict == "pass"
    await actions.choose_rows(
        session,
        who,
        inspection.id,
        {"STA-02": "secondary_branch"},
        note="台风",
        suggestions=None,
        now=now,
    )
    assert inspection.rows == {"STA-02": "secondary_branch"}
    with pytest.raises(Invalid):
        await actions.choose_rows(
            session, who, inspection.id, {"STA-02": "moon"}, note=None, suggestions=None, now=now
        )


async def test_sampling_only_where_the_terms_say_so(session: AsyncSession) -> None:
    _, whole, who = await setting(session)
    await actions.start(session, who, whole.id, now=datetime.now(UTC))
    assert (whole.sampling, whole.left_out) == (100, 0)
    _, part, who = await setting(session, sampling_percent=50)
    await actions.start(session, who, part.id, now=datetime.now(UTC))
    assert part.sampling == 50
    assert part.left_out > 0


async def test_signed_it_takes_no_more_lines_and_a_correction_is_a_new_version(
    session: AsyncSession,
) -> None:
    _, inspection, who = await setting(session)
    now = datetime.now(UTC)
    with pytest.raises(Refused):
        await actions.sign(session, who, inspection.id, signed_by="x", signature=None, now=now)
    await tell(session, who, inspection, Result("LUM-04", "P1-C1", "pass"))
    now = datetime.now(UTC)
    await actions.sign(session, who, inspection.id, signed_by="李工", signature=None, now=now)
    with pytest.raises(Refused):
        await tell(session, who, inspection, Result("LUM-04", "P1-C1", "fail"))
    with pytest.raises(Forbidden):
        await actions.open_correction(session, who, inspection.id, reason="x", now=now)
    boss = who_of((await make_person(session, role="manager")).id, Role.MANAGER)
    await actions.open_correction(session, boss, inspection.id, reason="漏记", now=now)
    await tell(session, who, inspection, Result("LUM-04", "P1-C1", "fail"))
    now = datetime.now(UTC)
    _, second = await actions.sign(
        session, who, inspection.id, signed_by="李工", signature=None, now=now
    )
    assert (second.version, second.reason) == (2, "漏记")
    first = await queries.report(session, inspection, 1)
    assert first.facts["rates"] != second.facts["rates"]
    assert actions.checksum_of(first.facts) == first.checksum


async def test_handed_over_after_the_last_day_it_is_late(session: AsyncSession) -> None:
    _, inspection, who = await setting(session)
    await tell(session, who, inspection, Result("LUM-04", "P1-C1", "pass"))
    now = datetime.now(UTC)
    await actions.sign(session, who, inspection.id, signed_by="李工", signature=None, now=now)
    later = now + timedelta(days=120)
    row = await queries.shown(session, who, inspection.id, later)
    assert row.standing == "overdue"
    await actions.hand_over(
        session, who, inspection.id, received_by="王科", how="printed", now=later
    )
    assert (await queries.shown(session, who, inspection.id, later)).standing == "met_late"
    # It turns out that another had handed it over in time.
    await actions.hand_over(
        session, who, inspection.id, received_by="王科", how="email", now=later, at=now + H
    )
    assert (await queries.shown(session, who, inspection.id, later)).standing == "met"
    events = await session.scalars(select(Event).where(Event.kind == "inspection.handed_over"))
    assert all("王科" not in str(event.facts) for event in events)


async def test_nothing_is_checked_in_a_quarter_that_is_not_owed(session: AsyncSession) -> None:
    _, inspection, who = await setting(session)
    inspection.not_owed = "out_of_cover"
    await session.flush()
    with pytest.raises(Refused):
        await tell(session, who, inspection, Result("LUM-04", "P1-C1", "pass"))


async def test_what_one_may_not_see_does_not_exist(session: AsyncSession) -> None:
    project, inspection, _ = await setting(session)
    other = await make_project(session)
    stranger = await make_person(session, role="technician", project_id=other.id)
    who = Who(stranger.id, "", "en", (Grant(Role.TECHNICIAN, project_id=other.id),))
    with pytest.raises(Missing):
        await tell(session, who, inspection, Result("LUM-04", "P1-C1", "pass"))
    with pytest.raises(Missing):
        await queries.shown(session, who, inspection.id, datetime.now(UTC))
    hotline = who_of((await make_person(session, role="hotline")).id, Role.HOTLINE)
    with pytest.raises(Forbidden):
        await tell(session, hotline, inspection, Result("LUM-04", "P1-C1", "pass"))
    assert project.id != other.id
