"""Who hears of a ticket, and who next if nobody says that he did (rules.md §5)."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from httpx import ASGITransport, AsyncClient
from sqlalchemy import select

from tests.makers.project import make_project
from tests.makers.ticket import who_of
from tests.ticket.night import MIN, H, Night
from tickets.app import create_app
from tickets.notice.models import Alert, Notice
from tickets.rota.models import Duty
from tickets.sla.rules import ActKind, PauseReason, Result
from tickets.staff.models import Person
from tickets.staff.rules import Role
from tickets.ticket import actions, queries
from tickets.ticket.rules import Rung, Severity, climbs, heard_by, next_morning, next_rung, rung_of
from workers.post import send_notices

# --- the rules ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("threshold", "is_first", "rung"),
    [
        ("open", False, Rung.ON_DUTY),
        ("50", True, Rung.NEXT),
        ("75", False, Rung.LEAD),
        ("breach", False, Rung.MANAGERS),
        ("+24h", False, Rung.MANAGERS),
    ],
)
def test_each_threshold_is_heard_up_to_its_rung(threshold: str, is_first: bool, rung: Rung) -> None:
    assert rung_of(threshold, is_first=is_first) is rung


def test_the_warnings_of_days_are_read_in_the_morning_and_everything_else_is_called_out() -> None:
    assert climbs("response", 1 * H, "50")
    assert climbs("make_safe", 2 * H, "75")
    assert climbs("repair", 48 * H, "breach")
    assert climbs("arrival", 48 * H, "+24h")
    assert not climbs("arrival", 48 * H, "50")
    assert not climbs("repair", 48 * H, "75")


def test_what_breaks_before_the_next_morning_is_read_is_called_out() -> None:
    assert climbs("arrival", 4 * H, "50")
    assert climbs("repair", 24 * H - MIN, "75")
    assert not climbs("repair", 24 * H, "75")


def test_the_next_on_the_rota_hears_it_where_minutes_count() -> None:
    assert Rung.NEXT in heard_by("response", 1 * H, "S3", Rung.LEAD)
    assert Rung.NEXT in heard_by("repair", 48 * H, "S1", Rung.MANAGERS)
    assert Rung.NEXT in heard_by("repair", 4 * H, "S3", Rung.MANAGERS)
    assert Rung.NEXT not in heard_by("repair", 48 * H, "S3", Rung.MANAGERS)


def test_an_s1_goes_to_everyone_at_once_and_others_climb_to_the_managers() -> None:
    assert next_rung("S1", Rung.ON_DUTY) is Rung.EVERYONE
    assert next_rung("S1", Rung.EVERYONE) is Rung.EVERYONE
    steps = [next_rung("S3", rung) for rung in (Rung.ON_DUTY, Rung.NEXT, Rung.LEAD, Rung.MANAGERS)]
    assert steps == [Rung.NEXT, Rung.LEAD, Rung.MANAGERS, None]


def test_the_morning_is_that_of_the_lamps() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    night = datetime(2026, 11, 25, 2, 0, tzinfo=zone)
    assert next_morning(night, "Asia/Shanghai") == datetime(2026, 11, 25, 7, 30, tzinfo=zone)
    noon = datetime(2026, 11, 25, 12, 0, tzinfo=zone)
    assert next_morning(noon, "Asia/Shanghai") == datetime(2026, 11, 26, 7, 30, tzinfo=zone)


# --- the night ------------------------------------------------------------------------------


async def test_a_new_ticket_is_his_who_is_on_duty_and_he_alone_hears_it(night: Night) -> None:
    ticket = await night.report()
    assert ticket.technician_id == night.zhang.id
    assert await night.heard("open") == {"张"}
    notice = (await night.session.scalars(select(Notice))).one()
    assert notice.reach == "urgent"
    assert notice.answer_key


async def test_the_ladder_of_the_response_is_climbed_at_its_thresholds(night: Night) -> None:
    ticket = await night.report()
    await actions.acknowledge(night.session, ticket, by_id=night.zhang.id, now=night.start)
    await night.at(30)
    assert await night.heard("50") == {"张", "李"}
    await actions.acknowledge(night.session, ticket, by_id=night.zhang.id, now=night.start)
    await night.at(45)
    assert await night.heard("75") == {"张", "李", "lead"}
    await actions.acknowledge(night.session, ticket, by_id=night.zhang.id, now=night.start)
    await night.at(61)
    assert await night.heard("breach") == {"张", "李", "lead", "manager"}
    assert await night.kinds() == ["alert.acknowledged"] * 3


async def test_not_acknowledged_in_ten_minutes_the_next_rung_hears_it(night: Night) -> None:
    await night.report()
    await night.at(9)
    assert await night.heard("open") == {"张"}
    await night.at(11)
    assert await night.heard("open") == {"张", "李"}
    await night.at(22)
    assert await night.heard("open") == {"张", "李", "lead"}
    # A second look, and a second worker, change nothing.
    await night.at(22)
    assert (await night.kinds()).count("alert.climbed") == 2


async def test_acknowledged_it_climbs_no_further_and_a_response_does_as_well(night: Night) -> None:
    first, second = await night.report(), await night.report()
    assert await actions.acknowledge(
        night.session, first, by_id=night.zhang.id, now=night.start + MIN
    )
    assert not await actions.acknowledge(
        night.session, first, by_id=night.li.id, now=night.start + 2 * MIN
    )
    who = who_of(night.zhang.id, Role.TECHNICIAN)
    found = await queries.find(night.session, who, second.ref, lock=True)
    await actions.perform(
        night.session,
        found,
        ActKind.RESPONSE,
        who=who,
        at=night.start + MIN,
        now=night.start + MIN,
    )
    await night.consequences()
    await night.at(25)
    assert await night.heard("open") == {"张"}


async def test_an_s1_nobody_acknowledges_goes_to_everyone_until_somebody_does(
    night: Night,
) -> None:
    ticket = await night.report(fault="LEAK")
    assert ticket.severity == Severity.S1
    assert await night.heard("open") == {"张"}
    await night.at(11)
    everybody = {"张", "李", "lead", "manager"}
    assert everybody <= await night.heard("open.1")
    reach = await night.session.scalars(select(Notice.reach).where(Notice.threshold == "open.1"))
    assert set(reach) == {"everywhere"}
    await night.at(22)
    assert everybody <= await night.heard("open.2")
    await actions.acknowledge(
        night.session, ticket, by_id=night.lead.id, now=night.start + 23 * MIN
    )
    await night.at(29)
    assert await night.heard("open.3") == set()


async def test_nobody_on_duty_falls_through_at_once(night: Night) -> None:  # E12
    for duty in await night.session.scalars(select(Duty)):
        await night.session.delete(duty)
    await night.session.flush()
    ticket = await night.report()
    assert ticket.technician_id is None
    assert await night.heard("open") == {"lead"}


async def test_a_hole_in_the_rota_is_filled_by_whoever_comes_next(night: Night) -> None:
    duty = (await night.session.scalars(select(Duty).where(Duty.person_id == night.zhang.id))).one()
    duty.to_at = night.start - MIN
    await night.session.flush()
    await night.report()
    assert await night.heard("open") == {"李"}


async def test_a_warning_of_days_is_one_line_of_the_mornings_list(night: Night) -> None:
    ticket = await night.report()
    await actions.acknowledge(night.session, ticket, by_id=night.zhang.id, now=night.start)
    await night.at(24 * 60 + 1)
    rows = (
        await night.session.scalars(
            select(Notice).where(Notice.threshold == "50", Notice.reach == "list")
        )
    ).all()
    assert {(n.person_id, n.facts["promise"]) for n in rows} == {
        (person.id, promise)
        for person in (night.zhang, night.lead)
        for promise in ("arrival", "repair")
    }
    assert all(n.not_before and n.not_before > n.created_at for n in rows)
    assert all(n.alert_id is None for n in rows)


@pytest.mark.parametrize("fault", ["LEAK", "OUT_ONE"])
async def test_a_warning_of_hours_is_called_out_and_climbs(night: Night, fault: str) -> None:
    night.project = await make_project(
        night.session, group_id=night.project.group_id, terms={"arrival_hours": 4}
    )
    ticket = await night.report(fault=fault)
    await actions.acknowledge(night.session, ticket, by_id=night.zhang.id, now=night.start)
    await night.at(121)
    assert await night.heard("50", "arrival") == {"张", "李"}
    await actions.acknowledge(night.session, ticket, by_id=night.zhang.id, now=night.start)
    await night.at(181)
    assert await night.heard("75", "arrival") == {"张", "李", "lead"}
    await night.at(24 * 60 + 1)
    rows = (
        await night.session.scalars(select(Notice).where(Notice.threshold.in_(("50", "75"))))
    ).all()
    reach = {(notice.facts["promise"], notice.reach) for notice in rows}
    assert reach >= {("arrival", "urgent"), ("repair", "list")}
    assert not reach & {("arrival", "list"), ("repair", "urgent")}


async def test_after_an_outage_one_late_notice_per_clock_and_person(night: Night) -> None:
    await night.report(reported_at=night.start - 80 * H)
    await night.at(0)
    await night.at(1)
    assert await night.heard("+72h") >= {"张", "manager"}
    assert await night.heard("breach") == set()
    assert await night.heard("50") == set()
    notice = (
        await night.session.scalars(
            select(Notice).where(Notice.threshold == "+72h", Notice.person_id == night.zhang.id)
        )
    ).one()
    assert notice.facts["late"] is True


async def test_an_open_breach_is_brought_to_mind_every_day_until_it_is_done(night: Night) -> None:
    ticket = await night.report()
    for hour in range(0, 75):
        await actions.acknowledge(night.session, ticket, by_id=night.lead.id, now=night.start)
        await night.at(hour * 60 + 1)
    assert await night.heard("+24h") >= {"manager"}
    assert await night.heard("+48h") >= {"manager"}
    assert await night.heard("+24h", "repair") >= {"manager"}
    assert await night.heard("+48h", "repair") == set()


async def test_a_pause_silences_and_what_was_said_is_not_said_again(night: Night) -> None:
    ticket = await night.report()
    await actions.acknowledge(night.session, ticket, by_id=night.zhang.id, now=night.start)
    await night.at(25 * 60)
    before = len((await night.session.scalars(select(Notice.id))).all())
    who = who_of(night.manager.id, Role.MANAGER)
    begins = night.start + 26 * H
    await actions.pause(
        night.session,
        who,
        ticket.ref,
        reason=PauseReason.NO_ACCESS,
        evidence="locked",
        from_at=begins,
        to_at=None,
        now=begins,
    )
    await night.at(40 * 60)
    after = (await night.session.scalars(select(Notice).order_by(Notice.id))).all()
    assert [n.threshold for n in after[before:] if n.facts.get("promise") == "repair"] == []


# --- the doors ------------------------------------------------------------------------------


async def test_the_page_says_that_nobody_has_heard_and_the_button_says_that_somebody_did(
    night: Night, browser_of: Callable[[Person], Awaitable[AsyncClient]]
) -> None:
    ticket = await night.report()
    browser = await browser_of(night.lead)
    page = (await browser.get(f"/tickets/{ticket.ref}")).text
    assert f'action="/tickets/{ticket.ref}/acknowledgement"' in page
    csrf = page.split('name="csrf" value="')[1].split('"')[0]
    answer = await browser.post(f"/tickets/{ticket.ref}/acknowledgement", data={"csrf": csrf})
    assert answer.status_code == 303
    page = (await browser.get(f"/tickets/{ticket.ref}")).text
    assert "/acknowledgement" not in page
    alert = (await night.session.scalars(select(Alert))).one()
    await night.session.refresh(alert)
    assert alert.acknowledged_by_id == night.lead.id


async def test_the_link_of_a_message_shows_first_and_acknowledges_only_when_pressed(
    night: Night,
) -> None:
    await night.report()
    await send_notices({})
    notice = (await night.session.scalars(select(Notice))).one()
    async with AsyncClient(transport=ASGITransport(create_app()), base_url="http://test") as door:
        link = f"/a/{notice.answer_key}"
        shown = await door.get(link)
        assert shown.status_code == 200
        assert "13912345678" not in shown.text
        alert = (await night.session.scalars(select(Alert))).one()
        await night.session.refresh(alert)
        assert alert.acknowledged_at is None
        pressed = await door.post(link, headers={"Sec-Fetch-Site": "same-origin"})
        assert pressed.status_code == 303
        assert "张" in (await door.get(link)).text
        await night.session.refresh(alert)
        assert alert.acknowledged_by_id == night.zhang.id
        assert (await door.get("/a/no-such-key-at-all")).status_code == 404


async def test_programs_acknowledge_too_and_owners_cannot(
    night: Night, as_role: Callable[[str], Awaitable[AsyncClient]]
) -> None:
    ticket = await night.report()
    url = f"/api/v1/tickets/{ticket.ref}/acknowledgement"
    assert (await (await as_role("owner")).post(url)).status_code in (403, 404)
    lead = await as_role("hotline_lead")
    assert (await lead.post(url)).json() == {"acknowledged": 1}
    assert (await lead.post(url)).json() == {"acknowledged": 0}


async def test_what_was_called_out_after_the_page_was_shown_is_not_heard_on_it(
    night: Night, browser_of: Callable[[Person], Awaitable[AsyncClient]]
) -> None:
    ticket = await night.report()
    phone = await browser_of(night.zhang)
    page = (await phone.get(f"/round/{ticket.ref}")).text
    seen = int(page.split('name="upto" value="')[1].split('"')[0])
    await night.at(30)  # a threshold more
    alerts = list(await night.session.scalars(select(Alert).order_by(Alert.id)))
    assert (alerts[0].id, len(alerts)) == (seen, 2)
    url = f"/api/v1/tickets/{ticket.ref}/acknowledgement"
    assert (await phone.post(url, json={"upto": seen})).json() == {"acknowledged": 1}
    await phone.post(f"/tickets/{ticket.ref}/acknowledgement", data={"upto": str(seen)})
    for alert in alerts:
        await night.session.refresh(alert)
    assert [alert.acknowledged_by_id for alert in alerts] == [night.zhang.id, None]
    assert f'name="upto" value="{alerts[1].id}"' in (await phone.get("/round")).text
    assert (await phone.post(url, json={"upto": alerts[1].id})).json() == {"acknowledged": 1}
    assert (await phone.post(url, json={"upto": 0})).status_code == 422


async def test_the_technician_says_it_with_one_thumb(
    night: Night, browser_of: Callable[[Person], Awaitable[AsyncClient]]
) -> None:
    ticket = await night.report()
    phone = await browser_of(night.zhang)
    for page in ("/round", f"/round/{ticket.ref}"):
        assert f'action="/tickets/{ticket.ref}/acknowledgement"' in (await phone.get(page)).text
    url = f"/tickets/{ticket.ref}/acknowledgement"
    answer = await phone.post(url, data={"next": "/round"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/round")
    assert "/acknowledgement" not in (await phone.get("/round")).text


async def test_every_page_says_that_nobody_has_acknowledged_a_danger(
    night: Night, browser_of: Callable[[Person], Awaitable[AsyncClient]]
) -> None:
    ticket = await night.report(fault="LEAK")
    browser = await browser_of(night.manager)
    words = "nobody has acknowledged: everyone is being called"
    assert words not in (await browser.get("/projects")).text
    await night.at(11)
    assert words in (await browser.get("/projects")).text
    await browser.post(f"/tickets/{ticket.ref}/acknowledgement")
    assert words not in (await browser.get("/projects")).text


async def test_the_mornings_list_says_only_what_still_waits(night: Night) -> None:
    first, second = await night.report(), await night.report()
    await night.at(24 * 60 + 1)
    who = who_of(night.zhang.id, Role.TECHNICIAN)
    found = await queries.find(night.session, who, first.ref, lock=True)
    at = night.start + 25 * H
    await actions.perform(
        night.session,
        found,
        ActKind.REPAIR,
        who=who,
        at=at,
        now=at,
        on_site=True,
        result=Result.FIXED,
    )
    for notice in await night.session.scalars(select(Notice).where(Notice.reach == "list")):
        notice.not_before = None
    await night.session.commit()
    await send_notices({})
    asked = select(Notice).where(
        Notice.reach == "list", Notice.person_id == night.zhang.id, Notice.told_with_id.is_(None)
    )
    told = (await night.session.scalars(asked.execution_options(populate_existing=True))).one()
    assert second.ref in str(told.body)
    assert first.ref not in str(told.body)


async def test_the_inbox_has_the_button_too(
    night: Night, browser_of: Callable[[Person], Awaitable[AsyncClient]]
) -> None:
    ticket = await night.report()
    await send_notices({})
    browser = await browser_of(night.zhang)
    url = f"/tickets/{ticket.ref}/acknowledgement"
    assert f'action="{url}"' in (await browser.get("/inbox")).text
    answer = await browser.post(url, data={"next": "/inbox"})
    assert answer.headers["location"] == "/inbox"
    assert url not in (await browser.get("/inbox")).text
