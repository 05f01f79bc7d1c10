"""The rota's pages: who sees and who changes what, without JavaScript, in a fixed number of
statements."""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from httpx import AsyncClient
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from tests.desk.test_board import statements
from tests.makers.project import make_project
from tests.makers.rota import make_absence, make_group
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket
from tests.rota.test_plan import duties
from tickets.events import Event
from tickets.rota import actions, queries
from tickets.rota.models import Absence, Duty, ServiceGroup, TurnPlan
from tickets.rota.queries import ZONE
from tickets.rota.rules import DAY, Plan, Turn, local_day
from tickets.staff.models import Person

AsRole = Callable[[str], Awaitable[AsyncClient]]
BrowserOf = Callable[[Person], Awaitable[AsyncClient]]


@pytest.fixture
async def crew(session: AsyncSession, now: datetime) -> tuple[ServiceGroup, list[Person]]:
    group, people = await make_group(session, name="Crew one")
    for n, person in enumerate(people):
        person.phone = f"010-5550-010{n}"
    today = local_day(now, ZONE)
    plan = Plan(Turn.DAILY, tuple(p.id for p in people), today - 3 * DAY)
    await actions.plan_turn(session, group.id, plan, now=now)
    await session.commit()
    return group, people


Crew = tuple[ServiceGroup, list[Person]]


async def test_who_is_on_duty_now_stands_first_with_his_phone(
    session: AsyncSession, as_role: AsRole, crew: Crew, now: datetime
) -> None:
    group, _ = crew
    person = await queries.on_duty(session, group.id, now)
    assert person is not None
    page = (await (await as_role("technician")).get("/rota")).text
    big = page.index("duty-name")
    assert f'href="tel:{person.phone}"' in page[big : big + 500]
    assert "Next on duty:" in page
    assert page.count('aria-current="date"') == 1
    assert "Change the rota" not in page
    assert "Change the rota" in (await (await as_role("hotline_lead")).get("/rota")).text


async def test_any_instant_may_be_asked_for(
    session: AsyncSession, as_role: AsRole, crew: Crew, now: datetime
) -> None:
    group, _ = crew
    later = now + 10 * DAY
    person = await queries.on_duty(session, group.id, later)
    assert person is not None
    browser = await as_role("hotline")
    page = (await browser.get(f"/rota?at={later:%Y-%m-%dT%H:%M}Z")).text
    assert person.name in page[page.index("duty-name") :][:300]
    wrong = await browser.get("/rota?at=yesterday")
    assert wrong.status_code == 422
    assert "This is not a date and time." in wrong.text


async def test_a_gap_is_said_in_words_on_the_calendar_and_on_the_board(
    session: AsyncSession, as_role: AsRole, crew: Crew, now: datetime
) -> None:
    group, people = crew
    lead = await as_role("manager")
    assert "Nobody on duty" not in (await lead.get("/rota")).text
    assert "Nobody on duty" not in (await lead.get("/desk")).text
    tomorrow = local_day(now, ZONE) + DAY
    for person in people:
        await make_absence(session, person, tomorrow, tomorrow)
    await actions.replan(session, group.id, now)
    await session.commit()
    page = (await lead.get("/rota")).text
    assert 'class="duty-gap"' in page
    assert "away: Ann, Bob, Cyd" in page
    assert "Nobody on duty" in (await lead.get("/desk")).text
    assert "Nobody on duty" not in (await (await as_role("hotline")).get("/desk")).text
    await make_person(session, role="manager", group_id=(await make_group(session))[0].id)
    await session.commit()


async def test_one_sees_the_groups_of_ones_role_and_leads_ones_own(
    session: AsyncSession, browser_of: BrowserOf, crew: Crew
) -> None:
    group, _ = crew
    other, _ = await make_group(session, name="Crew two")
    project = await make_project(session, group_id=other.id)
    of_project = await browser_of(
        await make_person(session, role="technician", project_id=project.id)
    )
    lead = await browser_of(await make_person(session, role="manager", group_id=other.id))
    for browser in (of_project, lead):
        page = (await browser.get("/rota")).text
        assert "Crew two" in page
        assert "Crew one" not in page
        assert (await browser.get(f"/rota?group={group.id}")).status_code == 200
    assert (await lead.get(f"/rota/groups/{group.id}")).status_code == 404
    assert (await lead.get(f"/rota/groups/{other.id}")).status_code == 200
    denied = await of_project.post(f"/rota/groups/{other.id}/swaps", data={})
    assert denied.status_code == 403


async def test_who_only_sees_a_group_does_not_change_it(
    session: AsyncSession, browser_of: BrowserOf, crew: Crew
) -> None:
    group, _ = crew
    project = await make_project(session, group_id=group.id)
    browser = await browser_of(await make_person(session, role="manager", project_id=project.id))
    assert "Change the rota" not in (await browser.get("/rota")).text
    assert (await browser.get(f"/rota/groups/{group.id}")).status_code == 403


