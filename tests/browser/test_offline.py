"""The phone without a line: nothing is lost, nothing doubled, every instant is kept."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser, FilePayload, Page, expect
from sqlalchemy import delete, func, select, update

from tests.browser.held import deliver, hold, notes, person_of, settled, version
from tests.browser.phone import (
    Phone,
    acts_of,
    called_out,
    fault,
    phone_of,
    queue,
    ready,
    sign_in_row,
    technician,
)
from tests.browser.wire import Fate, Wire, bad_line
from tests.makers.visit import make_jpeg
from tickets.events import Event
from tickets.media import Photo
from tickets.notice.models import Alert
from tickets.project.models import Project, Terms
from tickets.sla import actions as sla
from tickets.sla.models import Clock, Pause
from tickets.staff import signed_in
from tickets.staff.models import Person, SignIn
from tickets.ticket.models import Ticket, TicketPhoto
from tickets.visit.models import Measurement

pytestmark = pytest.mark.browser
SECOND = timedelta(seconds=1)


@pytest.fixture
async def phone(
    house: Any, chromium: Browser, chromium_path: str | None, tmp_path: Path
) -> AsyncIterator[Phone]:
    """`chromium` is asked for so that a machine without one skips."""
    async with phone_of(house, chromium_path, tmp_path / "profile") as phone:
        yield phone
    assert phone.troubles == []


def photo(colour: str, width: int = 640) -> FilePayload:
    content = make_jpeg(colour=colour, width=width, height=width * 3 // 4)
    return {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": content}


async def open_round(phone: Phone) -> Page:
    page = await phone.start()
    await page.goto(f"{phone.url}/round")
    await ready(page)
    return page


async def step(page: Page, name: str) -> None:
    """Open a step, if the page has not."""
    details = page.locator(f"#step-{name}")
    await expect(details).to_be_visible()
    if await details.get_attribute("open") is None:
        await details.locator("summary").first.click()


async def send(page: Page, act: str) -> None:
    before = len(await queue(page))
    await page.locator(f"#form-{act} > button[type=submit]").click()
    for _ in range(150):
        if len(await queue(page)) > before:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{act} was not written down")


async def test_a_round_wholly_offline_with_the_process_killed_twice(
    house: Any, phone: Phone
) -> None:
    """E26, E27: delivered once each, with their instants; a breach that was none is withdrawn."""
    async with bad_line(house.url) as wire:
        phone.url = wire.url
        async with terms_asking(house, photos_before=1, photos_after=1):
            await _offline_day(house, phone, wire)


def cut(method: str, path: str) -> Fate:
    return "reset"


def whole(method: str, path: str) -> Fate:
    return "pass"


async def _offline_day(house: Any, phone: Phone, wire: Wire) -> None:
    promised = await fault(house, hours=1 - 25 / 3600)  # its response breaks in half a minute
    other, third = await fault(house, hours=2), await fault(house, hours=2)
    await open_round(phone)
    await phone.close()
    wire.decide = cut
    page = await phone.start()
    await page.goto(f"{phone.url}/round/{promised}")
    await expect(page.locator("#form-answer .time >> nth=1")).to_be_visible()
    await page.click("#form-answer .time >> nth=1")
    await send(page, "answer")
    await expect(page.locator("#held li.waiting")).to_have_count(1)
    await expect(page.locator("#step-answer")).to_be_hidden()
    await phone.kill()

    page = await phone.start()
    await page.goto(f"{phone.url}/round/{promised}")
    await expect(page.locator("#held li.waiting")).to_have_count(1)
    await expect(page.locator("#step-answer")).to_be_hidden()
    await page.locator('.thumb [form="form-departure"]').click()
    await expect(page.locator("#held li")).to_have_count(2)
    await page.locator('.thumb [form="form-arrival"]').click()
    await expect(page.locator("#held li")).to_have_count(3)
    await step(page, "repair")
    await page.select_option("#form-repair [name=cause]", "C_PRODUCT")
    await page.fill("#form-repair textarea", "更换驱动电源")
    await measured(page)
    # The terms ask for one of each; that is said here, and not hours later.
    await page.locator("#form-repair > button[type=submit]").click()
    await expect(page.locator("#form-repair .held-error")).to_contain_text("1")
    for moment, colour in (("before", "navy"), ("after", "olive")):
        camera = f"#form-repair [data-moment={moment}] input[capture]"
        await page.set_input_files(camera, photo(colour, 3000))
    await send(page, "repair")
    await signed(page, "王工")
    await page.goto(f"{phone.url}/round/{other}")
    await step(page, "make_safe")
    await page.fill("#form-made_safe textarea", "断电上锁")
    await page.fill("#form-made_safe [name=isolated]", "DB03 三号回路")
    await send(page, "made_safe")
    await step(page, "appoint")
    await page.fill("#form-appointment [name=for_at]", tomorrow())
    await send(page, "appointment")
    await step(page, "pause")
    await page.check('#form-pause [value="no_access"]')
    await page.fill("#form-pause textarea", "大门锁着")
    await send(page, "pause")
    await step(page, "pause_end")
    await asyncio.sleep(1.1)
    await send(page, "pause-end")
    await step(page, "note")
    await page.fill("#form-note textarea", "缺梯子")
    await send(page, "note")
    await page.goto(f"{phone.url}/round/{third}")
    await step(page, "answer")
    await send(page, "answer")
    await step(page, "hand_back")  # his only since the press before, and nobody knows it yet
    await page.check('#form-handback [value="parts"]')
    await send(page, "handback")
    await expect(page.locator("#steps > details:visible")).to_have_count(1)
    await phone.kill()

    async with house.room() as session:
        due = await session.scalar(
            select(Clock.due_at)
            .join(Ticket, Ticket.id == Clock.ticket_id)
            .where(Ticket.ref == promised, Clock.promise == "response")
        )
    while datetime.now(UTC) <= due:
        await asyncio.sleep(0.5)
    async with house.room() as session:
        await sla.breach_overdue(session, datetime.now(UTC))
    wire.decide = whole
    page = await phone.start()
    await page.goto(f"{phone.url}/round/queue")
    held = await settled(page)
    assert [act["state"] for act in held] == ["received"] * 12, [a["answer"] for a in held]
    assert [act["kind"] for act in held] == OF_THE_DAY

    acts = await acts_of(house, promised)
    assert [act.kind for act in acts] == ["response", "arrival", "repair"]
    told = {act["id"]: act for act in held}
    for act in acts:
        assert abs(act.at - datetime.fromisoformat(told[str(act.key)]["at"])) < 2 * SECOND
        assert act.received_at - act.at > SECOND
    assert {act.kind for act in await acts_of(house, other)} == {"made_safe"}
    await of_the_day(house, promised, other, third)
    async with house.room() as session:
        ticket = (await session.scalars(select(Ticket).where(Ticket.ref == promised))).one()
        clock = (
            await session.scalars(
                select(Clock).where(Clock.ticket_id == ticket.id, Clock.promise == "response")
            )
        ).one()
        assert clock.met_at == acts[0].at
        assert clock.breached_at is None
        kinds = list(
            await session.scalars(
                select(Event.kind).where(Event.ticket_id == ticket.id).order_by(Event.id)
            )
        )
        assert "clock.breached" in kinds
        assert kinds.index("clock.breach_withdrawn") > kinds.index("clock.breached")
        moments = select(Photo.moment).join(TicketPhoto, TicketPhoto.photo_id == Photo.id)
        kept = await session.scalars(moments.where(TicketPhoto.ticket_id == ticket.id))
        assert sorted(kept) == ["after", "before", "other"]  # the signature is one, too


OF_THE_DAY = [
    *("answer", "departure", "arrival", "repair", "signature"),
    *("made_safe", "appointment", "pause", "pause-end", "note"),
    *("answer", "handback"),
]


async def measured(page: Page) -> None:
    await page.locator("#form-repair details.parts summary").last.click()
    await page.locator("#form-repair [name=measure_before]").first.fill("0.2")
    await page.locator("#form-repair [name=measure_after]").first.fill("12,5")


async def signed(page: Page, name: str) -> None:
    """With a finger on the glass."""
    await step(page, "sign")
    await page.fill("#form-signature [name=name]", name)
    await page.locator("#form-signature > button[type=submit]").click()
    await expect(page.locator("#form-signature .held-error")).to_be_visible()  # nothing is drawn
    canvas = page.locator("#form-signature canvas")
    await canvas.scroll_into_view_if_needed()
    box = await canvas.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + 20, box["y"] + 30)
    await page.mouse.down()
    for n in range(12):
        await page.mouse.move(box["x"] + 20 + n * 15, box["y"] + 30 + (n % 3) * 20)
    await page.mouse.up()
    await send(page, "signature")


def tomorrow() -> str:
    return f"{datetime.now(ZoneInfo('Asia/Shanghai')) + timedelta(days=1):%Y-%m-%dT%H:%M}"


@asynccontextmanager
async def terms_asking(house: Any, **numbers: int) -> AsyncIterator[None]:
    """As long as it lasts: other tests share the project."""
    began = datetime(2026, 1, 1, tzinfo=UTC)
    async with house.room() as session:
        project = (await session.scalars(select(Project).where(Project.code == "BJ-01"))).one()
        session.add(Terms(project_id=project.id, valid_from=began, numbers=numbers))
    try:
        yield
    finally:
        async with house.room() as session:
            await session.execute(delete(Terms).where(Terms.valid_from == began))


async def of_the_day(house: Any, promised: str, other: str, third: str) -> None:
    """What the acts without a clock of their own left behind, each once."""
    async with house.room() as session:
        refs = {promised: 0, other: 0, third: 0}
        rows = await session.execute(
            select(Ticket.ref, Event.kind, func.count())
            .join(Ticket, Ticket.id == Event.ticket_id)
            .where(Ticket.ref.in_(refs))
            .group_by(Ticket.ref, Event.kind)
        )
        times = {(ref, kind): number for ref, kind, number in rows}
        for ref, kind in (
            (promised, "ticket.departed"),
            (promised, "ticket.signed"),
            (other, "appointment.made"),
            (other, "ticket.noted"),
            (third, "ticket.handed_back"),
        ):
            assert times[ref, kind] == 1, kind
        found = await session.execute(select(Measurement.before, Measurement.after))
        assert [(str(a.normalize()), str(b.normalize())) for a, b in found] == [("0.2", "12.5")]
        pauses = await session.scalars(
            select(Pause).join(Ticket, Ticket.id == Pause.ticket_id).where(Ticket.ref == other)
        )
        (pause,) = pauses
        assert pause.to_at is not None
        back = (await session.scalars(select(Ticket).where(Ticket.ref == third))).one()
        assert back.technician_id is None


async def test_it_opens_from_the_home_screen_without_network(house: Any, phone: Phone) -> None:
    ref = await fault(house)
    page = await open_round(phone)
    assert phone.context is not None
    await phone.context.set_offline(True)
    await page.close()
    page = await phone.context.new_page()
    await page.goto(f"{phone.url}/round")
    await expect(page.locator(f'a.whole[href="/round/{ref}"]')).to_be_visible()
    await expect(page.locator(".phone-bar .brand")).to_contain_text("无网络")
    await page.click(f'a.whole[href="/round/{ref}"]')
    await expect(page.locator("#steps")).to_be_visible()
    await page.goto(f"{phone.url}/round/T-20200101-0001")
    await expect(page.locator(".empty-title")).to_contain_text("没有网络")
    # The line comes back while the page is open: what waited goes out by itself.
    await page.goto(f"{phone.url}/round/{ref}")
    await step(page, "arrive")
    await send(page, "arrival")
    await expect(page.locator("#held li.waiting")).to_have_count(1)
    await phone.context.set_offline(False)
    await expect(page.locator("#held li.received")).to_have_count(1)
    assert [act.kind for act in await acts_of(house, ref)] == ["arrival"]


async def test_signing_out_takes_the_pages_away_and_leaves_the_queue(
    house: Any, phone: Phone
) -> None:
    ref = await fault(house)
    async with bad_line(house.url) as wire:
        phone.url = wire.url
        page = await open_round(phone)
        wire.decide = lambda method, path: 500 if path.startswith("/api/") else "pass"
        await hold(page, await person_of(page), ref, {"arrival": {}})
        await page.goto(f"{wire.url}/round")
        await page.click(".phone-bar .menu summary")
        await page.click('form[action="/logout"] button')
        await page.wait_for_url("**/login")
        names = await page.evaluate("caches.keys()")
        assert [name for name in names if not name.startswith("shell-")] == []
        assert [act["state"] for act in await queue(page)] == ["waiting"]


async def test_a_refused_act_stays_in_sight_and_holds_up_none(house: Any, phone: Phone) -> None:
    ref, other = await fault(house), await fault(house)
    page = await open_round(phone)
    await page.goto(f"{phone.url}/round/{ref}")
    async with house.room() as session:  # meanwhile somebody cancels it at the desk
        await session.execute(
            update(Ticket)
            .where(Ticket.ref == ref)
            .values(status="cancelled", is_open=False, closed_at=datetime.now(UTC))
        )
    await page.locator("#step-arrive summary").first.click()
    await send(page, "arrival")
    await hold(page, await person_of(page), other, {"arrival": {}})
    await deliver(page, isUrged=True)
    held = await settled(page)
    assert {act["ref"]: act["state"] for act in held} == {ref: "refused", other: "received"}
    line = page.locator("#held li.refused")
    await expect(line.locator(".error")).to_contain_text(ref)
    await line.locator("a.button").click()
    card = page.locator("#queue li.refused")
    await expect(card).to_be_visible()
    # Dropped only by a second press on another button.
    await card.get_by_role("button", name="放弃").click()
    await card.get_by_role("button", name="保留").click()
    assert len(await queue(page)) == 2
    await page.locator("#queue li.refused").get_by_role("button", name="转给值班员").click()
    await settled(page)
    assert await notes(house, ref) == 1
    assert [act["kind"] for act in await queue(page)] == ["arrival", "note"]


async def test_a_refused_act_is_corrected_in_its_form(house: Any, phone: Phone) -> None:
    ref = await fault(house)
    async with bad_line(house.url) as wire:
        phone.url = wire.url
        page = await open_round(phone)
        wire.decide = lambda method, path: 422 if path.endswith("/made_safe") else "pass"
        await page.goto(f"{wire.url}/round/{ref}")
        await step(page, "make_safe")
        await page.fill("#form-made_safe textarea", "断电")
        await page.set_input_files("#form-made_safe input[capture]", photo("red"))
        await send(page, "made_safe")
        (first,) = await settled(page)
        assert first["state"] == "refused"
        wire.decide = whole
        await page.goto(f"{wire.url}/round/queue")
        await page.locator("#queue li.refused a.button.primary").click()
        form = page.locator("#form-made_safe")
        await expect(form.locator("textarea")).to_have_value("断电")
        await expect(form.locator("[data-corrected]")).to_contain_text(wire.sentence)
        await form.locator("textarea").fill("断电并上锁")
        await form.locator("> button[type=submit]").click()
        await expect(page.locator("#held li.received")).to_have_count(1)
        (second,) = await settled(page)
        assert (second["at"], second["photos"]) == (first["at"], first["photos"])
        assert second["id"] != first["id"]
    (act,) = await acts_of(house, ref)
    assert str(act.key) == second["id"]
    async with house.room() as session:
        found = select(func.count()).select_from(TicketPhoto)
        asked = found.join(Ticket, Ticket.id == TicketPhoto.ticket_id).where(Ticket.ref == ref)
        assert await session.scalar(asked) == 1


ACTS: dict[str, dict[str, Any]] = {
    "answer": {"note": "马上到"},
    "arrival": {},
    "note": {"text": "缺梯子"},
}


async def test_two_tabs_send_each_act_once(house: Any, phone: Phone) -> None:
    refs = [await fault(house) for _ in range(4)]
    async with bad_line(house.url) as wire:
        phone.url = wire.url
        page = await phone.start()
        await page.goto(f"{wire.url}/round/queue")
        assert phone.context is not None
        second = await phone.context.new_page()
        await second.goto(f"{wire.url}/round/queue")
        person = await person_of(page)
        for ref in refs:
            await hold(page, person, ref, ACTS)
        tabs = (page, second)
        await asyncio.gather(*(deliver(tab, isUrged=True) for tab in tabs for _ in range(3)))
        assert {act["state"] for act in await settled(page)} == {"received"}
        posts = [path for method, path, _ in wire.seen if method == "POST" and "/tickets/" in path]
        assert len(posts) == len(set(posts)) == 12
    for ref in refs:
        assert sorted(act.kind for act in await acts_of(house, ref)) == ["arrival", "response"]


async def test_after_signing_out_everything_waits_for_its_own_person(
    house: Any, phone: Phone
) -> None:
    ref = await fault(house)
    page = await open_round(phone)
    person = await person_of(page)
    async with house.room() as session:
        await session.execute(
            update(SignIn)
            .where(SignIn.person_id == person)
            .values(expires_at=datetime.now(UTC) - SECOND)
        )
    (held,) = await hold(page, person, ref, {"arrival": {}})
    await deliver(page, isUrged=True)
    (act,) = await queue(page)
    assert act["state"] == "needs_sign_in"
    # Another one takes the phone.
    _, key = await technician(house, name="张师傅")
    await phone.sign_in(key)
    await page.goto(f"{phone.url}/round/queue")
    await expect(page.locator("#queue li")).to_contain_text("等 李师傅 登录")
    await deliver(page, isUrged=True, isNow=True)
    assert await acts_of(house, ref) == []
    async with house.room() as session:
        first = await session.get_one(Person, person)
        await sign_in_row(session, first, "again-" + phone.key)
    await phone.sign_in("again-" + phone.key)
    await page.goto(f"{phone.url}/round/queue")
    await settled(page)
    assert [str(act.key) for act in await acts_of(house, ref)] == [held]


async def test_it_is_heard_without_a_line_and_what_came_later_is_not(
    house: Any, phone: Phone
) -> None:
    """收到 on the round and on a ticket, both delivered later."""
    person = int(phone.key.removeprefix("phone-of-"))
    listed, opened = await fault(house), await fault(house)
    seen = [await called_out(house, ref) for ref in (listed, opened)]
    async with house.room() as session:
        his = update(Ticket).where(Ticket.ref.in_((listed, opened)))
        await session.execute(his.values(technician_id=person))
    async with bad_line(house.url) as wire:
        phone.url = wire.url
        page = await open_round(phone)
        wire.decide = cut
        await page.goto(f"{wire.url}/round")
        card = page.locator(f"#{listed}")
        await card.locator(".heard-here button").click()
        await expect(card.locator(".heard-here")).to_be_hidden()
        await expect(card.locator(".held-here")).to_contain_text("1")
        await page.goto(f"{wire.url}/round/{opened}")
        await page.locator(".heard-here button").click()
        await expect(page.locator("#held li.waiting")).to_have_count(1)
        await expect(page.locator(".heard-here")).to_be_hidden()
        later = await called_out(house, opened)
        wire.decide = whole
        await page.goto(f"{wire.url}/round/queue")
        assert {act["kind"] for act in await settled(page)} == {"acknowledgement"}
        async with house.room() as session:
            asked = select(Alert.id).where(Alert.acknowledged_by_id == person).order_by(Alert.id)
            assert list(await session.scalars(asked)) == seen
        await page.goto(f"{wire.url}/round/{opened}")
        await expect(page.locator(".heard-here")).to_be_visible()
        await expect(page.locator(".heard-here [name=upto]")).to_have_value(str(later))


@pytest.mark.parametrize("hours", [6, -3, 90 / 3600])
async def test_a_wrong_clock_is_taken_off(house: Any, phone: Phone, hours: float) -> None:
    ref = await fault(house, hours=2)
    page = await phone.start()
    shift = hours * 3600e3
    await page.add_init_script(
        f"""(() => {{
            const Was = Date;
            window.Date = class extends Was {{
                constructor(...given) {{
                    if (given.length) super(...given);
                    else super(Was.now() + {shift});
                }}
                static now() {{ return Was.now() + {shift}; }}
            }};
        }})()"""
    )
    await page.goto(f"{phone.url}/round/queue")
    person = await person_of(page)
    pressed = datetime.now(UTC)
    await hold(page, person, ref, {"arrival": {}}, at=pressed + timedelta(hours=hours))
    await asyncio.sleep(1.5)
    await deliver(page, isUrged=True)
    await settled(page)
    (act,) = await acts_of(house, ref)
    assert abs(act.at - pressed) < 2 * SECOND
    assert act.skew is not None
    assert abs(act.skew + timedelta(hours=hours)) < 2 * SECOND
    async with house.room() as session:
        flags = await session.scalar(select(Ticket.flags).where(Ticket.ref == ref))
    assert flags == (["clock_skew"] if abs(hours) > 2 / 60 else [])


async def test_what_a_page_weighs_at_first(house: Any, chromium: Browser) -> None:
    """At most 150 kB compressed in all, 60 kB of it JavaScript."""
    await fault(house)
    _, key = await technician(house)
    context = await chromium.new_context(viewport={"width": 390, "height": 844})
    await context.add_cookies([{"name": signed_in.COOKIE, "value": key, "url": house.url}])
    page = await context.new_page()
    answers: list[Any] = []
    page.on("response", lambda answer: answers.append(answer))
    await page.goto(f"{house.url}/round", wait_until="load")
    weighed = {each.url: len(gzip.compress(await each.body())) for each in list(answers)}
    await context.close()
    scripts = sum(size for url, size in weighed.items() if ".js" in url)
    print(f"first load of /round: {sum(weighed.values())} B, JavaScript {scripts} B")  # noqa: T201
    assert any("/phone/" in url for url in weighed)
    assert sum(weighed.values()) <= 150_000
    assert scripts <= 60_000


@pytest.mark.parametrize("width", [320, 390])
async def test_the_pages_of_the_app_fit_a_phone_and_a_thumb(
    house: Any, phone: Phone, width: int
) -> None:
    ref = await fault(house)
    phone.width = width
    page = await open_round(phone)
    person = await person_of(page)
    await hold(page, person, ref, {"arrival": {}})
    await page.evaluate(
        """async (version) => {
            const store = await import(`/phone/${version}/store.js`);
            const [act] = await store.acts();
            const detail = "这张工单已经不再受理。";
            const answer = { status: 409, at: Date.now(), detail, errors: [] };
            await store.change(act.id, () => ({ state: "refused", answer }));
        }""",
        await version(page),
    )
    for path in ("/round", f"/round/{ref}", "/round/queue", "/round/offline"):
        await page.goto(phone.url + path)
        if path == "/round/queue":
            await expect(page.locator("#queue li.refused .button")).to_have_count(3)
        wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, path
        small = await page.evaluate(
            """() => [...document.querySelectorAll(
                    ".button, summary, select, textarea, .phone-bar a")]
                .filter(each => each.checkVisibility())
                .filter(each => each.getBoundingClientRect().height < 43.5)
                .map(each => each.outerHTML.slice(0, 100))"""
        )
        assert small == [], path
