"""The managers' page: what is broken now and lately, what is owed first, the same in a sheet."""

import csv
import io
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket
from tickets.loan.models import Substitution
from tickets.project.models import Project
from tickets.sla.actions import breach_overdue
from tickets.sla.models import Clock
from tickets.ticket.models import Ticket

H = timedelta(hours=1)


async def broken(
    session: AsyncSession, now: datetime, project: Project, *, hours: float, place: str = "Gate"
) -> Ticket:
    """A ticket reported that long ago which nobody has touched."""
    ticket = await make_ticket(
        session, project=project, now=now, reported_at=now - hours * H, place=place
    )
    await breach_overdue(session, now)
    await session.flush()
    return ticket


def rows(html: str) -> list[str]:
    body = html.partition("<tbody>")[2].partition("</tbody>")[0]
    return re.findall(r'class="ref">.*?href="/tickets/([^"]+)"', body, re.DOTALL)


async def test_what_is_broken_is_shown_by_how_much(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    ticket = await broken(session, now, await make_project(session), hours=3.5)
    await session.commit()
    page = (await (await as_role("manager")).get("/broken")).text
    assert rows(page) == [ticket.ref]
    assert "2 h 30 min over" in page
    assert "<b>1</b> broken now" in page


async def test_an_unsettled_debt_comes_first_and_is_counted_once(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    project = await make_project(session)
    owed = await broken(session, now, project, hours=60)
    young = await broken(session, now, project, hours=2)
    session.add(Substitution(ticket_id=owed.id, cycle=1, state="owed", owed_at=now - 12 * H))
    await session.commit()
    browser = await as_role("manager")
    page = (await browser.get("/broken")).text
    # Three promises of the old one are broken; its repair is where the debt stands.
    assert rows(page) == [owed.ref, young.ref, owed.ref, owed.ref]
    assert "<b>1</b> substitutes owed" in page
    assert rows((await browser.get("/broken?state=owed")).text) == [owed.ref]
    assert rows((await browser.get("/broken?state=late")).text) == []
    assert len(rows((await browser.get("/broken?promise=response")).text)) == 2
    assert rows((await browser.get("/broken?project=NOPE")).text) == []


async def test_what_was_done_too_late_leaves_after_the_period_what_is_broken_stays(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    project = await make_project(session)
    done = await broken(session, now, project, hours=24 * 40)
    for clock in await _clocks(session, done):
        clock.met_at = now - 24 * 35 * H
    still = await broken(session, now, project, hours=24 * 40)
    await session.commit()
    browser = await as_role("manager")
    assert set(rows((await browser.get("/broken")).text)) == {still.ref}
    assert set(rows((await browser.get("/broken?days=90")).text)) == {still.ref, done.ref}
    assert (await browser.get("/broken?days=0")).status_code == 422


async def _clocks(session: AsyncSession, ticket: Ticket) -> list[Clock]:
    from sqlalchemy import select

    return list(await session.scalars(select(Clock).where(Clock.ticket_id == ticket.id)))


async def test_pages_by_key_hold_every_row_once(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    project = await make_project(session)
    made = [
        await make_ticket(session, project=project, now=now, reported_at=now - 2 * H)
        for _ in range(70)
    ]
    await breach_overdue(session, now)
    await session.commit()
    browser = await as_role("admin")
    seen: list[str] = []
    address: str | None = "/broken"
    while address:
        html = (await browser.get(address)).text
        seen += rows(html)
        following = re.search(r'rel="next" href="([^"]+)"', html)
        address = following[1].replace("&amp;", "&") if following else None
    assert sorted(seen) == sorted(ticket.ref for ticket in made)
    assert (await browser.get("/broken?cursor=x")).status_code == 422


async def test_the_sheet_has_the_same_rows_and_no_formulas(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    project = await make_project(session, code="RV-01", name="Riverside")
    ticket = await broken(session, now, project, hours=2, place='=HYPERLINK("http://x";"y")')
    await session.commit()
    answer = await (await as_role("manager")).get("/broken.csv?promise=response")
    assert answer.status_code == 200
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.headers["content-disposition"].startswith("attachment")
    sheet = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert sheet[0][0] == "Ticket"
    assert len(sheet) == 2
    assert sheet[1][:3] == [ticket.ref, "RV-01 Riverside", '\'=HYPERLINK("http://x";"y")']
    assert sheet[1][7] == "60"


async def test_it_is_the_managers_and_of_their_projects(
    session: AsyncSession, as_role: SignedIn, browser_of: Callable[..., Any], now: datetime
) -> None:
    mine = await make_project(session)
    ticket = await broken(session, now, mine, hours=2)
    await broken(session, now, await make_project(session), hours=2)
    person = await make_person(session, role="manager", project_id=mine.id)
    await session.commit()
    assert rows((await (await browser_of(person)).get("/broken")).text) == [ticket.ref]
    for role in ("hotline", "hotline_lead", "technician", "owner"):
        for address in ("/broken", "/broken.csv"):
            assert (await (await as_role(role)).get(address)).status_code == 403
