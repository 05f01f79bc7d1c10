"""What the phone takes along, how its acts were judged, and the app's own files."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from httpx import AsyncClient
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from tests.conftest import SignedIn
from tests.makers.asset import make_asset
from tests.makers.project import make_owner, make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket
from tests.makers.visit import make_jpeg
from tests.round.test_round import statements
from tickets.door import Answered
from tickets.pages import ROOT
from tickets.project.models import Project
from tickets.round.rules import Step, later
from tickets.staff.models import Person
from tickets.ticket.models import Ticket

H = timedelta(hours=1)


@pytest.fixture
async def project(session: AsyncSession) -> Project:
    return await make_project(
        session, owner=await make_owner(session), accepted_on=date(2026, 10, 1)
    )


@pytest.fixture
async def person(session: AsyncSession) -> Person:
    return await make_person(session)


@pytest.fixture
async def ticket(session: AsyncSession, project: Project, person: Person, now: datetime) -> Ticket:
    box = await make_asset(session, project=project, kind="BOX", name="Box 3", location="East")
    box.lat, box.lon, box.datum = 39.9, 116.4, "GCJ-02"
    made = await make_ticket(
        session, project=project, now=now, reported_at=now - 5 * H, assets=(box.code,)
    )
    made.technician_id = person.id
    await session.flush()
    return made


@pytest.fixture
async def phone(browser_of: SignedIn, person: Person) -> AsyncClient:
    return await browser_of(person)


async def test_it_holds_what_is_needed_where_there_is_no_signal(
    phone: AsyncClient, person: Person, ticket: Ticket
) -> None:
    photo = await phone.post("/api/v1/photos", files={"file": ("a.jpg", make_jpeg())})
    note = {"text": "seen from the street", "photos": [photo.json()["id"]]}
    assert (await phone.post(f"/api/v1/tickets/{ticket.ref}/notes", json=note)).status_code == 201
    pack = (await phone.get("/api/v1/round/pack")).json()
    assert pack["person"] == person.id
    assert pack["csrf"] == phone.headers["x-csrf"]
    assert "/round/offline" in pack["pages"]
    (packed,) = pack["tickets"]
    assert (packed["ref"], packed["page"]) == (ticket.ref, f"/round/{ticket.ref}")
    assert packed["is_mine"] is True
    assert packed["caller"] == "13912345678"
    assert packed["photos"] == [f"/photos/{photo.json()['id']}/small"]
    (asset,) = packed["assets"]
    assert asset["public_id"]
    assert (asset["name"], asset["lat"], asset["datum"]) == ("Box 3", 39.9, "GCJ-02")


async def test_the_stamp_grows_with_whatever_happens(phone: AsyncClient, ticket: Ticket) -> None:
    before = (await phone.get("/api/v1/round/pack")).json()["tickets"][0]["stamp"]
    assert (await phone.get("/api/v1/round/pack")).json()["tickets"][0]["stamp"] == before
    await phone.post(f"/api/v1/tickets/{ticket.ref}/notes", json={"text": "x"})
    assert (await phone.get("/api/v1/round/pack")).json()["tickets"][0]["stamp"] > before


async def test_tickets_of_others_are_not_in_it(
    session: AsyncSession, browser_of: SignedIn, ticket: Ticket
) -> None:
    other = await browser_of(await make_person(session))
    assert (await other.get("/api/v1/round/pack")).json()["tickets"] == []


async def test_many_tickets_are_packed_by_as_many_statements_as_one(
    session: AsyncSession,
    connection: AsyncConnection,
    phone: AsyncClient,
    project: Project,
    person: Person,
    ticket: Ticket,
    now: datetime,
) -> None:
    counts = []
    for more in (0, 8):
        for _ in range(more):
            made = await make_ticket(session, project=project, now=now, reported_at=now - H)
            made.technician_id = person.id
        await session.commit()
        counts.append(await statements(connection, phone, "/api/v1/round/pack"))
    assert counts == [8, 8]  # six, one for inspections, and who is at the door


async def test_a_verdict_says_from_when_an_act_counts(phone: AsyncClient, ticket: Ticket) -> None:
    now = datetime.now(UTC)
    slow = timedelta(minutes=5)
    good, late = uuid4(), uuid4()
    for key, verb, at in ((late, "arrival", now - 100 * H), (good, "made_safe", now - H)):
        told = {"at": (at - slow).isoformat(), "phone_time": (now - slow).isoformat()}
        told |= {"note": "off"} if verb == "made_safe" else {}
        answer = await phone.post(
            f"/api/v1/tickets/{ticket.ref}/{verb}", json=told, headers={"Idempotency-Key": str(key)}
        )
        assert answer.status_code == 200, answer.text
    asked = "&".join(f"key={key}" for key in (good, late, uuid4()))
    items = (await phone.get(f"/api/v1/round/verdicts?{asked}")).json()["items"]
    found = {each["key"]: each for each in items}
    assert set(found) == {str(good), str(late)}
    counted = datetime.fromisoformat(found[str(good)]["at"])
    assert abs(counted - (now - H)) < timedelta(seconds=30)
    assert found[str(good)]["skew_seconds"] == pytest.approx(300, abs=30)
    assert found[str(late)]["at"] == found[str(late)]["received_at"]  # not believed


async def test_what_no_clock_is_judged_by_has_its_verdict_too(
    connection: AsyncConnection, phone: AsyncClient, ticket: Ticket
) -> None:
    now, slow = datetime.now(UTC), timedelta(minutes=5)
    photo = await phone.post("/api/v1/photos", files={"file": ("a.jpg", make_jpeg())})
    acts: dict[str, dict[str, str]] = {
        "departure": {},
        "appointment": {"for_at": (now + 20 * H).isoformat()},
        "measures": {"description": "two floodlights"},
        "severity": {"severity": "S2", "reason": "the whole street"},
        "signature": {"name": "Wang", "signed_for": "visit", "signature": photo.json()["id"]},
        "handback": {"reason": "parts"},
    }
    keys = {door: str(uuid4()) for door in acts}
    for door, given in acts.items():
        # The one that is too old to be believed counts from its delivery.
        at = now - (100 * H if door == "signature" else H)
        told = given | {"at": (at - slow).isoformat(), "phone_time": (now - slow).isoformat()}
        answer = await phone.post(
            f"/api/v1/tickets/{ticket.ref}/{door}",
            json=told,
            headers={"Idempotency-Key": keys[door]},
        )
        assert answer.status_code in (200, 201), (door, answer.text)
    asked = "&".join(f"key={key}" for key in keys.values())
    path = f"/api/v1/round/verdicts?{asked}"
    found = {each["key"]: each for each in (await phone.get(path)).json()["items"]}
    for door, key in keys.items():
        counted = datetime.fromisoformat(found[key]["at"])
        is_old = door == "signature"
        assert abs(counted - (now if is_old else now - H)) < timedelta(seconds=30), door
        assert found[key]["skew_seconds"] == pytest.approx(300, abs=30), door
    assert await statements(connection, phone, path) == 4  # three, and who is at the door


async def test_acts_of_others_are_not_judged_aloud(
    session: AsyncSession, browser_of: SignedIn, phone: AsyncClient, ticket: Ticket
) -> None:
    key = str(uuid4())
    await phone.post(
        f"/api/v1/tickets/{ticket.ref}/arrival", json={}, headers={"Idempotency-Key": key}
    )
    other = await browser_of(await make_person(session))
    assert (await other.get(f"/api/v1/round/verdicts?key={key}")).json() == {"items": []}


async def test_an_act_told_again_with_a_later_clock_is_the_same_act(
    phone: AsyncClient, ticket: Ticket
) -> None:
    """The answer was lost on the way; the phone says its clock anew with each delivery."""
    key = {"Idempotency-Key": str(uuid4())}
    at = (datetime.now(UTC) - H).isoformat()
    path = f"/api/v1/tickets/{ticket.ref}/arrival"
    told = {"at": at, "phone_time": datetime.now(UTC).isoformat()}
    first = await phone.post(path, json=told, headers=key)
    told["phone_time"] = (datetime.now(UTC) + timedelta(seconds=40)).isoformat()
    again = await phone.post(path, json=told, headers=key)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.headers["idempotent-replay"] == "true"
    other = await phone.post(path, json=told | {"at": told["phone_time"]}, headers=key)
    assert other.status_code == 422


async def test_a_note_told_twice_at_two_sign_ins_is_one(
    session: AsyncSession, browser_of: SignedIn, person: Person, ticket: Ticket
) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    path = f"/api/v1/tickets/{ticket.ref}/notes"
    phone = await browser_of(person)
    assert (await phone.post(path, json={"text": "x"}, headers=key)).status_code == 201
    await session.execute(delete(Answered))  # kept for each sign-in; a second one has none
    await session.commit()
    assert (await phone.post(path, json={"text": "x"}, headers=key)).status_code == 201
    events = (await phone.get(f"/api/v1/tickets/{ticket.ref}/events")).json()["items"]
    assert [each["kind"] for each in events].count("ticket.noted") == 1


def test_forms_go_along_that_a_waiting_act_may_open() -> None:
    assert later([Step.ANSWER, Step.REPAIR, Step.PAUSE, Step.NOTE]) == [
        Step.HAND_BACK,
        Step.SIGN,
        Step.CHECK,
        Step.PAUSE_END,
    ]
    looked = [Step.REPAIR, Step.PAUSE, Step.SIGN, Step.PAUSE_END]
    assert later([Step.CHECK, Step.NOTE]) == looked
    assert later([Step.NOTE]) == []


async def test_the_worker_and_every_module_it_names_are_there(phone: AsyncClient) -> None:
    worker = await phone.get("/sw.js")
    assert worker.headers["service-worker-allowed"] == "/"
    assert worker.headers["content-type"].startswith("text/javascript")
    assert "VERSION/" not in worker.text
    shell = json.loads(re.search(r"const SHELL = (\[.*?\]);", worker.text)[1])  # type: ignore[index]
    assert any(path.endswith("/app.js") for path in shell)
    for path in (*shell, *re.findall(r'from "(/phone/[^"]+)"', worker.text)):
        answer = await phone.get(path)
        assert answer.status_code == 200, path
        assert "immutable" in answer.headers["cache-control"], path


def test_what_the_worker_takes_in_needs_no_page() -> None:
    folder = ROOT / "static" / "phone"
    left, seen = ["delivery.js", "store.js"], set()
    while left:
        name = left.pop()
        if name not in seen:
            seen.add(name)
            source = (folder / name).read_text("utf-8")
            assert "document." not in source, name
            left += re.findall(r'from "\./([a-z_]+\.js)"', source)
    assert "kinds.js" in seen


async def test_an_older_page_gets_the_modules_there_are_and_keeps_none(phone: AsyncClient) -> None:
    answer = await phone.get("/phone/0123456789ab/store.js")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert (await phone.get("/phone/0123456789ab/nothing.js")).status_code == 404


async def test_it_can_be_put_on_a_home_screen(phone: AsyncClient) -> None:
    html = (await phone.get("/round")).text
    assert '<link rel="manifest" href="/manifest.webmanifest">' in html
    answer = await phone.get("/manifest.webmanifest")
    assert answer.headers["content-type"].startswith("application/manifest+json")
    told = answer.json()
    assert (told["start_url"], told["display"]) == ("/round", "standalone")
    kinds = {(icon["sizes"], icon.get("purpose")) for icon in told["icons"]}
    for size in ("192x192", "512x512"):
        assert {(size, "any"), (size, "maskable")} <= kinds
    for icon in told["icons"]:
        picture = await phone.get(icon["src"])
        assert picture.status_code == 200
        if icon["type"] == "image/png":
            width, height = (int.from_bytes(picture.content[at : at + 4]) for at in (16, 20))
            assert f"{width}x{height}" == icon["sizes"]
