"""Two people and two sweeps on one ticket, each on a real connection (rules.md §2 to §4).

AFTERGLOW_ROUNDS says how often; `make proof` asks for a thousand. Whoever wins, the rows are what
was written down, no breach is told twice, and nobody is shown an error of ours.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.faults.overdue import rows
from tests.faults.running import make_token, sessions_of, web
from tests.faults.test_races import House
from tests.makers.database import own_database
from tests.makers.project import make_project
from tests.makers.ticket import make_ticket
from tickets.sla import actions as sla
from tickets.sla import queries as clocks_of
from tickets.sla.rules import state
from tickets.staff.rules import Role
from tickets.ticket import queries
from tickets.ticket.models import Ticket

ROUNDS = int(os.environ.get("AFTERGLOW_ROUNDS", "22"))
H = timedelta(hours=1)
FIX: dict[str, Any] = {"on_site": True, "cause": "C_PRODUCT", "work": "new driver"}
LOCKED: dict[str, Any] = {"reason": "no_access", "evidence": "locked"}

Answers = tuple[httpx.Response, httpx.Response]


@pytest.fixture(scope="module")
async def house(server: str, folder: Path, redis_url: str) -> AsyncIterator[House]:
    async with own_database(server) as url, sessions_of(url) as sessions:
        async with sessions() as session, session.begin():
            project = await make_project(session, code="PJ-1")
            roles = {"one": Role.ADMIN, "two": Role.ADMIN, "three": Role.TECHNICIAN}
            keys = [await make_token(session, name=n, role=role) for n, role in roles.items()]
        with web(folder, url, redis_url) as running:
            one, two, three = (
                httpx.AsyncClient(
                    base_url=f"{running.address}/api/v1",
                    headers={"Authorization": f"Bearer {key}"},
                    timeout=60,
                )
                for key in keys
            )
            async with one, two, three:
                yield House(url, sessions, project, (one, two), three, running.log)


class Round:
    """Two tickets of some age, and two people who ask at the same moment."""

    def __init__(
        self, house: House, refs: tuple[str, str], now: datetime, *, is_turned: bool
    ) -> None:
        self.house = house
        self.is_turned = is_turned
        self.a, self.b = refs
        self.now = now

    def ago(self, hours: float) -> str:
        return (self.now - hours * H).isoformat()

    async def ask(self, path: str, key: str | None = None, **body: Any) -> httpx.Response:
        """`ask("{a}/arrival")` is about the first ticket; the caller is whoever asks first."""
        headers = {"Idempotency-Key": key} if key else {}
        where = path.format(a=f"tickets/{self.a}", b=f"tickets/{self.b}")
        names = {name.rstrip("_"): value for name, value in body.items()}
        return await self.house.people[0].post(f"/{where}", json=names, headers=headers)

    async def both(self, one: Awaitable[httpx.Response], two: Awaitable[httpx.Response]) -> Answers:
        """At the same moment; every other round the second asks first."""
        if self.is_turned:
            second, first = await asyncio.gather(two, one)
        else:
            first, second = await asyncio.gather(one, two)
        return first, second

    async def paused(self, **body: Any) -> int:
        """By a technician, so that it waits for a manager."""
        answer = await self.house.browser.post(f"/tickets/{self.a}/pauses", json=LOCKED | body)
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])


Race = Callable[[Round], Awaitable[Answers]]


async def pause_or_repair(r: Round) -> Answers:
    return await r.both(r.ask("{a}/pauses", **LOCKED), r.ask("{a}/repair", **FIX))


async def two_pauses(r: Round) -> Answers:
    one, two = await r.both(
        r.ask("{a}/pauses", **LOCKED, from_=r.ago(20), to=r.ago(10)),
        r.ask("{a}/pauses", **LOCKED, from_=r.ago(15), to=r.ago(5)),
    )
    assert sorted((one.status_code, two.status_code)) == [201, 409]
    return one, two


async def accept_or_reject(r: Round) -> Answers:
    number = await r.paused(**{"from": r.ago(30), "to": r.ago(20)})
    return await r.both(
        r.ask(f"pauses/{number}/acceptance"), r.ask(f"pauses/{number}/rejection", reason="no")
    )


async def severity_or_arrival(r: Round) -> Answers:
    return await r.both(r.ask("{a}/severity", severity="S1", reason="wire"), r.ask("{a}/arrival"))


async def merged_crosswise(r: Round) -> Answers:
    one, two = await r.both(r.ask("{a}/duplicate_of", ref=r.b), r.ask("{b}/duplicate_of", ref=r.a))
    assert sorted((one.status_code, two.status_code)) == [200, 409]
    return one, two


async def merge_or_act(r: Round) -> Answers:
    one, two = await r.both(r.ask("{a}/duplicate_of", ref=r.b), r.ask("{a}/arrival"))
    assert (one.status_code, two.status_code) == (200, 200)
    return one, two


async def merge_twice_or_act(r: Round) -> Answers:
    assert (await r.ask("{b}/duplicate_of", ref=r.a)).is_success
    return await r.both(r.ask("{b}/duplicate_of", ref=r.a), r.ask("{b}/arrival"))


async def split_or_act(r: Round) -> Answers:
    assert (await r.ask("{b}/duplicate_of", ref=r.a)).is_success
    one, two = await r.both(r.ask("{b}/split", reason="another"), r.ask("{b}/repair", **FIX))
    assert (one.status_code, two.status_code) == (200, 200)
    return one, two


async def recurrence_twice(r: Round) -> Answers:
    assert (await r.ask("{a}/repair", **FIX, at=r.ago(5))).is_success
    key = str(uuid4())
    one, two = await r.both(
        r.ask("{a}/recurrence", key, reason="again"), r.ask("{a}/recurrence", key, reason="again")
    )
    assert (one.status_code, two.status_code) == (200, 200)
    assert one.json()["cycle"] == two.json()["cycle"] == 2
    return one, two


async def recurrence_by_two(r: Round) -> Answers:
    assert (await r.ask("{a}/repair", **FIX, at=r.ago(5))).is_success
    one, two = await r.both(
        r.ask("{a}/recurrence", reason="again"), r.ask("{a}/recurrence", reason="again")
    )
    assert sorted((one.status_code, two.status_code)) == [200, 409]
    return one, two


async def cancelled_or_repaired(r: Round) -> Answers:
    one, two = await r.both(r.ask("{a}/cancellation", reason="twice"), r.ask("{a}/repair", **FIX))
    assert sorted((one.status_code, two.status_code)) == [200, 409]
    return one, two


RACES: tuple[Race, ...] = (
    pause_or_repair, two_pauses, accept_or_reject, severity_or_arrival, merged_crosswise,
    merge_or_act, merge_twice_or_act, split_or_act, recurrence_twice, recurrence_by_two,
    cancelled_or_repaired,
)  # fmt: skip


async def reported(house: House, now: datetime, *, is_turned: bool) -> Round:
    """Both 47 to 49 hours ago: half of them are overdue, none noticed."""
    async with house.sessions() as session, session.begin():
        one, two = [
            await make_ticket(
                session, project=house.project, now=now, reported_at=now - (49 - n) * H
            )
            for n in (0, 2)
        ]
    return Round(house, (one.ref, two.ref), now, is_turned=is_turned)


async def test_two_people_and_two_sweeps_leave_what_was_written_down(house: House) -> None:
    said: dict[str, set[tuple[int, int]]] = {}
    for number in range(ROUNDS):
        race = RACES[number % len(RACES)]
        is_turned = number // len(RACES) % 2 == 1
        a_round = await reported(house, datetime.now(UTC), is_turned=is_turned)
        sweeps = [asyncio.create_task(sweep(house)) for _ in range(2)]
        answers = await race(a_round)
        await asyncio.gather(*sweeps)
        codes = (answers[0].status_code, answers[1].status_code)
        assert set(codes) <= {200, 201, 409}, (race.__name__, [a.text for a in answers])
        assert min(codes) < 300, (race.__name__, [a.text for a in answers])
        said.setdefault(race.__name__, set()).add(codes)
        await sweep(house)
        await must_be_derived(house, a_round)
    print(f"\nraces: {ROUNDS} rounds; {said}")  # noqa: T201


async def sweep(house: House) -> None:
    async with house.sessions() as session, session.begin():
        await sla.breach_overdue(session, datetime.now(UTC))


async def must_be_derived(house: House, a_round: Round) -> None:
    """Judged anew from what is written down nothing changes, and every breach was told once."""
    for ref in (a_round.a, a_round.b):
        async with house.sessions() as session, session.begin():
            await _rejudged(session, ref)
    told = await rows(house.url, _TOLD)
    assert [tuple(row) for row in told] == []
    assert await rows(house.url, _OVERLAPS) == []


async def _rejudged(session: AsyncSession, ref: str) -> None:
    ticket = await session.scalar(select(Ticket).where(Ticket.ref == ref))
    assert ticket is not None
    now = datetime.now(UTC)
    before = [seen(clock, now) for clock in await clocks_of.all_clocks(session, ticket.id)]
    if ticket.merged_into_id is not None:
        assert {each[3] for each in before} == {"superseded"}
        return
    await sla.rejudge(session, await queries.story_of(session, ticket), now=now, by_id=None)
    await session.flush()
    after = [seen(clock, now) for clock in await clocks_of.all_clocks(session, ticket.id)]
    assert after == before


def seen(clock: Any, now: datetime) -> tuple[Any, ...]:
    facts = (clock.cycle, clock.promise, clock.generation, str(state(clock, now)))
    return *facts, clock.started_at, clock.due_at, clock.met_at, clock.breached_at, clock.breach_no


# Clocks whose diary does not tell each of their breaches exactly once.
_TOLD = """
SELECT c.id, c.breach_no, count(e.id), count(DISTINCT e.facts->>'breach_no')
FROM clock c LEFT JOIN event e
  ON e.kind = 'clock.breached' AND e.ticket_id = c.ticket_id
  AND (e.facts->>'clock_id')::bigint = c.id
GROUP BY c.id
HAVING count(e.id) <> c.breach_no OR count(DISTINCT e.facts->>'breach_no') <> c.breach_no
"""
_OVERLAPS = """
SELECT p.id FROM pause p JOIN pause q ON p.ticket_id = q.ticket_id AND p.id < q.id
WHERE p.rejected_at IS NULL AND q.rejected_at IS NULL
  AND tstzrange(p.from_at, p.to_at) && tstzrange(q.from_at, q.to_at)
"""


async def test_nothing_went_wrong_behind_the_answers(house: House) -> None:
    said = house.log.read_text(errors="replace")
    assert "a request failed" not in said
    assert "lost a race" not in said
    assert "Traceback" not in said
