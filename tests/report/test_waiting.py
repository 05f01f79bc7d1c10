"""What waits for a manager: pauses for his word, flagged news, repairs that hold no longer."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from tests.conftest import SignedIn
from tests.desk.test_board import statements
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket
from tickets.project.models import Project
from tickets.sla.actions import breach_overdue
from tickets.sla.models import Pause
from tickets.ticket.models import Ticket

H = timedelta(hours=1)


@pytest.fixture
async def project(session: AsyncSession) -> Project:
    return await make_project(
        session, code="RV-01", name="Riverside", accepted_on=date(2026, 1, 9), months=24
    )


async def broken(
    session: AsyncSession, project: Project, now: datetime, hours: float = 60, **more: Any
) -> Ticket:
    ticket = await make_ticket(
        session, project=project, now=now, reported_at=now - hours * H, **more
    )
    await breach_overdue(session, now)
    await session.commit()
    return ticket


async def paused(browser: AsyncClient, ticket: Ticket, note: str = "the gate was locked") -> int:
    """Afterwards, for the first fifty hours: it would lift the arrival and the repair."""
    begins = ticket.reported_at
    answer = await browser.post(
        f"/api/v1/tickets/{ticket.ref}/pauses",
        json={
            "reason": "no_access",
            "evidence": note,
            "from": begins.isoformat(),
            "to": (begins + 50 * H).isoformat(),
        },
    )
    assert answer.status_code == 201, answer.text
    assert answer.json()["counts"] is False
    return int(answer.json()["id"])


def part(page: str, name: str) -> str:
    return page.partition(f'aria-labelledby="{name}-title"')[2].partition("</section>")[0]


async def test_a_waiting_pause_is_accepted_on_the_page(
    session: AsyncSession, as_role: SignedIn, project: Project, now: datetime
) -> None:
    ticket = await broken(session, project, now)
    number = await paused(await as_role("technician"), ticket)
    manager = await as_role("manager")
    waits = part((await manager.get("/broken")).text, "pauses")
    for told in (ticket.ref, "no access to the site", "the gate was locked", "technician"):
        assert told in waits
    assert waits.count('class="chip late"') == 2  # arrival and repair
    where = re.search(r'formaction="([^"]+/pause_acceptance)"', waits)
    assert where
    assert f'name="pause" value="{number}"' in waits
    answer = await manager.post(where[1], data={"pause": str(number), "next": "/broken"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/broken")
    assert part((await manager.get("/broken")).text, "pauses") == ""
    pause = await session.get_one(Pause, number, populate_existing=True)
    assert pause.counts
    assert pause.accepted_at is not None


async def test_it_is_rejected_with_a_reason_and_not_without(
    session: AsyncSession, as_role: SignedIn, project: Project, now: datetime
) -> None:
    ticket = await broken(session, project, now)
    number = await paused(await as_role("hotline"), ticket)
    manager = await as_role("manager")
    where = f"/tickets/{ticket.ref}/pause_rejection"
    assert (await manager.post(where, data={"pause": str(number)})).status_code == 422
    given = {"pause": str(number), "reason": "the key was ours", "next": "/broken"}
    assert (await manager.post(where, data=given)).status_code == 303
    assert part((await manager.get("/broken")).text, "pauses") == ""
    assert (await manager.post(where, data=given)).status_code == 409
    hotline = await as_role("hotline")
    assert (await hotline.post(where, data=given)).status_code == 403


async def test_of_a_duplicate_the_survivors_clocks_are_lifted(
    session: AsyncSession, as_role: SignedIn, project: Project, now: datetime
) -> None:
    early = await broken(session, project, now, hours=61)
    late = await broken(session, project, now, hours=60)
    hotline = await as_role("hotline")
    await paused(hotline, late)
    joined = await hotline.post("/api/v1/tickets/merges", json={"refs": [early.ref, late.ref]})
    assert joined.json()["ref"] == early.ref
    waits = part((await (await as_role("manager")).get("/broken")).text, "pauses")
    assert f"of {early.ref}" in waits
    assert waits.count('class="chip late"') == 2


async def test_more_than_the_page_holds_stand_on_one_of_their_own(
    session: AsyncSession, as_role: SignedIn, project: Project, now: datetime
) -> None:
    hotline = await as_role("hotline")
    numbers = []
    for n in range(53):
        ticket = await broken(session, project, now, hours=60 + n)
        numbers.append(await paused(hotline, ticket))
    manager = await as_role("manager")
    waits = part((await manager.get("/broken?project=RV-01")).text, "pauses")
    assert waits.count('name="pause"') == 5
    assert "and 48 more" in waits
    seen: list[int] = []
    address: str | None = "/broken/pauses?project=RV-01"
    while address:
        html = (await manager.get(address)).text
        seen += [int(n) for n in re.findall(r'name="pause" value="(\d+)"', html)]
        following = re.search(r'rel="next" href="([^"]+)"', html)
        address = following[1].replace("&amp;", "&") if following else None
    assert seen == numbers
    for name in ("pauses", "flags", "repairs"):
        assert (await manager.get(f"/broken/{name}?cursor=x")).status_code == 422
        assert (await manager.get(f"/broken/{name}?project=NOPE")).status_code == 200


async def test_late_news_and_a_wrong_clock_show_both_instants(
    session: AsyncSession, as_role: SignedIn, project: Project, now: datetime
) -> None:
    ticket = await broken(session, project, now, hours=100)
    technician = await as_role("technician")
    answer = await technician.post(
        f"/api/v1/tickets/{ticket.ref}/arrival",
        json={
            "at": (now - 80 * H).isoformat(),
            "phone_time": (now - timedelta(minutes=10)).isoformat(),
        },
        headers={"Idempotency-Key": str(uuid4())},
    )
    assert answer.is_success, answer.text
    told = part((await (await as_role("manager")).get("/broken")).text, "flags")
    assert ticket.ref in told
    assert "too late to be believed" in told
    assert "10 min slow" in told
    assert f'datetime="{(now - 80 * H).isoformat()}"' in told
    instants = re.findall(r'<time datetime="([^"]+)"', told)
    assert len(instants) == 2
    assert datetime.fromisoformat(instants[1]) >= now  # the delivery counts


async def test_a_temporary_repair_whose_day_is_over_is_there_until_it_is_mended(
    session: AsyncSession, as_role: SignedIn, project: Project, now: datetime
) -> None:
    ticket = await broken(session, project, now, hours=72)
    technician = await as_role("technician")
    repair = {"cause": "C_PRODUCT", "work": "a bridge", "on_site": True}
    day = (now - 26 * H).date().isoformat()
    answer = await technician.post(
        f"/api/v1/tickets/{ticket.ref}/repair",
        json=repair | {"result": "temporary", "expires_on": day, "at": (now - 50 * H).isoformat()},
    )
    assert answer.is_success, answer.text
    manager = await as_role("manager")
    told = part((await manager.get("/broken")).text, "repairs")
    assert ticket.ref in told
    assert f"the temporary repair held until {day}" in told
    assert (await technician.post(f"/api/v1/tickets/{ticket.ref}/repair", json=repair)).is_success
    assert part((await manager.get("/broken")).text, "repairs") == ""


async def test_a_look_nobody_took_is_there(
    session: AsyncSession, as_role: SignedIn, project: Project, now: datetime
) -> None:
    ticket = await broken(session, project, now, hours=120)
    technician = await as_role("technician")
    answer = await technician.post(
        f"/api/v1/tickets/{ticket.ref}/repair",
        json={
            "cause": "C_PRODUCT",
            "work": "new lamps",
            "on_site": True,
            "check_after_dark": True,
            "at": (now - 100 * H).isoformat(),
        },
    )
    assert answer.is_success, answer.text
    manager = await as_role("manager")
    assert "nobody has looked after dark" in part((await manager.get("/broken")).text, "repairs")
    assert (
        await technician.post(f"/api/v1/tickets/{ticket.ref}/check", json={"passed": True})
    ).is_success
    assert part((await manager.get("/broken")).text, "repairs") == ""


async def test_a_manager_of_one_project_sees_its_own(
    session: AsyncSession,
    as_role: SignedIn,
    browser_of: Callable[..., Any],
    project: Project,
    now: datetime,
) -> None:
    other = await make_project(session, accepted_on=date(2026, 1, 9), months=24)
    hotline = await as_role("hotline")
    mine, theirs = await broken(session, project, now), await broken(session, other, now)
    for ticket in (mine, theirs):
        await paused(hotline, ticket)
    person = await make_person(session, role="manager", project_id=project.id)
    await session.commit()
    manager = await browser_of(person)
    page = (await manager.get("/broken/pauses")).text
    assert mine.ref in page
    assert theirs.ref not in page
    for role in ("hotline", "hotline_lead", "technician", "owner"):
        for name in ("pauses", "flags", "repairs"):
            assert (await (await as_role(role)).get(f"/broken/{name}")).status_code == 403


async def test_the_page_asks_as_much_for_one_as_for_many(
    session: AsyncSession,
    connection: AsyncConnection,
    as_role: SignedIn,
    project: Project,
    now: datetime,
) -> None:
    hotline, manager = await as_role("hotline"), await as_role("manager")
    await paused(hotline, await broken(session, project, now))
    await manager.get("/broken")
    with statements(connection) as for_one:
        await manager.get("/broken")
    for _ in range(8):
        await paused(hotline, await broken(session, project, now))
    with statements(connection) as for_many:
        await manager.get("/broken")
    assert len(for_one) == len(for_many) <= 10, "\n".join(for_many)
    assert await session.scalar(select(Pause.id).limit(1))
