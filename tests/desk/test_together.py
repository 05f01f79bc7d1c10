"""A typhoon night: many tickets chosen on the board are joined, given away, paused in one step."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from time import perf_counter
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from tests.conftest import SignedIn
from tests.desk.test_board import refs, shown, statements
from tests.makers.asset import make_asset
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket
from tickets.events import Event
from tickets.project.models import Project
from tickets.sla.models import Clock, Pause
from tickets.ticket.models import Ticket

H = timedelta(hours=1)
M = timedelta(minutes=1)


@pytest.fixture
async def project(session: AsyncSession) -> Project:
    return await make_project(
        session, code="RV-01", name="Riverside", accepted_on=date(2026, 1, 9), months=24
    )


async def night(
    session: AsyncSession, project: Project, now: datetime, many: int = 4, **more: Any
) -> list[Ticket]:
    """Calls about one dark circuit, ten minutes apart, the latest first."""
    made = [
        await make_ticket(session, project=project, now=now, reported_at=now - (n + 1) * M, **more)
        for n in range(many)
    ]
    await session.commit()
    return made


async def fresh(session: AsyncSession, ticket: Ticket) -> Ticket:
    return (
        await session.scalars(
            select(Ticket).where(Ticket.id == ticket.id).execution_options(populate_existing=True)
        )
    ).one()


async def post(browser: AsyncClient, act: str, tickets: list[Ticket], **more: str) -> Any:
    return await browser.post(f"/desk/{act}", data={"ref": [t.ref for t in tickets], **more})


async def test_the_gravest_and_of_these_the_earliest_survives(
    session: AsyncSession, as_role: SignedIn, project: Project, now: datetime
) -> None:
    dull = await night(session, project, now)
    grave = await night(session, project, now, many=2, fault="OUT_MULTI")
    browser = await as_role("hotline")
    chosen = [*dull, *grave]
    asked = await browser.get("/desk/merges", params={"ref": [t.ref for t in chosen]})
    form = asked.text.partition('id="act"')[2]
    assert form.index(grave[1].ref) < form.index("survives</span>") < form.index(grave[0].ref)
    answer = await post(browser, "merges", chosen, next="/desk?severity=S2")
    assert answer.status_code == 200, answer.text
    assert "6 tickets are one now" in answer.text
    assert f'href="/tickets/{grave[1].ref}"' in answer.text
    assert 'href="/desk?severity=S2"' in answer.text
    survivor = await fresh(session, grave[1])
    assert (survivor.status, survivor.reported_at) == ("open", dull[-1].reported_at)
    for ticket in [*dull, grave[0]]:
        assert (await fresh(session, ticket)).merged_into_id == survivor.id
    assert await shown(browser) == [survivor.ref]
    # Judged once: of its own clocks each has a start, and that is the earliest report.
    clocks = list(await session.scalars(select(Clock).where(Clock.ticket_id == survivor.id)))
    assert {clock.reported_at for clock in clocks} == {dull[-1].reported_at}
    undone = await browser.post(
        f"/api/v1/tickets/{dull[0].ref}/split", json={"reason": "another street"}
    )
    assert undone.status_code == 200, undone.text


async def test_danger_needs_a_reason_and_nothing_happens_without(
    session: AsyncSession, as_role: SignedIn, project: Project, now: datetime
) -> None:
    dull = await night(session, project, now)
    danger = await make_ticket(session, project=project, now=now, fault="LEAK")
    await session.commit()
    browser = await as_role("hotline")
    answer = await post(browser, "merges", [*dull, danger])
    assert answer.status_code == 422
    assert "Danger is never merged without a reason." in answer.text
    assert len(refs((await browser.get("/desk")).text)) == 5
    answer = await post(browser, "merges", [*dull, danger], reason="one cabinet under water")
    assert answer.status_code == 200
    assert await shown(browser) == [danger.ref]


async def test_all_are_joined_or_none(
    session: AsyncSession, as_role: SignedIn, project: Project, now: datetime
) -> None:
    other = await make_project(session)
    mine = await night(session, project, now, many=2)
    elsewhere = await night(session, other, now, many=1)
    browser = await as_role("hotline")
    answer = await post(browser, "merges", [*mine, *elsewhere], reason="one storm")
    assert answer.status_code == 422
    assert 'value="one storm"' in answer.text
    assert answer.text.count('name="ref"') == 3
    assert len(await shown(browser)) == 3
    assert (await post(browser, "merges", mine[:1])).status_code == 409
    assert (await post(browser, "merges", [])).status_code == 409
    for ticket in mine:
        ticket.is_open, ticket.status = False, "closed"
    await session.commit()
    assert (await post(browser, "merges", mine)).status_code == 409


async def test_eighty_calls_are_one_in_less_than_three_seconds(
    session: AsyncSession,
    connection: AsyncConnection,
    as_role: SignedIn,
    project: Project,
    now: datetime,
) -> None:
    few = await night(session, project, now, many=3)
    many = await night(session, project, now, many=80)
    browser = await as_role("hotline")
    with statements(connection) as for_three:
        assert (await post(browser, "merges", few)).status_code == 200
    begun = perf_counter()
    with statements(connection) as for_eighty:
        answer = await post(browser, "merges", many)
    took = perf_counter() - begun
    assert answer.status_code == 200, answer.text
    assert took < 3, f"{took:.2f} s"
    told = await session.scalars(select(Event.kind).where(Event.kind == "ticket.merged"))
    assert len(list(told)) == 2 * (2 + 79)
    reads = [[s for s in said if s.startswith("SELECT")] for said in (for_three, for_eighty)]
    assert len(reads[0]) == len(reads[1])
    print(f"80 calls joined in {took:.2f} s, {len(for_eighty)} statements")  # noqa: T201


async def test_each_is_given_away_by_itself_and_the_rest_keep_their_reason(
    session: AsyncSession, as_role: SignedIn, project: Project, now: datetime
) -> None:
    other = await make_project(session)
    technician = await make_person(session, role="technician", project_id=project.id, name="Lao Li")
    mine = await night(session, project, now, many=2)
    elsewhere = await night(session, other, now, many=1)
    browser = await as_role("hotline")
    chosen = [*mine, *elsewhere]
    asked = await browser.get("/desk/assignments", params={"ref": [t.ref for t in chosen]})
    assert f'<option value="{technician.id}">Lao Li</option>' in asked.text
    answer = await browser.post(
        "/desk/assignments",
        data={"ref": [*(t.ref for t in chosen), "T-0"], "technician": str(technician.id)},
    )
    assert answer.status_code == 200
    assert "Assigned: 2 of 4" in answer.text
    assert "is no technician of this project." in answer.text
    assert "There is no ticket T-0." in answer.text
    # What was typed is kept for those that are left, and only they are still chosen.
    assert f'<option value="{technician.id}" selected>' in answer.text or "Lao Li" in answer.text
    assert re.findall(r'name="ref" value="([^"]+)"', answer.text) == [elsewhere[0].ref]
    assert [(await fresh(session, t)).technician_id for t in chosen] == [
        technician.id,
        technician.id,
        None,
    ]


async def test_one_storm_pauses_each_from_its_own_report(
    session: AsyncSession, as_role: SignedIn, project: Project, now: datetime
) -> None:
    early = await make_ticket(session, project=project, now=now, reported_at=now - 3 * H)
    late = await make_ticket(session, project=project, now=now, reported_at=now - H)
    wish = await make_ticket(session, project=project, now=now, kind="request", fault=None)  # type: ignore[arg-type]
    await session.commit()
    browser = await as_role("hotline")
    storm = (now - 2 * H).astimezone(UTC) + timedelta(hours=8)
    words = {"reason": "weather_unsafe", "evidence": "red warning no. 7"}
    bare = await post(browser, "pauses", [early, late], reason="weather_unsafe")
    assert bare.status_code == 422
    assert "selected" in bare.text
    begun = {"from_at": storm.strftime("%Y-%m-%dT%H:%M")}
    answer = await post(browser, "pauses", [early, late, wish], **words, **begun)
    assert answer.status_code == 200, answer.text
    assert "Paused: 2 of 3" in answer.text
    assert "Only the arrival and the repair of a fault can be paused." in answer.text
    assert "red warning no. 7" in answer.text
    pauses = {p.ticket_id: p.from_at for p in await session.scalars(select(Pause))}
    assert pauses[late.id] == late.reported_at
    assert pauses[early.id] == storm.replace(second=0, microsecond=0) - timedelta(hours=8)
    page = (await browser.get("/desk?state=paused")).text
    assert set(refs(page)) == {early.ref, late.ref}
    again = await post(browser, "pauses", [early, late], **words, **begun)
    assert again.status_code == 409
    assert again.text.count("pauses may touch, not overlap") == 2


async def test_a_paused_ticket_does_not_wait_for_its_call_back(
    session: AsyncSession, as_role: SignedIn, project: Project, now: datetime
) -> None:
    ticket = (await night(session, project, now, many=1))[0]
    browser = await as_role("hotline")
    assert (await browser.post(f"/api/v1/tickets/{ticket.ref}/response", json={})).is_success
    await post(browser, "pauses", [ticket], reason="authority", evidence="the street is closed")
    page = (await browser.get("/desk")).text
    assert "waits for the call-back</span>" not in page
    assert 'class="chip clock paused"' in page
    assert await shown(browser, "/desk?state=waiting") == []


async def test_at_most_two_hundred_at_a_time(as_role: SignedIn) -> None:
    browser = await as_role("hotline")
    many = {"ref": [f"T-{n}" for n in range(201)]}
    pause = {"reason": "authority", "evidence": "x"}
    for act, more in (("merges", {}), ("assignments", {"technician": "1"}), ("pauses", pause)):
        answer = await browser.post(f"/desk/{act}", data=many | more)
        assert answer.status_code == 422, act
        assert "At most 200 tickets at a time, please." in answer.text
        assert (await browser.get(f"/desk/{act}")).status_code == 200


async def test_what_one_may_not_see_does_not_exist(
    session: AsyncSession, browser_of: Callable[..., Any], project: Project, now: datetime
) -> None:
    other = await make_project(session)
    mine = await night(session, project, now, many=2)
    hidden = await night(session, other, now, many=1, place="Secret Quay")
    person = await make_person(session, role="hotline", project_id=project.id)
    await session.commit()
    browser = await browser_of(person)
    chosen = [*mine, *hidden]
    asked = await browser.get("/desk/merges", params={"ref": [t.ref for t in chosen]})
    assert "Secret Quay" not in asked.text
    assert f"There is no ticket {hidden[0].ref}." in asked.text
    assert (await post(browser, "merges", chosen)).status_code == 404
    pause = {"reason": "authority", "evidence": "closed street"}
    answer = await post(browser, "pauses", chosen, **pause)
    assert "Paused: 2 of 3" in answer.text
    assert "Secret Quay" not in answer.text
    assert (await post(browser, "pauses", hidden, **pause)).status_code == 404


async def test_programs_join_them_too(
    session: AsyncSession, as_role: SignedIn, project: Project, now: datetime
) -> None:
    made = await night(session, project, now)
    browser = await as_role("hotline")
    answer = await browser.post("/api/v1/tickets/merges", json={"refs": [t.ref for t in made]})
    assert answer.status_code == 200, answer.text
    assert answer.json()["ref"] == made[-1].ref
    again = await browser.post("/api/v1/tickets/merges", json={"refs": [t.ref for t in made]})
    assert again.status_code == 409
    one = await browser.post("/api/v1/tickets/merges", json={"refs": [made[-1].ref]})
    assert one.status_code == 409
    gone = {"refs": [made[-1].ref, "T-0", "T\0"]}
    assert (await browser.post("/api/v1/tickets/merges", json=gone)).status_code in (404, 422)


async def test_the_board_shows_a_circuit_with_all_that_hangs_on_it(
    session: AsyncSession, as_role: SignedIn, project: Project, now: datetime
) -> None:
    box = await make_asset(session, project=project, code="DB03", kind="BOX")
    circuit = await make_asset(session, project=project, code="DB03-1", kind="CIRC", parent=box)
    await make_asset(session, project=project, code="L-1", parent=circuit)
    await make_asset(session, project=project, code="DB03-2", kind="CIRC", parent=box)
    other = await make_project(session)
    await make_asset(session, project=other, code="DB03", kind="BOX")
    made = {
        code: await make_ticket(session, project=project, now=now, assets=(code,))
        for code in ("DB03", "DB03-1", "L-1", "DB03-2")
    }
    await make_ticket(session, project=other, now=now, assets=("DB03",))
    await session.commit()
    browser = await as_role("hotline")
    for code, wanted in {
        "DB03": ("DB03", "DB03-1", "L-1", "DB03-2"),
        "DB03-1": ("DB03-1", "L-1"),
        "L-1": ("L-1",),
        "L-9": (),
    }.items():
        found = await shown(browser, f"/desk?project=RV-01&asset={code}")
        assert sorted(found) == sorted(made[each].ref for each in wanted), code
    assert len(await shown(browser, "/desk?asset=DB03")) == 5
    assert await shown(browser, "/desk?project=RV-01&asset=DB03&q=lamp") != []
    beside = await browser.get("/desk/call/around?project=RV-01&assets=L-1")
    assert "4 open on DB03" in beside.text
    assert 'href="/desk?project=RV-01&amp;asset=DB03"' in beside.text