async def test_a_lead_plans_swaps_and_gives_by_forms(
    session: AsyncSession, as_role: AsRole, now: datetime
) -> None:
    lead = await as_role("hotline_lead")
    group, (ann, bob, _) = await make_group(session)
    await session.commit()
    home = f"/rota/groups/{group.id}"
    assert "No turns are planned yet" in (await lead.get("/rota")).text
    today = local_day(now, ZONE)
    plan = {
        "order": [str(bob.id), str(ann.id), ""],
        "turn": "daily",
        "begins_on": today.isoformat(),
        "handover": "00:00",
        "timezone": ZONE,
    }
    for field, value in (
        ("order", [str(bob.id), str(bob.id)]),
        ("order", []),
        ("turn", "hourly"),
        ("begins_on", "someday"),
        ("handover", "25:99"),
        ("timezone", "Moon/Base"),
    ):
        answer = await lead.post(f"{home}/plan", data=plan | {field: value})
        assert answer.status_code == 422, field
        assert 'class="error"' in answer.text, field
    assert (await lead.post(f"{home}/plan", data=plan)).is_redirect
    row = await session.get_one(TurnPlan, group.id)
    assert row.order == [bob.id, ann.id]
    first, second, third, *_ = await duties(session, group.id)
    assert (first.person_id, second.person_id) == (bob.id, ann.id)
    swap = {"duty": second.id, "with_duty": third.id}
    begun = await lead.post(f"{home}/swaps", data=swap | {"with_duty": first.id})
    assert begun.status_code == 409
    assert "give the rest of it by hand" in begun.text
    assert (await lead.post(f"{home}/swaps", data=swap)).is_redirect
    assert [d.person_id for d in (await duties(session, group.id))[:3]] == [bob.id, bob.id, ann.id]
    give = {
        "person": ann.id,
        "from_at": f"{today + 5 * DAY}T10:00",
        "to_at": f"{today + 5 * DAY}T12:00",
    }
    refused = await lead.post(f"{home}/duties", data=give | {"to_at": f"{today + 5 * DAY}T09:00"})
    assert refused.status_code == 422
    assert "The end must come after the beginning." in refused.text
    assert (await lead.post(f"{home}/duties", data=give)).is_redirect
    given = await duties(session, group.id)
    two_hours = [d for d in given if d.to_at - d.from_at == timedelta(hours=2)]
    assert [d.person_id for d in two_hours] == [ann.id]
    assert "by hand" in (await lead.get("/rota")).text


async def test_a_technician_enters_his_own_absence_and_no_others(
    session: AsyncSession, browser_of: BrowserOf, crew: Crew, now: datetime
) -> None:
    group, (ann, bob, _) = crew
    browser = await browser_of(ann)
    today = local_day(now, ZONE)
    project = await make_project(session, group_id=group.id)
    ticket = await make_ticket(session, project=project, now=now)
    ticket.technician_id = ann.id
    await session.commit()
    page = (await browser.get(f"/rota/absences?from_on={today + DAY}")).text
    assert re.search(r"1 open tickets of Crew one go to (Bob|Cyd)", page)
    form = {"person": ann.id, "from_on": str(today + DAY), "to_on": str(today), "reason": "sick"}
    wrong = await browser.post("/rota/absences", data=form)
    assert wrong.status_code == 422
    assert "The last day must not come before the first." in wrong.text
    form["to_on"] = str(today + 2 * DAY)
    other = await browser.post("/rota/absences", data=form | {"person": bob.id})
    assert other.status_code == 403
    assert (await browser.post("/rota/absences", data=form)).is_redirect
    (absence,) = (await session.scalars(select(Absence))).all()
    assert (absence.person_id, absence.added_by_id) == (ann.id, ann.id)
    denied = await browser.post(f"/rota/groups/{group.id}/duties", data={})
    assert denied.status_code == 403
    stranger = await browser_of(bob)
    assert ">sick</span>" in (await browser.get("/rota/absences")).text
    seen = (await stranger.get("/rota/absences")).text
    assert "<h2>Ann</h2>" in seen
    assert ">sick</span>" not in seen  # why he is away is no colleague's business
    end = f"/rota/absences/{absence.id}/end"
    assert (await stranger.post(end, data={})).status_code == 403
    assert (await browser.post(end, data={})).is_redirect
    assert (await browser.post(end, data={})).status_code == 409
    assert "Nobody is away" in (await browser.get("/rota/absences")).text


async def test_a_lead_of_another_group_enters_no_absence_here(
    session: AsyncSession, browser_of: BrowserOf, crew: Crew, now: datetime
) -> None:
    _, (ann, *_) = crew
    other, (dan, *_) = await make_group(session)
    lead = await browser_of(await make_person(session, role="hotline_lead", group_id=other.id))
    today = str(local_day(now, ZONE))
    form = {"person": ann.id, "from_on": today, "to_on": today, "reason": "leave"}
    assert (await lead.post("/rota/absences", data=form)).status_code == 403
    assert (await lead.post("/rota/absences", data=form | {"person": dan.id})).is_redirect


