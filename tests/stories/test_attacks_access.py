"""What somebody tries who is signed in, but may not: other people's pictures, notes, numbers."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from obstore.store import LocalStore
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.project import make_contact, make_owner, make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket
from tests.makers.visit import make_jpeg
from tickets import media
from tickets.staff.models import HeldRole
from tickets.ticket.models import Ticket, TicketPhoto

H = timedelta(hours=1)


@pytest.fixture(autouse=True)
def photo_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "store", lambda: LocalStore(tmp_path))


async def test_nobody_sees_a_picture_by_putting_it_on_a_ticket_of_his(
    session: AsyncSession, browser_of: SignedIn, now: datetime
) -> None:
    theirs, his = await make_project(session), await make_project(session)
    ticket = await make_ticket(session, project=theirs, now=now)
    own = await make_ticket(session, project=his, now=now)
    insider = await browser_of(await make_person(session, project_id=theirs.id))
    outsider = await browser_of(await make_person(session, project_id=his.id))
    sent = {"file": ("a.jpg", make_jpeg())}
    photo = (await insider.post("/api/v1/photos", files=sent)).json()["id"]
    fresh = f"/api/v1/tickets/{own.ref}"
    assert (await outsider.get(f"/photos/{photo}")).status_code == 404
    for url, body in (
        (f"{fresh}/notes", {"text": "look", "photos": [photo]}),
        (f"{fresh}/arrival", {"photos": [photo]}),
        (f"{fresh}/arrival", {"signature": photo}),
        (f"{fresh}/measures", {"description": "x", "photos": [photo]}),
        (
            "/api/v1/tickets",
            {"project": his.code, "fault": "OTHER", "description": "x", "photos": [photo]},
        ),
    ):
        answer = await outsider.post(url, json=body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "photos"), url
    assert (await outsider.get(f"/photos/{photo}")).status_code == 404
    assert list(await session.scalars(select(TicketPhoto))) == []

    # His colleague, who sees the ticket it is on, may name it again.
    note = {"text": "before", "photos": [photo]}
    assert (await insider.post(f"/api/v1/tickets/{ticket.ref}/notes", json=note)).status_code == 201
    colleague = await browser_of(await make_person(session, project_id=theirs.id))
    again = await colleague.post(f"/api/v1/tickets/{ticket.ref}/arrival", json={"photos": [photo]})
    assert again.status_code == 200


async def test_an_owners_person_reads_no_note_of_ours_through_the_api_either(
    session: AsyncSession, as_role: SignedIn, browser_of: SignedIn, now: datetime
) -> None:
    project = await make_project(session)
    ticket = await make_ticket(session, project=project, now=now)
    hotline = await as_role("hotline")
    url = f"/api/v1/tickets/{ticket.ref}"
    await hotline.post(f"{url}/notes", json={"text": "He never pays, ring 13700001111"})
    owner = await browser_of(await make_person(session, role="owner", project_id=project.id))
    assert "13700001111" not in (await owner.get(f"{url}/events")).text
    assert "13700001111" not in (await owner.get(f"/tickets/{ticket.ref}")).text
    assert "13700001111" in (await hotline.get(f"{url}/events")).text


async def test_an_owners_person_does_not_learn_who_works_here(
    session: AsyncSession, browser_of: SignedIn
) -> None:
    project = await make_project(session)
    somebody = await make_person(session)
    owner = await browser_of(await make_person(session, role="owner", project_id=project.id))
    for login in (somebody.login, "nobody-of-this-name"):
        answer = await owner.get("/api/v1/tickets", params={"technician": login})
        assert (answer.status_code, answer.json()["items"]) == (200, [])


async def test_callers_are_found_only_where_one_may_know_them(
    session: AsyncSession, browser_of: SignedIn, now: datetime
) -> None:
    """Hotline for one project, owner's person of the other: he searches the other's callers."""
    his, other = await make_project(session), await make_project(session)
    mine = await make_ticket(session, project=his, now=now, reporter_phone="13912345678")
    await make_ticket(session, project=other, now=now, reporter_phone="13912345678")
    person = await make_person(session, role="hotline", project_id=his.id)
    person.roles.append(HeldRole(role="owner", project_id=other.id))
    client = await browser_of(person)
    everything = (await client.get("/api/v1/tickets")).json()["items"]
    assert len(everything) == 2
    found = (await client.get("/api/v1/tickets", params={"q": "13912345678"})).json()["items"]
    assert [each["ref"] for each in found] == [mine.ref]


async def test_a_caller_of_the_owners_other_project_is_not_filled_in_by_his_number(
    session: AsyncSession, browser_of: SignedIn
) -> None:
    owner = await make_owner(session)
    his = await make_project(session, owner=owner)
    other = await make_project(session, owner=owner)
    stranger = await make_contact(
        session, owner=owner, project=other, name="Stranger", phone="13711112222", is_named=False
    )
    client = await browser_of(await make_person(session, role="hotline", project_id=his.id))
    page = await client.get("/desk/call", params={"project": his.code, "caller": stranger.id})
    assert page.status_code == 200
    assert "13711112222" not in page.text


async def test_whoever_assigns_elsewhere_does_not_give_tickets_away_here(
    session: AsyncSession, browser_of: SignedIn, now: datetime
) -> None:
    here, there = await make_project(session), await make_project(session)
    ticket = await make_ticket(session, project=here, now=now)
    colleague = await make_person(session, project_id=here.id)
    person = await make_person(session, project_id=here.id)
    person.roles.append(HeldRole(role="hotline", project_id=there.id))
    client = await browser_of(person)
    url = f"/api/v1/tickets/{ticket.ref}/response"
    answer = await client.post(url, json={"technician": colleague.id})
    assert answer.status_code == 422
    assert (await client.post(url, json={"technician": person.id})).status_code == 200


async def test_the_same_answer_sent_again_does_not_take_the_ticket_back(
    session: AsyncSession, as_role: SignedIn, browser_of: SignedIn, now: datetime
) -> None:
    project = await make_project(session, accepted_on=date(2026, 1, 1))
    ticket = await make_ticket(session, project=project, now=now, reported_at=now - H)
    first, second = await make_person(session), await make_person(session)
    phone, desk = await browser_of(first), await as_role("hotline")
    form = {"technician": str(first.id), "key": "7f1f2f66-9a55-4b7a-9a0e-5d1f0f3f7a01"}
    url = f"/tickets/{ticket.ref}/response"
    assert (await phone.post(url, data=form)).status_code == 303
    given = {"technician": second.login}
    await desk.post(f"/api/v1/tickets/{ticket.ref}/assignment", json=given)
    assert (await phone.post(url, data=form)).status_code == 303
    row = await session.scalar(
        select(Ticket).where(Ticket.id == ticket.id).execution_options(populate_existing=True)
    )
    assert row is not None
    assert row.technician_id == second.id
