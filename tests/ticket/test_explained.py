"""Every clock explained as of any instant, as we know it now or knew it then (rules.md §2-§4)."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.story import TERMS, make_story
from tests.makers.ticket import make_ticket
from tests.ticket.conftest import H, Matter, Reported
from tickets.sla.models import Act, Pause
from tickets.staff.models import Person
from tickets.ticket.rules import Kind

AsRole = Callable[[str], Awaitable[AsyncClient]]
BrowserOf = Callable[[Person], Awaitable[AsyncClient]]
PAUSE = {"reason": "no_access", "evidence": "the gate is locked"}


async def told(client: AsyncClient, ref: str, **asked: Any) -> list[dict[str, Any]]:
    answer = await client.get(f"/api/v1/tickets/{ref}/clocks", params=asked)
    assert answer.status_code == 200, answer.text
    clocks: list[dict[str, Any]] = answer.json()["clocks"]
    return clocks


def by_promise(clocks: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {clock["promise"]: clock for clock in clocks}


@pytest.fixture
async def matter(session: AsyncSession) -> Matter:
    """Two cycles, pauses of every kind, a severity change, late news: reported 120 h ago."""
    start = datetime.now(UTC).replace(microsecond=0) - 120 * H
    project = await make_project(
        session, accepted_on=date(2026, 1, 9), months=24, terms=TERMS, hotline="400"
    )
    made = Matter(await make_story(session, project=project, start=start), session)
    made.start = start
    return made


# --- what it says ---------------------------------------------------------------------------


async def test_the_explanation_says_what_the_ticket_says(as_role: AsRole, matter: Matter) -> None:
    desk = await as_role("hotline")
    shown = (await desk.get(f"/api/v1/tickets/{matter.ref}")).json()["clocks"]
    explained = await told(desk, matter.ref)
    same = ("promise", "cycle", "generation", "state", "started_at", "due_at", "met_at",
            "target_minutes")  # fmt: skip
    assert [{k: c[k] for k in same} for c in explained] == [{k: c[k] for k in same} for c in shown]
    for ours, theirs in zip(explained, shown, strict=True):
        assert ours["elapsed_seconds"] == ours["counted_seconds"] + ours["paused_seconds"]
        assert abs(ours["paused_seconds"] - theirs["paused_seconds"]) <= 5, (ours, theirs)
        assert ours["rule"].startswith("rules.md §")
        assert ours["clauses"]
        assert all("{" not in sentence for sentence in ours["sentences"])


async def test_a_pause_says_what_it_took_off_and_why(as_role: AsRole, matter: Matter) -> None:
    desk = await as_role("hotline")
    repair = next(
        c for c in await told(desk, matter.ref)
        if (c["promise"], c["cycle"], c["generation"]) == ("repair", 1, 2)
    )  # fmt: skip
    assert [p["counted_seconds"] for p in repair["pauses"]] == [6 * 3600, 0, 0]
    counts, rejected, waits = (p["why"] for p in repair["pauses"])
    assert counts.startswith("6 h do not count: from ")
    assert "rejected it at" in rejected
    assert "“当日无雨”" in rejected
    # Entered at the hour 34, it would lift the breach of the arrival at the hour 30.
    assert waits.startswith("Nothing so far: it was entered at ")
    assert "waits for a manager" in waits
    assert repair["state"] == "late"
    assert any("6 h too late" in s for s in repair["sentences"])
    assert any("+ 24 h + 6 h of pauses =" in s for s in repair["sentences"])


async def test_what_was_superseded_says_by_whom_and_why(as_role: AsRole, matter: Matter) -> None:
    desk = await as_role("hotline")
    gone = [c for c in await told(desk, matter.ref) if c["state"] == "superseded"]
    assert {c["promise"] for c in gone} == {"arrival", "repair"}
    for clock in gone:
        text = " ".join(clock["sentences"])
        assert "changed the severity from S3 to S2" in text
        assert "“整条街都不亮”" in text
        assert clock["elapsed_seconds"] == 12 * 3600
        assert clock["counted_seconds"] == 6 * 3600


async def test_a_duplicate_says_into_which_ticket_it_went(
    session: AsyncSession, as_role: AsRole, reported: Reported
) -> None:
    desk = await as_role("hotline")
    project = await make_project(session, accepted_on=date(2026, 1, 9), months=24)
    survivor = await reported(3, project=project)
    earlier = await reported(5, project=project)
    assert (await earlier.post(desk, "response", at=earlier.at(0.5))).is_success
    assert (await earlier.post(desk, "duplicate_of", ref=survivor.ref)).is_success
    for clock in await told(desk, earlier.ref):
        assert clock["state"] == "superseded"
        assert f"merged into {survivor.ref}" in " ".join(clock["sentences"])
    answered = by_promise(await told(desk, survivor.ref))["response"]
    assert answered["state"] == "met"
    text = " ".join(answered["sentences"])
    assert f"the tickets that were merged: {earlier.ref}" in text
    assert f"It stands on ticket {earlier.ref}" in text
    # The day before the merge we knew of no such thing.
    then = by_promise(await told(desk, earlier.ref, at=earlier.at(1)))
    assert then["arrival"]["state"] == "running"


async def test_a_repair_from_afar_says_why_nobody_had_to_come(
    as_role: AsRole, reported: Reported
) -> None:
    desk = await as_role("hotline")
    matter = await reported(5)
    assert (
        await matter.post(desk, "repair", cause="C_NATURAL", work="reset", at=matter.at(1))
    ).is_success
    clocks = by_promise(await told(desk, matter.ref))
    assert clocks["arrival"]["state"] == "not_needed"
    assert "repaired from afar" in " ".join(clocks["arrival"]["sentences"])
    assert clocks["response"]["met_by"] == "repair"
    assert "by implication" in " ".join(clocks["response"]["sentences"])
    # Met at the very instant it was due.
    assert "the very instant it was due" in " ".join(clocks["response"]["sentences"])


# --- at any instant ---------------------------------------------------------------------------


async def test_at_an_instant_only_what_had_happened_by_then_counts(
    as_role: AsRole, matter: Matter
) -> None:
    desk = await as_role("hotline")
    assert await told(desk, matter.ref, at=matter.at(-0.1)) == []
    states = {
        hour: {p: c["state"] for p, c in by_promise(await told(desk, matter.ref, at=at)).items()}
        for hour, at in ((h, matter.at(h)) for h in (0, 0.4, 0.5, 3, 8, 11, 13, 30, 31, 60.1, 71))
    }
    assert states[0] == dict.fromkeys(("response", "arrival", "repair"), "running")
    assert states[0.4]["response"] == "running"
    assert states[0.5]["response"] == "met"
    assert states[3] == {"response": "met", "arrival": "paused", "repair": "paused"}
    assert states[8]["repair"] == "running"
    assert len(await told(desk, matter.ref, at=matter.at(11))) == 3
    assert len(await told(desk, matter.ref, at=matter.at(13))) == 5
    assert states[30]["repair"] == "running"  # due at this very instant
    assert states[31]["repair"] == "late"
    assert states[31]["arrival"] == "late"
    assert states[60.1]["response"] == "running"  # of the second cycle
    assert states[71]["repair"] == "paused"


async def test_it_says_late_then_though_later_news_had_shown_otherwise(
    session: AsyncSession, as_role: AsRole, reported: Reported
) -> None:
    """Why did the system say late on the third?"""
    desk = await as_role("hotline")
    matter = await reported(10)
    ticket = matter.ticket
    ticket.received_at = matter.start
    assert (await matter.post(desk, "response", at=matter.at(0.5))).is_success
    learnt = update(Act).where(Act.ticket_id == ticket.id)
    await session.execute(learnt.values(received_at=matter.start + 6 * H))
    today = by_promise(await told(desk, matter.ref, at=matter.at(3)))["response"]
    assert today["state"] == "met"
    assert any("We learnt of it at" in s for s in today["sentences"])
    then = by_promise(await told(desk, matter.ref, known_at=matter.at(3)))["response"]
    assert then["state"] == "late"
    assert any("2 h later" in s for s in then["sentences"])
    known = by_promise(await told(desk, matter.ref, known_at=matter.at(6)))["response"]
    assert known["state"] == "met"


async def test_as_known_now_is_as_known_today(as_role: AsRole, matter: Matter) -> None:
    desk = await as_role("hotline")
    now = datetime.now(UTC).isoformat()
    assert await told(desk, matter.ref, at=now) == await told(
        desk, matter.ref, at=now, known_at=now
    )


async def test_a_pause_counts_from_its_acceptance_as_we_knew_it(
    session: AsyncSession, as_role: AsRole, reported: Reported
) -> None:
    desk, manager = await as_role("hotline"), await as_role("manager")
    matter = await reported(60)
    matter.ticket.received_at = matter.start
    made = await matter.post(desk, "pauses", **PAUSE, **{"from": matter.at(2), "to": matter.at(20)})
    number = made.json()["id"]
    entered = {"entered_at": matter.start + 50 * H, "received_at": matter.start + 50 * H}
    await session.execute(update(Pause).where(Pause.id == number).values(**entered))
    waits = by_promise(await told(desk, matter.ref))["repair"]
    assert (waits["state"], waits["pauses"][0]["counted_seconds"]) == ("late", 0)
    assert (await manager.post(f"/api/v1/pauses/{number}/acceptance")).is_success
    counts = by_promise(await told(desk, matter.ref))["repair"]
    assert (counts["state"], counts["pauses"][0]["counted_seconds"]) == ("running", 18 * 3600)
    assert "accepted it at" in counts["pauses"][0]["why"]
    withdrawn = [s for s in counts["sentences"] if "was withdrawn at" in s]
    assert len(withdrawn) == 1
    then = by_promise(await told(desk, matter.ref, known_at=matter.at(55)))["repair"]
    assert then["state"] == "late"
    before = by_promise(await told(desk, matter.ref, known_at=matter.at(49)))["repair"]
    assert before["pauses"] == []


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"at": "2026-11-24T09:00:00"}, "at"),
        ({"known_at": "yesterday"}, "known_at"),
        ({"at": "2126-11-24T09:00:00+08:00"}, "at"),
        (
            {"at": "2026-02-02T00:00:00+08:00", "known_at": "2026-02-01T00:00:00+08:00"},
            "at",
        ),
    ],
)
async def test_an_instant_that_cannot_be_asked_about_is_refused(
    as_role: AsRole, reported: Reported, asked: dict[str, str], field: str
) -> None:
    desk = await as_role("hotline")
    matter = await reported(3)
    answer = await desk.get(f"/api/v1/tickets/{matter.ref}/clocks", params=asked)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_a_consultation_has_its_answer_explained_and_no_more(
    session: AsyncSession, as_role: AsRole, now: datetime
) -> None:
    project = await make_project(session)
    ticket = await make_ticket(
        session, project=project, now=now, kind=Kind.CONSULTATION, fault=None
    )
    clocks = await told(await as_role("hotline"), ticket.ref)
    assert [c["promise"] for c in clocks] == ["response"]


# --- who may see it -----------------------------------------------------------------------------


async def test_an_owners_person_sees_his_own_and_nobody_elses(
    session: AsyncSession, browser_of: BrowserOf, reported: Reported
) -> None:
    matter, other = await reported(3), await reported(3)
    person = await make_person(
        session, role="owner", project_id=matter.ticket.project_id, locale="zh-CN"
    )
    owner = await browser_of(person)
    clocks = await told(owner, matter.ref)
    assert any("业主于" in sentence for sentence in clocks[0]["sentences"])
    for path in (f"/api/v1/tickets/{other.ref}/clocks", f"/tickets/{other.ref}/why"):
        assert (await owner.get(path)).status_code == 404


# --- the sheet ------------------------------------------------------------------------------------


async def test_the_sheet_shows_the_sum_and_no_caller(as_role: AsRole, matter: Matter) -> None:
    desk = await as_role("hotline")
    answer = await desk.get(f"/tickets/{matter.ref}/why")
    assert answer.status_code == 200
    page = answer.text
    for words in ("Counted", "Elapsed", "rules.md §2", "rules.md §3", "cycle 2", "<svg",
                  "6 h do not count", "当日无雨"):  # fmt: skip
        assert words in page
    assert "style=" not in page
    for secret in ("13912345678", "139****5678", "Ms Caller"):
        assert secret not in page
    assert f'href="/tickets/{matter.ref}/why"' in (await desk.get(f"/tickets/{matter.ref}")).text


async def test_the_sheet_of_an_instant_takes_times_of_the_projects_zone(
    as_role: AsRole, reported: Reported
) -> None:
    desk = await as_role("hotline")
    matter = await reported(3)
    local = (matter.start + 2 * H).astimezone(UTC) + timedelta(hours=8)
    page = await desk.get(f"/tickets/{matter.ref}/why", params={"at": f"{local:%Y-%m-%dT%H:%M:%S}"})
    assert f"<b>{local:%Y-%m-%d %H:%M:%S} +08:00</b>" in page.text
    assert "1 h later" in page.text
    early = await desk.get(f"/tickets/{matter.ref}/why", params={"at": "2026-01-01T00:00"})
    assert "we had not been told of the fault" in early.text


@pytest.mark.parametrize("at", ["soon", "2126-01-01T00:00", "0001-01-01T00:00"])
async def test_a_field_that_cannot_be_read_keeps_what_was_typed(
    as_role: AsRole, reported: Reported, at: str
) -> None:
    desk = await as_role("hotline")
    matter = await reported(3)
    page = await desk.get(f"/tickets/{matter.ref}/why", params={"at": at})
    assert page.status_code == 422
    assert f'value="{at}"' in page.text
    assert 'id="at-error"' in page.text


async def test_the_sheet_asks_as_much_for_a_long_story_as_for_a_short_one(
    session: AsyncSession, connection: AsyncConnection, as_role: AsRole, reported: Reported
) -> None:
    desk, manager = await as_role("hotline"), await as_role("manager")
    short, long = await reported(5, terms=TERMS), await reported(23, terms=TERMS)
    for hour in (1, 3, 5):
        span = {"from": long.at(hour), "to": long.at(hour + 1)}
        assert (await long.post(manager, "pauses", **PAUSE, **span)).is_success
    for each in (short, long):
        assert (await each.post(desk, "severity", severity="S2", reason="street")).is_success
    assert (await long.post(desk, "arrival", at=long.at(8))).is_success

    async def statements(ref: str) -> int:
        counted = 0

        def count(*_: Any) -> None:
            nonlocal counted
            counted += 1

        engine = connection.sync_connection
        assert engine is not None
        sqlalchemy_event.listen(engine, "before_cursor_execute", count)
        shown = await desk.get(f"/tickets/{ref}/why")
        sqlalchemy_event.remove(engine, "before_cursor_execute", count)
        assert shown.status_code == 200
        return counted

    assert await statements(long.ref) == await statements(short.ref) <= 22
