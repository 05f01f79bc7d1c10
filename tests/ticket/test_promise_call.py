"""承诺回电: a call is promised, made, or said to be due; once each."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.makers.staff import make_person
from tests.ticket.conftest import Matter, Reported
from tickets.notice.models import Notice
from tickets.project.models import Project
from tickets.staff.models import Person
from tickets.ticket.actions import watch_calls
from tickets.ticket.models import CallPromise
from workers.relay import relay_events

AsRole = Callable[[str], Awaitable[AsyncClient]]
BrowserOf = Callable[[Person], Awaitable[AsyncClient]]
MINUTE = timedelta(minutes=1)
H = timedelta(hours=1)
FIX = {"cause": "C_PRODUCT", "work": "a new driver", "on_site": True}


async def promised(desk: AsyncClient, matter: Matter, at: datetime) -> int:
    answer = await matter.post(desk, "call_promises", at=at.isoformat(), note="who comes")
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


async def told(session: AsyncSession, template: str) -> list[int]:
    await session.commit()
    await relay_events({})
    asked = select(Notice.person_id).where(Notice.template == template).order_by(Notice.id)
    return list(await session.scalars(asked))


async def test_it_is_shown_on_the_ticket_the_board_and_the_page_of_call_backs(
    as_role: AsRole, reported: Reported, now: datetime
) -> None:
    desk = await as_role("hotline")
    matter = await reported(1)
    await promised(desk, matter, now + H)
    for address in (f"/tickets/{matter.ref}", "/desk", "/callbacks"):
        page = (await desk.get(address)).text
        assert matter.ref in page
        assert "☎" in page or "Promised calls" in page
    assert "call-mark past" not in (await desk.get("/desk")).text
    matter.ticket.call_promised_at = now - H
    await matter.session.commit()
    assert "call-mark past" in (await desk.get("/desk")).text
    assert (await desk.get(f"/api/v1/tickets/{matter.ref}")).json()["call_promised_at"]


async def test_an_instant_that_has_passed_cannot_be_promised(
    as_role: AsRole, reported: Reported, now: datetime
) -> None:
    desk = await as_role("technician")
    matter = await reported(1)
    early = await matter.post(desk, "call_promises", at=(now - MINUTE).isoformat())
    assert early.status_code == 422
    assert early.json()["errors"][0]["field"] == "at"
    typed = {"call_at": "2020-01-01T10:00", "note": "call him"}
    page = await desk.post(f"/tickets/{matter.ref}/call_promises", data=typed)
    assert page.status_code == 422
    assert "still to come" in page.text
    assert "call him" in page.text


async def test_the_same_key_is_the_same_promise(
    session: AsyncSession, as_role: AsRole, reported: Reported
) -> None:
    desk = await as_role("hotline")
    matter = await reported(1)
    typed = {"call_at": "2099-01-01T10:00", "key": str(uuid4())}
    for _ in range(2):
        sent = await desk.post(f"/tickets/{matter.ref}/call_promises", data=typed)
        assert sent.status_code == 303
    assert len((await session.scalars(select(CallPromise))).all()) == 1


async def test_kept_is_kept_once(as_role: AsRole, reported: Reported, now: datetime) -> None:
    desk = await as_role("hotline")
    matter = await reported(1)
    other = await reported(1)
    number = await promised(desk, matter, now + H)
    assert (await other.post(desk, f"call_promises/{number}/kept")).status_code == 404
    assert (await matter.post(desk, f"call_promises/{number}/kept")).json()["kept_at"]
    assert (await matter.post(desk, f"call_promises/{number}/kept")).status_code == 409
    await matter.session.refresh(matter.ticket)
    assert matter.ticket.call_promised_at is None
    assert (await matter.diary())[-2:] == ["call.promised", "call.kept"]


async def test_an_answer_or_a_call_back_keeps_it_too(
    session: AsyncSession, as_role: AsRole, reported: Reported, now: datetime
) -> None:
    desk = await as_role("hotline")
    matter = await reported(1)
    first = await promised(desk, matter, now + H)
    assert (await matter.post(desk, "response")).is_success
    assert (await session.get_one(CallPromise, first, populate_existing=True)).kept_at
    assert (await matter.post(desk, "repair", **FIX)).is_success
    second = await promised(desk, matter, now + H)
    assert (await matter.post(desk, "callbacks", outcome="not_reached")).is_success
    assert (await session.get_one(CallPromise, second, populate_existing=True)).kept_at
    await matter.session.refresh(matter.ticket)
    assert matter.ticket.call_promised_at is None


async def test_of_two_the_next_one_stands_on_the_board(
    as_role: AsRole, reported: Reported, now: datetime
) -> None:
    desk = await as_role("hotline")
    matter = await reported(1)
    late, early = now + 3 * H, now + 2 * H
    await promised(desk, matter, late)
    number = await promised(desk, matter, early)
    await matter.session.refresh(matter.ticket)
    assert matter.ticket.call_promised_at == early
    await matter.post(desk, f"call_promises/{number}/kept")
    await matter.session.refresh(matter.ticket)
    assert matter.ticket.call_promised_at == late


async def test_it_is_said_once_to_whoever_promised_and_ten_minutes_later_to_the_leads(
    session: AsyncSession, browser_of: BrowserOf, reported: Reported, now: datetime
) -> None:
    lead = await make_person(session, role="hotline_lead")
    await make_person(session, role="manager")
    operator = await make_person(session, role="hotline")
    matter = await reported(1)
    at = now + H
    await promised(await browser_of(operator), matter, at)
    assert await watch_calls(session, at - MINUTE) == 0
    assert await watch_calls(session, at) == 1
    assert await watch_calls(session, at + MINUTE) == 0
    assert await told(session, "call.fell_due") == [operator.id]
    assert await told(session, "call.missed") == []
    assert await watch_calls(session, at + 10 * MINUTE) == 1
    assert await watch_calls(session, at + 24 * H) == 0
    assert await told(session, "call.missed") == [lead.id]
    assert (await matter.diary())[-2:] == ["call.fell_due", "call.missed"]


async def test_what_is_kept_before_anybody_was_told_is_told_to_nobody(
    session: AsyncSession, as_role: AsRole, reported: Reported, now: datetime
) -> None:
    desk = await as_role("hotline")
    await make_person(session, role="hotline_lead")
    matter = await reported(1)
    number = await promised(desk, matter, now + H)
    await watch_calls(session, now + H)
    await session.commit()
    await matter.post(desk, f"call_promises/{number}/kept")
    assert await told(session, "call.fell_due") == []
    session.expire_all()
    assert await watch_calls(session, now + 2 * H) == 0
    assert await told(session, "call.missed") == []


async def test_an_ended_ticket_is_watched_no_more(
    session: AsyncSession, as_role: AsRole, reported: Reported, now: datetime
) -> None:
    lead = await as_role("hotline_lead")
    matter = await reported(1)
    await promised(lead, matter, now + H)
    assert (await matter.post(lead, "cancellation", reason="by mistake")).is_success
    assert await watch_calls(session, now + H) == 0
    promise = (await session.scalars(select(CallPromise))).one()
    kept = await matter.post(lead, f"call_promises/{promise.id}/kept")
    assert kept.status_code == 409
    assert matter.ref not in (await lead.get("/callbacks")).text
    assert "call.fell_due" not in await matter.diary()
    closed = await matter.post(lead, "call_promises", at=(now + H).isoformat())
    assert closed.status_code == 409


async def test_closed_and_come_again_nobody_owes_the_old_call(
    as_role: AsRole, reported: Reported, now: datetime
) -> None:
    desk = await as_role("hotline")
    matter = await reported(3)
    assert (await matter.post(desk, "repair", **FIX, at=matter.at(1))).is_success
    await promised(desk, matter, now + H)
    assert (await matter.post(desk, "closure", confirmed_by="Ms Owner")).is_success
    again = await matter.post(desk, "recurrence", reason="dark again")
    assert again.json()["call_promised_at"] is None
    assert "Promised calls" not in (await desk.get("/callbacks")).text


async def test_merged_the_survivor_keeps_what_the_duplicate_promised(
    session: AsyncSession, as_role: AsRole, reported: Reported, now: datetime
) -> None:
    desk = await as_role("hotline")
    survivor = await reported(3)
    project = await session.get_one(Project, survivor.ticket.project_id)
    other = await reported(2, project=project, reporter_name="Mr Two", reporter_phone="13800002222")
    number = await promised(desk, other, now + H)
    joined = await other.post(desk, "duplicate_of", ref=survivor.ref)
    assert joined.is_success, joined.text
    promise = await session.get_one(CallPromise, number, populate_existing=True)
    for each in (survivor, other):
        await session.refresh(each.ticket)
    assert promise.ticket_id == survivor.ticket.id
    assert promise.contact_id == other.ticket.reporter_id
    assert survivor.ticket.call_promised_at == now + H
    assert other.ticket.call_promised_at is None


async def test_on_the_call_screen_a_call_is_promised_for_what_was_just_registered(
    as_role: AsRole, reported: Reported
) -> None:
    desk = await as_role("hotline")
    matter = await reported(0)
    page = (await desk.get(f"/desk/call?opened={matter.ref}")).text
    assert f'action="/tickets/{matter.ref}/call_promises"' in page
    at = (datetime.now(UTC) + 30 * H).strftime("%Y-%m-%dT%H:%M")
    typed = {"call_at": at, "next": f"/desk/call?opened={matter.ref}"}
    sent = await desk.post(f"/tickets/{matter.ref}/call_promises", data=typed)
    assert (sent.status_code, sent.headers["location"]) == (303, typed["next"])
    assert "A call is promised for" in (await desk.get(typed["next"])).text
