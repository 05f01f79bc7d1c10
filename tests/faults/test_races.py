"""Several people at once, each on a real connection of his own: one wins, the others are told."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from tests.faults.overdue import number, rows
from tests.faults.running import make_token, sessions_of, web
from tests.makers.database import own_database
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket
from tickets.project.models import Project
from tickets.sla import actions as sla
from tickets.staff.models import SignIn
from tickets.staff.signed_in import COOKIE, csrf_of, hashed

REPAIR = {"on_site": True, "cause": "C_PRODUCT", "work": "new driver"}
CALL = {"project": "PJ-1", "fault": "OUT_ONE", "description": "dark"}


@dataclass
class House:
    """A web that runs, two programs that ask it, a browser, and the database behind it."""

    url: str
    sessions: async_sessionmaker[AsyncSession]
    project: Project
    people: tuple[httpx.AsyncClient, httpx.AsyncClient]
    browser: httpx.AsyncClient
    log: Path


@pytest.fixture(scope="module")
async def house(server: str, folder: Path, redis_url: str) -> AsyncIterator[House]:
    async with own_database(server) as url, sessions_of(url) as sessions:
        async with sessions() as session, session.begin():
            project = await make_project(session, code="PJ-1")
            keys = [await make_token(session, name=name) for name in ("one", "two")]
            person = await make_person(session, role="hotline")
            session.add(
                SignIn(
                    key_hash=hashed("a-browser"),
                    person_id=person.id,
                    expires_at=datetime.now(UTC) + timedelta(hours=1),
                )
            )
        with web(folder, url, redis_url) as running:
            one, two = (
                httpx.AsyncClient(
                    base_url=f"{running.address}/api/v1",
                    headers={"Authorization": f"Bearer {key}"},
                    timeout=60,
                )
                for key in keys
            )
            browser = httpx.AsyncClient(
                base_url=running.address,
                cookies={COOKIE: "a-browser"},
                headers={"x-csrf": csrf_of("a-browser")},
                timeout=60,
            )
            async with one, two, browser:
                yield House(url, sessions, project, (one, two), browser, running.log)


async def opened(house: House, **more: object) -> str:
    answer = await house.people[0].post("/tickets", json=CALL | more)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["ref"])


@pytest.mark.parametrize(
    ("verb", "first", "second"),
    [
        ("response", {}, {}),
        ("arrival", {}, {}),
        ("repair", REPAIR, REPAIR),
        ("cancellation", {"reason": "twice"}, {"reason": "reported"}),
    ],
)
async def test_of_two_acts_at_once_one_is_taken_and_one_refused(
    house: House, verb: str, first: dict[str, object], second: dict[str, object]
) -> None:
    for _ in range(20):
        ref = await opened(house)
        one, two = house.people
        answers = await asyncio.gather(
            one.post(f"/tickets/{ref}/{verb}", json=first),
            two.post(f"/tickets/{ref}/{verb}", json=second),
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409], [
            answer.text for answer in answers
        ]
        refused = next(answer for answer in answers if answer.status_code == 409)
        assert refused.json()["detail"].endswith(".")
        told = (await one.get(f"/tickets/{ref}/events")).json()["items"]
        assert [event["kind"] for event in told].count(told[-1]["kind"]) == 1
        assert len(told) == 2


async def test_two_different_acts_at_once_both_count(house: House) -> None:
    for _ in range(20):
        ref = await opened(house)
        one, two = house.people
        await asyncio.gather(
            one.post(f"/tickets/{ref}/arrival", json={}),
            two.post(f"/tickets/{ref}/notes", json={"text": "the gate is shut"}),
            one.post(f"/tickets/{ref}/main_equipment", json={"main_equipment": "yes"}),
        )
        ticket = (await one.get(f"/tickets/{ref}")).json()
        assert ticket["status"] == "on_site"
        assert ticket["main_equipment"] == "yes"
        kinds = [e["kind"] for e in (await one.get(f"/tickets/{ref}/events")).json()["items"]]
        expected = {"ticket.opened", "ticket.arrived", "ticket.noted", "ticket.main_decided"}
        assert set(kinds) == expected
        assert len(kinds) == 4


async def test_one_key_sent_ten_times_at_once_opens_one_ticket(house: House) -> None:
    for _ in range(5):
        key = {"Idempotency-Key": str(uuid4())}
        words = f"once {key['Idempotency-Key']}"
        one = house.people[0]
        answers = await asyncio.gather(
            *(one.post("/tickets", json=CALL | {"description": words}, headers=key)
              for _ in range(10))
        )  # fmt: skip
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.content for answer in answers}) == 1
        replays = [answer.headers.get("Idempotent-Replay") for answer in answers]
        assert sorted(map(str, replays)) == ["None", *["true"] * 9]
        digest = hashlib.md5(words.encode()).hexdigest()
        same = f"SELECT count(*) FROM ticket WHERE md5(description) = '{digest}'"
        assert await number(house.url, same) == 1


async def test_a_form_sent_twice_at_once_registers_one_call(house: House) -> None:
    for _ in range(10):
        key = str(uuid4())
        form = {
            "key": key,
            "project": "PJ-1",
            "kind": "fault",
            "fault": "OUT_ONE",
            "safety": "no",
            "description": "third lamp",
            "reporter_name": "Ms Li",
            "reporter_phone": "13812345678",
            "channel": "phone",
        }
        answers = await asyncio.gather(
            *(house.browser.post("/desk/call", data=form) for _ in range(2))
        )
        assert [answer.status_code for answer in answers] == [303, 303], answers[0].text[:800]
        assert len({answer.headers["location"] for answer in answers}) == 1
        assert await number(house.url, f"SELECT count(*) FROM ticket WHERE key = '{key}'") == 1


# Seconds before the due instant; the last is in time on the slowest machine.
EARLY_BY = (-0.008, -0.004, 0.0, 0.004, 0.008, 0.012, 0.016, 0.02, 2.0)


async def test_an_answer_at_the_due_instant_and_the_sweep_agree(house: House) -> None:
    """Forty responses, most within some milliseconds of their due instant, two sweeps all the
    while: the verdict follows from the instants alone, and no breach is told twice."""
    begin = datetime.now(UTC) + timedelta(seconds=6)  # the tickets are written by then
    due = {}
    async with house.sessions() as session, session.begin():
        for i in range(40):
            at = begin + timedelta(milliseconds=40 * i)
            ticket = await make_ticket(
                session, project=house.project, now=at - timedelta(hours=1), fault="OUT_ONE"
            )
            due[ticket.ref] = at
    is_over = False

    async def sweep() -> None:
        while not is_over:
            async with house.sessions() as session, session.begin():
                await sla.breach_overdue(session, datetime.now(UTC))

    async def answer(ref: str, at: datetime, early_by: float) -> None:
        wait = (at - datetime.now(UTC)).total_seconds() - early_by
        await asyncio.sleep(max(wait, 0))
        taken = await house.people[0].post(f"/tickets/{ref}/response", json={})
        assert taken.status_code == 200, taken.text

    sweeps = [asyncio.create_task(sweep()) for _ in range(2)]
    await asyncio.gather(
        *(answer(ref, at, EARLY_BY[i % 9]) for i, (ref, at) in enumerate(due.items()))
    )
    is_over = True
    await asyncio.gather(*sweeps)
    found = await rows(house.url, _VERDICTS)
    found = [row for row in found if row["ref"] in due]
    assert len(found) == 40
    for row in found:
        is_late = row["met_at"] > row["due_at"]
        assert row["due_at"] == due[row["ref"]]
        assert row["breached_at"] == (row["due_at"] if is_late else None)
        assert row["breaches"] - row["withdrawn"] == int(is_late)
        assert row["breaches"] <= 1
    late = sum(row["met_at"] > row["due_at"] for row in found)
    assert 0 < late < 40  # both sides of the edge were met


_VERDICTS = """
SELECT t.ref, c.due_at, c.met_at, c.breached_at,
  (SELECT count(*) FROM event e WHERE e.ticket_id = t.id AND e.kind = 'clock.breached'
     AND e.facts->>'promise' = 'response') AS breaches,
  (SELECT count(*) FROM event e WHERE e.ticket_id = t.id
     AND e.kind = 'clock.breach_withdrawn') AS withdrawn
