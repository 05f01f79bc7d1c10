"""收到 by the link of a message: who may still say so, and of what."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket
from tickets.app import create_app
from tickets.notice.models import Alert, Notice
from tickets.sla import actions as sla
from tickets.staff.models import Person
from workers.post import send_notices
from workers.relay import relay_events

MIN = timedelta(minutes=1)


@dataclass
class Called:
    """A lead was called to a ticket of his project, and holds the link; nobody is signed in."""

    session: AsyncSession
    door: AsyncClient
    lead: Person
    link: str
    start: datetime

    async def press(self) -> Response:
        return await self.door.post(self.link, headers={"Sec-Fetch-Site": "same-origin"})

    async def heard(self) -> dict[str, int | None]:
        """By whom each alert was acknowledged."""
        rows = await self.session.execute(select(Alert.threshold, Alert.acknowledged_by_id))
        return {threshold: by_id for threshold, by_id in rows}


@pytest.fixture
async def called(session: AsyncSession) -> AsyncIterator[Called]:
    start = datetime.now(UTC)
    project = await make_project(session)
    lead = await make_person(session, role="hotline_lead", project_id=project.id)
    await make_ticket(session, project=project, now=start)
    await session.commit()
    await relay_events({})
    notice = (await session.scalars(select(Notice))).one()
    assert notice.person_id == lead.id
    app = ASGITransport(create_app())
    async with AsyncClient(transport=app, base_url="http://test") as door:
        yield Called(session, door, lead, f"/a/{notice.answer_key}", start)


async def test_it_says_so_in_his_name(called: Called) -> None:
    await send_notices({})
    assert (await called.press()).status_code == 303
    assert await called.heard() == {"open": called.lead.id}


async def test_nobody_holds_a_link_that_was_not_sent(called: Called) -> None:
    assert (await called.door.get(called.link)).status_code == 404
    assert (await called.press()).status_code == 404


@pytest.mark.parametrize("why", ["another project", "another role", "retired"])
async def test_whoever_has_to_do_with_it_no_longer_says_nothing(called: Called, why: str) -> None:
    await send_notices({})
    (held,) = called.lead.roles
    if why == "another project":
        held.project_id = (await make_project(called.session)).id
    elif why == "another role":
        held.role = "owner"
    else:
        called.lead.retired_at = called.start
    await called.session.commit()
    shown = await called.door.get(called.link)
    assert shown.status_code == 404
    assert "Riverside" not in shown.text
    assert (await called.press()).status_code == 404
    assert await called.heard() == {"open": None}


async def test_who_holds_the_role_everywhere_says_so_here_too(called: Called) -> None:
    await send_notices({})
    called.lead.roles[0].project_id = None
    await called.session.commit()
    assert (await called.door.get(called.link)).status_code == 200


@pytest.mark.parametrize("falls_before", [False, True])
async def test_it_says_nothing_of_what_was_called_out_after_the_message(
    called: Called, falls_before: bool
) -> None:
    await send_notices({})
    await sla.warn_in_time(called.session, called.start + 31 * MIN)
    await called.session.commit()
    await relay_events({})
    later = (await called.session.scalars(select(Alert).where(Alert.threshold == "50"))).one()
    if falls_before:  # noticed late: it had fallen due before, and was called out after
        later.falls_at = called.start - MIN
        await called.session.commit()
    assert (await called.press()).status_code == 303
    assert await called.heard() == {"open": called.lead.id, "50": None}
    await called.session.refresh(later)
    assert later.climbs_at is not None
    # The later message, once it is sent, says so of the rest.
    await relay_events({})
    await send_notices({})
    notice = (await called.session.scalars(select(Notice).where(Notice.threshold == "50"))).one()
    notice.sent_at = called.start + 31 * MIN
    await called.session.commit()
    called.link = f"/a/{notice.answer_key}"
    assert (await called.press()).status_code == 303
    assert await called.heard() == {"open": called.lead.id, "50": called.lead.id}


async def test_its_page_says_a_line_at_a_time_and_no_number_that_somebody_typed(
    called: Called,
) -> None:
    notice = (await called.session.scalars(select(Notice))).one()
    notice.facts = notice.facts | {"place": "North gate 139-1234-5678", "severity": "S1"}
    await called.session.commit()
    await send_notices({})
    shown = (await called.door.get(called.link)).text
    assert "139-1234-5678" not in shown
    assert shown.count("North gate 139****5678") == 1  # in the words, not in the heading again
    ref = notice.facts["ref"]
    assert f'<h1>Danger: <span class="nowrap">{ref}</span> was reported</h1>' in shown
    assert "5678\nDanger to people" in shown
