"""Old tickets are brought in: judged at once, told to nobody, owing nothing, and only once."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.asset import make_asset
from tests.makers.project import make_project
from tickets.events import Event, Unrelayed
from tickets.project.models import Contact, Project
from tickets.report.queries import verdicts
from tickets.sla import actions as sla
from tickets.sla.models import Act, Clock
from tickets.ticket.actions.bring import Brought, bring_old_tickets
from tickets.ticket.models import Ticket, TicketAsset
from tickets.ticket.rules.old import read_old

REPORTED = datetime(2025, 10, 9, 2, 0, tzinfo=UTC)
HEADER = "external_ref,reported_at,repaired_at,closed_at,status,severity,due_at,description"


async def bring(
    session: AsyncSession, project: Project, *lines: str, header: str = HEADER, **how: Any
) -> Brought:
    content = "\n".join([header, *lines]).encode()
    now = how.pop("now", datetime.now(UTC))
    rows = read_old(content, None, project.timezone, now)
    brought = await bring_old_tickets(session, project, rows, by_id=None, now=now, **how)
    await session.flush()
    return brought


async def of(session: AsyncSession, external_ref: str) -> tuple[Ticket, dict[str, Clock]]:
    ticket = (
        await session.scalars(select(Ticket).where(Ticket.external_ref == external_ref))
    ).one()
    clocks = await session.scalars(select(Clock).where(Clock.ticket_id == ticket.id))
    return ticket, {clock.promise: clock for clock in clocks}


async def counts(session: AsyncSession) -> list[int]:
    return [
        await session.scalar(select(func.count()).select_from(table)) or 0
        for table in (Ticket, Clock, Act, Event, Contact)
    ]


async def test_met_and_late_are_judged_to_the_second_and_dated_at_the_due_instant(
    session: AsyncSession,
) -> None:
    project = await make_project(session, accepted_on=date(2025, 1, 1))
    brought = await bring(
        session,
        project,
        "A,2025-10-09 10:00,2025-10-11 10:00,2025-10-12 10:00,closed,S2,2025-10-11 10:00,dark",
        "B,2025-10-09 10:00,2025-10-11 10:00:01,2025-10-12 10:00,closed,S2,2025-10-11 10:00,dark",
    )
    assert (brought.good, brought.added, brought.known, list(brought.bad)) == (2, 2, 0, [])
    met, clocks = await of(session, "A")
    due = REPORTED + timedelta(hours=48)
    assert (clocks["repair"].due_at, clocks["repair"].met_at) == (due, due)
    assert clocks["repair"].breached_at is None
    assert (met.status, met.is_open, met.cover) == ("closed", False, "warranty")
    assert met.ref.startswith("T-20251009-")
    late, clocks = await of(session, "B")
    assert set(clocks) == {"repair"}, "nothing is said of answers and arrivals"
    assert (clocks["repair"].breached_at, clocks["repair"].breach_no) == (due, 1)
    assert clocks["repair"].is_imported
    told = list(
        await session.execute(
            select(Event.kind, Event.happened_at).where(Event.ticket_id == late.id).order_by("id")
        )
    )
    assert [kind for kind, _ in told] == [
        "ticket.opened",
        "clock.breached",
        "ticket.repaired",
        "ticket.closed",
    ]
    assert told[1][1] == due


async def test_nobody_is_told_and_nothing_is_owed_even_when_it_breaks_later(
    session: AsyncSession,
) -> None:
    project = await make_project(session, accepted_on=date(2025, 1, 1))
    now = REPORTED + timedelta(hours=1)
    await bring(session, project, "A,2025-10-09 10:00,,,open,S1,,dark", now=now)
    ticket, clocks = await of(session, "A")
    assert (ticket.status, ticket.is_open) == ("open", True)
    assert clocks == {}, "its due column is there and empty: the due instant is not known"
    await bring(
        session,
        project,
        "B,2025-10-09 10:00,S1",
        header="external_ref,reported_at,severity",
        now=now,
    )
    ticket, clocks = await of(session, "B")
    due = REPORTED + timedelta(hours=48)
    assert clocks["repair"].due_at == ticket.breaks_at == due, "by the terms of the project"
    assert await sla.breach_overdue(session, due + timedelta(minutes=1)) == 1
    await session.flush()
    assert clocks["repair"].breached_at == due
    event = (await session.scalars(select(Event).where(Event.kind == "clock.breached"))).one()
    assert event.facts["imported"] is True
    assert await session.scalar(select(func.count()).select_from(Unrelayed)) == 0


async def test_response_and_arrival_have_clocks_where_the_file_tells_of_them(
    session: AsyncSession,
) -> None:
    project = await make_project(session)
    await bring(
        session,
        project,
        "A,2025-10-09 10:00,2025-10-09 11:01,2025-10-09 15:00,2025-10-09 16:00",
        "B,2025-10-09 10:00,,,2025-10-09 16:00",
        "C,2025-10-09 10:00,,,",
        header="external_ref,reported_at,answered_at,arrived_at,repaired_at",
    )
    _, clocks = await of(session, "A")
    assert {name: clock.breach_no for name, clock in clocks.items()} == {
        "response": 1,
        "arrival": 0,
        "repair": 0,
    }
    _, clocks = await of(session, "B")
    assert set(clocks) == {"repair"}, "done, and nobody wrote down who answered when"
    ticket, clocks = await of(session, "C")
    assert set(clocks) == {"response", "arrival", "repair"}, "nobody has answered to this day"
    assert ticket.status == "open"


async def test_an_end_without_a_repair_and_a_cancellation_are_counted_apart(
    session: AsyncSession,
) -> None:
    project = await make_project(session)
    await bring(
        session,
        project,
        "A,2025-10-09 10:00,,2025-10-09 12:00,closed,S3,2025-10-11 10:00,passed on",
        "B,2025-10-09 10:00,,2025-10-09 12:00,cancelled,S3,2025-10-11 10:00,a mistake",
        "C,2025-10-09 10:00,2025-10-10 10:00,,repaired,S3,2025-10-11 10:00,works",
        "D,2025-10-09 10:00,,,,S3,,nobody knows",
    )
    for ref in ("A", "B"):
        ticket, clocks = await of(session, ref)
        assert clocks["repair"].closed_as == "not_needed"
        assert not ticket.is_open
    ticket, _ = await of(session, "C")
    assert (ticket.status, ticket.is_open) == ("repaired", True)
    counted = await verdicts(session, project.id, datetime(2026, 1, 1, tzinfo=UTC))
    assert (counted.met, counted.late, counted.unknown, counted.apart) == (1, 0, 1, 2)


async def test_with_repair_counted_from_the_arrival_nobody_is_late_for_want_of_a_note(
    session: AsyncSession,
) -> None:
    project = await make_project(session, terms={"repair_from": "arrival"})
    header = "external_ref,reported_at,repaired_at"
    await bring(session, project, "A,2025-10-09 10:00,2025-10-13 10:00", header=header)
    _, clocks = await of(session, "A")
    assert clocks["repair"].due_at == REPORTED + timedelta(hours=96)
    assert clocks["repair"].breached_at is None


async def test_run_twice_it_adds_nothing_and_says_so(session: AsyncSession) -> None:
    project = await make_project(session)
    line = "A,2025-10-09 10:00,,,open,S3,2025-10-11 10:00,dark"
    await bring(session, project, line)
    before = await counts(session)
    brought = await bring(session, project, line)
    assert (brought.good, brought.known, brought.added) == (1, 1, 0)
    assert await counts(session) == before
    other = await make_project(session)
    assert (await bring(session, other, line)).added == 1, "a number is a project's own"


async def test_a_dry_run_and_all_or_nothing_with_a_bad_row_write_nothing(
    session: AsyncSession,
) -> None:
    project = await make_project(session)
    lines = ("A,2025-10-09 10:00,,,open,S3,,dark", "B,never,,,open,S3,,dark")
    before = await counts(session)
    for how in ("dry_run", "all_or_nothing"):
        brought = await bring(session, project, *lines, header=HEADER, **{how: True})
        assert (brought.good, brought.added) == (1, 0)
        assert [row.line for row in brought.bad] == [3]
        assert await counts(session) == before
    assert (await bring(session, project, *lines)).added == 1


async def test_assets_and_callers_are_those_we_know(session: AsyncSession) -> None:
    project = await make_project(session)
    asset = await make_asset(session, project=project, code="P-01", is_main=True)
    header = "external_ref,reported_at,assets,reporter_name,reporter_phone"
    brought = await bring(
        session,
        project,
        "A,2025-10-09 10:00,P-01,Ms Wang,138 0000 1234",
        "B,2025-10-10 10:00,,Ms Wang,13800001234",
        "C,2025-10-10 10:00,P-99,,",
        header=header,
    )
    assert [str(row.why) for row in brought.bad] == ["There is no asset P-99 here."]
    a, _ = await of(session, "A")
    b, _ = await of(session, "B")
    assert a.main_equipment == "yes"
    assert a.reporter_id is not None
    assert a.reporter_id == b.reporter_id
    named = await session.scalars(select(TicketAsset.asset_id).where(TicketAsset.ticket_id == a.id))
    assert list(named) == [asset.id]


async def test_its_page_list_and_json_show_an_imported_ticket(
    session: AsyncSession, as_role: SignedIn
) -> None:
    project = await make_project(session)
    await bring(
        session,
        project,
        "A,2025-10-09 10:00,2025-10-13 10:00,2025-10-13 10:00,closed,S3,2025-10-11 10:00,dark",
        "B,2025-10-09 10:00,,,open,S3,,<script>alert(1)</script>",
    )
    client = await as_role("manager")
    for ref in ("A", "B"):
        ticket, _ = await of(session, ref)
        told = (await client.get(f"/api/v1/tickets/{ticket.ref}")).json()
        assert told["project"] == project.code
        answer = await client.get(f"/tickets/{ticket.ref}", headers={"accept": "text/html"})
        assert answer.status_code == 200, answer.text
        assert "<script>alert" not in answer.text


async def test_a_thousand_and_more_rows_go_in_batches_with_gapless_numbers(
    session: AsyncSession,
) -> None:
    project = await make_project(session)
    lines = [
        f"{n},2025-10-{1 + n % 20:02} 10:00,,,open,S3,2025-11-01 10:00,lamp {n}"
        for n in range(2500)
    ]
    brought = await bring(session, project, *lines)
    assert brought.added == 2500
    refs = list(await session.scalars(select(Ticket.ref).where(Ticket.project_id == project.id)))
    assert len(set(refs)) == 2500
    per_day = Counter(ref.rpartition("-")[0] for ref in refs)
    for day, number in per_day.items():
        assert {f"{day}-{n:04d}" for n in range(1, number + 1)} <= set(refs)