async def test_the_number_of_statements_does_not_grow_with_groups_or_people(
    session: AsyncSession, connection: AsyncConnection, as_role: AsRole, crew: Crew, now: datetime
) -> None:
    browser = await as_role("manager")
    await browser.get("/rota")
    with statements(connection) as for_one:
        assert (await browser.get("/rota")).status_code == 200
    for _ in range(4):
        group, people = await make_group(session)
        plan = Plan(Turn.WEEKLY, tuple(p.id for p in people), local_day(now, ZONE))
        await actions.plan_turn(session, group.id, plan, now=now)
    await session.commit()
    with statements(connection) as for_five:
        assert (await browser.get("/rota")).text.count("duty-now") == 5
    # Who asks; groups with who is on duty; duties; people; absences; the calendar's address.
    assert len(for_one) == len(for_five) == 6, "\n".join(for_five)


async def test_the_calendar_is_read_by_its_secret_until_it_is_renewed_or_taken_away(
    session: AsyncSession, browser_of: BrowserOf, crew: Crew
) -> None:
    _, (ann, *_) = crew
    browser = await browser_of(ann)
    assert ".ics" not in (await browser.get("/rota")).text
    addresses = []
    for _ in range(2):
        assert (await browser.post("/rota/calendar")).is_redirect
        page = (await browser.get("/rota")).text
        (address,) = re.findall(r'value="http[^"]*(/rota/[^"]+\.ics)"', page)
        addresses.append(address)
    old, new = addresses
    browser.cookies.clear()
    assert (await browser.get(old)).status_code == 404
    answer = await browser.get(new)
    assert answer.headers["content-type"].startswith("text/calendar")
    file = answer.text
    mine = (await session.scalars(select(Duty).where(Duty.person_id == ann.id))).all()
    assert file.count("BEGIN:VEVENT") == len(mine)
    assert "SUMMARY:On duty: Crew one" in file
    uids = re.findall(r"UID:(.+)\r", file.replace("\r\n ", ""))
    assert len(set(uids)) == len(uids)
    again = (await browser.get(new)).text
    assert re.findall(r"UID:(.+)\r", again.replace("\r\n ", "")) == uids
    ann.retired_at = datetime.now(UTC)
    await session.commit()
    assert (await browser.get(new)).status_code == 404
    assert (await browser.get("/rota/no-such-secret.ics")).status_code == 404


async def test_an_address_that_was_taken_away_shows_nothing(
    session: AsyncSession, browser_of: BrowserOf, crew: Crew
) -> None:
    _, (ann, *_) = crew
    browser = await browser_of(ann)
    await browser.post("/rota/calendar")
    secret = await queries.calendar_secret(session, ann.id)
    assert (await browser.get(f"/rota/{secret}.ics")).status_code == 200
    assert (await browser.post("/rota/calendar/departure")).is_redirect
    assert (await browser.get(f"/rota/{secret}.ics")).status_code == 404
    kinds = select(func.count()).select_from(Event).where(Event.kind.like("calendar.%"))
    assert await session.scalar(kinds) == 2


async def test_every_page_is_there_in_chinese(
    session: AsyncSession, browser_of: BrowserOf, crew: Crew
) -> None:
    group, _ = crew
    browser = await browser_of(await make_person(session, role="admin", locale="zh-CN"))
    for path, word in (
        ("/rota", "当前值班"),
        (f"/rota/groups/{group.id}", "调班"),
        ("/rota/absences", "登记请假"),
    ):
        page = await browser.get(path)
        assert page.status_code == 200
        assert word in page.text


async def test_programs_ask_who_is_on_duty(
    session: AsyncSession, as_role: AsRole, crew: Crew, now: datetime
) -> None:
    group, people = crew
    client = await as_role("hotline")
    person = await queries.on_duty(session, group.id, now)
    follows = await queries.next_on_duty(session, group.id, now, [])
    assert person is not None
    assert follows is not None
    told = (await client.get("/api/v1/rota")).json()
    (item,) = told["items"]
    assert item["group"] == "Crew one"
    assert item["on_duty"] == {"id": person.id, "name": person.name, "phone": person.phone}
    assert item["next"]["id"] == follows.id
    assert item["until"] == item["next_from"]
    params: dict[str, str | int] = {"group": group.id, "at": "2020-01-01T00:00:00Z"}
    before = (await client.get("/api/v1/rota", params=params)).json()
    assert before["items"][0]["on_duty"] is None
    for wrong in ("2026-01-01T00:00:00", "soon"):
        answer = await client.get("/api/v1/rota", params={"at": wrong})
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
    assert (await client.get("/api/v1/rota", params={"group": 2**31 - 1})).status_code == 404
    listed = (await client.get("/api/v1/groups", params={"limit": 1})).json()
    assert [m["name"] for m in listed["items"][0]["members"]] == ["Ann", "Bob", "Cyd"]
    assert listed["items"][0]["missing"] == 0
    assert listed["next"] is None
    await make_group(session)
    await session.commit()
    first = (await client.get("/api/v1/groups", params={"limit": 1})).json()
    second = (await client.get("/api/v1/groups", params={"cursor": first["next"]})).json()
    assert len(second["items"]) == 1
    owner = await as_role("owner")
    assert (await owner.get("/api/v1/rota")).status_code == 403
    assert people