FROM ticket t JOIN clock c ON c.ticket_id = t.id AND c.promise = 'response'
"""


async def test_two_who_join_overlapping_calls_wait_for_each_other(house: House) -> None:
    """Each takes the tickets in another order; one joins all of his, the other hears that some
    are joined already, or is first; nobody is left half joined, nothing locks up."""
    one, two = house.people
    for _ in range(20):
        refs = [await opened(house) for _ in range(6)]
        mine, theirs = refs[:5], refs[:0:-1]
        answers = await asyncio.gather(
            one.post("/tickets/merges", json={"refs": mine}),
            two.post("/tickets/merges", json={"refs": theirs}),
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409], [
            answer.text for answer in answers
        ]
        refused = next(answer for answer in answers if answer.status_code == 409)
        assert "is merged into another already." in refused.json()["detail"]
        told = [(await one.get(f"/tickets/{ref}")).json() for ref in refs]
        assert sum(ticket["status"] == "merged" for ticket in told) == 4
        assert len({t["merged_into"] for t in told if t["merged_into"]}) == 1


async def test_one_joins_while_another_splits_off(house: House) -> None:
    one, two = house.people
    for _ in range(20):
        early, late, other = [await opened(house) for _ in range(3)]
        joined = await one.post("/tickets/merges", json={"refs": [early, late]})
        assert joined.json()["ref"] == early
        answers = await asyncio.gather(
            one.post("/tickets/merges", json={"refs": [other, early]}),
            two.post(f"/tickets/{late}/split", json={"reason": "another street"}),
        )
        assert [answer.status_code for answer in answers] == [200, 200], [
            answer.text for answer in answers
        ]
        assert (await one.get(f"/tickets/{late}")).json()["merged_into"] is None
        assert (await one.get(f"/tickets/{other}")).json()["merged_into"] == early


async def test_nothing_went_wrong_behind_the_answers(house: House) -> None:
    said = house.log.read_text(errors="replace")
    assert "a request failed" not in said
    assert "lost a race" not in said
    assert "Traceback" not in said
