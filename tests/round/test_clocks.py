"""What a technician does about the clocks from his phone: pause, look after dark, danger."""

from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket
from tickets.sla.models import Pause
from tickets.staff.models import Person
from tickets.ticket.models import Ticket


@pytest.fixture
async def person(session: AsyncSession) -> Person:
    return await make_person(session)


@pytest.fixture
async def ticket(session: AsyncSession, person: Person, now: datetime) -> Ticket:
    ticket = await make_ticket(session, project=await make_project(session), now=now)
    ticket.technician_id = person.id
    await session.flush()
    return ticket


async def test_a_pause_begins_and_ends_and_the_round_says_so(
    session: AsyncSession, browser_of: SignedIn, person: Person, ticket: Ticket
) -> None:
    client = await browser_of(person)
    here = f"/round/{ticket.ref}"
    typed = {"reason": "no_access", "evidence": "gate locked", "next": f"{here}?done=pause"}
    answer = await client.post(f"/tickets/{ticket.ref}/pauses", data=typed)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{here}?done=pause")
    html = (await client.get(here)).text
    assert "Paused since" in html
    assert "no access to the site" in html
    assert 'id="form-pause-end"' in html
    assert 'id="step-pause" hidden' in html  # the phone may open it, once the pause is ended there
    assert "Paused" in (await client.get("/round")).text
    assert "every promise is kept" not in (await client.get("/round")).text
    pause = (await session.scalars(select(Pause))).one()
    typed = {"pause": str(pause.id), "next": f"{here}?done=pause_end"}
    assert (await client.post(f"/tickets/{ticket.ref}/pause_end", data=typed)).status_code == 303
    html = (await client.get(here)).text
    assert 'id="step-pause"' in html
    assert 'id="step-pause" hidden' not in html


async def test_a_refused_pause_is_shown_for_a_thumb_with_what_was_typed(
    browser_of: SignedIn, person: Person, ticket: Ticket
) -> None:
    client = await browser_of(person)
    typed = {"reason": "authority", "next": f"/round/{ticket.ref}"}
    refused = await client.post(f"/tickets/{ticket.ref}/pauses", data=typed)
    assert refused.status_code == 422
    assert "A pause needs its evidence" in refused.text
    assert 'value="authority" checked' in refused.text
    assert 'class="phone"' in refused.text


async def test_danger_found_at_the_pole_is_raised_from_there(
    session: AsyncSession, browser_of: SignedIn, person: Person, ticket: Ticket
) -> None:
    client = await browser_of(person)
    here = f"/round/{ticket.ref}"
    typed = {"severity": "S1", "next": here}
    refused = await client.post(f"/tickets/{ticket.ref}/severity", data=typed)
    assert refused.status_code == 422
    assert 'class="phone"' in refused.text
    typed |= {"reason": "cable bare at the foot"}
    assert (await client.post(f"/tickets/{ticket.ref}/severity", data=typed)).status_code == 303
    html = (await client.get(here)).text
    assert "Danger to people" in html
    assert 'id="form-danger"' not in html


async def test_what_was_repaired_by_day_is_looked_at_from_the_phone(
    session: AsyncSession, browser_of: SignedIn, person: Person, ticket: Ticket
) -> None:
    client = await browser_of(person)
    here = f"/round/{ticket.ref}"
    work = {"cause": "C_PRODUCT", "work": "driver", "check_after_dark": "true", "next": here}
    assert (await client.post(f"/tickets/{ticket.ref}/repair", data=work)).status_code == 303
    html = (await client.get(here)).text
    assert "waits for a look after dark" in html
    assert 'id="form-check"' in html
    refused = await client.post(f"/tickets/{ticket.ref}/check", data={"passed": "no", "next": here})
    assert refused.status_code == 422
    assert "Say what was still dark." in refused.text
    seen = {"passed": "yes", "next": f"{here}?done=check"}
    assert (await client.post(f"/tickets/{ticket.ref}/check", data=seen)).status_code == 303
    assert "waits for a look after dark" not in (await client.get(here)).text
