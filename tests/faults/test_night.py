"""A night of S1 calls with a third of the channels dead and holes in the rota: every one is
acknowledged, or a manager is told that nobody has, within a quarter of an hour (rules.md §5).

Time is simulated, minute by minute; the servers, the worker's sweeps, relay, post and postmen are
the real ones. Whoever gets a message sleeps, or says after some minutes that he has it.
"""

import os
import random
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from tests.channel.receiver import Receiver, receiving, says, takes
from tests.faults.running import sessions_of
from tests.makers.database import own_database
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket, who_of
from tickets import db
from tickets.channel.models import Channel, PersonChannel
from tickets.notice.models import Alert, Notice
from tickets.project.models import Project
from tickets.rota.models import Duty, ServiceGroup
from tickets.sla import actions as sla
from tickets.staff.models import Person
from tickets.staff.rules import Role
from tickets.ticket import actions
from tickets.ticket.models import Ticket
from tickets.ticket.rules import Severity
from workers.post import send_notices
from workers.postmen import Postmen
from workers.relay import relay_events

pytestmark = pytest.mark.killing

CALLS = int(os.environ.get("AFTERGLOW_CALLS", "40"))
A_MINUTE = 2  # calls
MIN = timedelta(minutes=1)
IN_TIME = 15 * MIN
REF = re.compile(r"T-\d{8}-\d{4}")
DEAD = (says(500), says(429), says(200, {"errcode": 300001, "code": 19024, "errmsg": "no"}))


class Watch:
    """What time it is tonight, for everybody who asks."""

    at = datetime.now(UTC)


class Tonight(datetime):
    @classmethod
    def now(cls, tz: Any = None) -> "Tonight":
        return cls.fromisoformat(Watch.at.isoformat())


@pytest.fixture
def tonight(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("post", "postmen", "relay"):
        monkeypatch.setattr(f"workers.{module}.datetime", Tonight)


KINDS = ("sms", "voice", "http", "wecom", "dingtalk", "feishu")


@dataclass
class Town:
    sessions: async_sessionmaker[AsyncSession]
    project: Project
    technicians: Sequence[Person]
    staff: Sequence[Person]
    operator: Person
    receivers: Sequence[Receiver]
    chance: random.Random
    heard: list[tuple[datetime, int, str]] = field(default_factory=list)  # when, who, of what
    seen: list[int] = field(default_factory=lambda: [0] * len(KINDS))

    def third_dies(self) -> None:
        dead = self.chance.sample(range(len(KINDS)), len(KINDS) // 3)
        for place, receiver in enumerate(self.receivers):
            receiver.answer = self.chance.choice(DEAD) if place in dead else takes

    def listen(self) -> None:
        """Who hears what arrived: three in four sleep, the others take one to nine minutes."""
        for place, receiver in enumerate(self.receivers):
            fresh = [got for got in receiver.got[self.seen[place] :] if got in receiver.accepted]
            self.seen[place] = len(receiver.got)
            for got in fresh:
                said = got.raw.decode()
                to = str(got.told.get("to") or "")
                people = [p for p in self.staff if p.phone == to] if to else self.technicians
                for ref in set(REF.findall(said)):
                    for person in people:
                        if self.chance.random() < (0.25 if to else 0.05):
                            at = Watch.at + self.chance.uniform(1, 9) * MIN
                            self.heard.append((at, person.id, ref))


@pytest.fixture
async def town(server: str, tonight: None) -> AsyncIterator[Town]:
    chance = random.Random(20261125)
    Watch.at = datetime.now(UTC).replace(hour=18, minute=0, second=0, microsecond=0)
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(own_database(server))
        engine = db.connect(url, pool_size=10)
        stack.push_async_callback(engine.dispose)
        sessions = await stack.enter_async_context(sessions_of(url))
        receivers = [await stack.enter_async_context(receiving()) for _ in KINDS]
        async with sessions() as session, session.begin():
            await session.execute(text("CREATE TABLE tonight (at timestamptz)"))
            await session.execute(text("INSERT INTO tonight VALUES (now())"))
            watch = "CREATE FUNCTION tonight() RETURNS timestamptz AS 'SELECT at FROM tonight'"
            await session.execute(text(f"{watch} LANGUAGE sql"))
            await session.execute(text("ALTER TABLE event ALTER recorded_at SET DEFAULT tonight()"))
            town = await _settled(session, sessions, receivers, chance)
        yield town


async def _settled(
    session: AsyncSession,
    sessions: async_sessionmaker[AsyncSession],
    receivers: Sequence[Receiver],
    chance: random.Random,
) -> Town:
    group = ServiceGroup(name="夜班")
    session.add(group)
    await session.flush()
    project = await make_project(session)
    project.group_id = group.id
    technicians = [await make_person(session, group_id=group.id) for _ in range(6)]
    others = [
        await make_person(session, role=role)
        for role in ("hotline_lead", "hotline_lead", "manager", "manager")
    ]
    people = [*technicians, *others]
    for number, person in enumerate(people):
        person.phone = f"1390000{number:04d}"
    channels = [
        Channel(
            kind=kind,
            name=kind,
            group_id=group.id if kind in ("wecom", "dingtalk", "feishu") else None,
            settings={"url": f"{receiver.url}/robot?key=k"},
        )
        for kind, receiver in zip(KINDS, receivers, strict=True)
    ]
    session.add_all(channels)
    await session.flush()
    for person in technicians:
        session.add(PersonChannel(person_id=person.id, channel_id=channels[0].id, is_on=True))
    hours = CALLS // (A_MINUTE * 60) + 3
    for hour in range(hours):
        if chance.random() < 0.3:
            continue  # a hole
        begins = Watch.at + timedelta(hours=hour)
        session.add(
            Duty(
                group_id=group.id,
                person_id=technicians[hour % 6].id,
                from_at=begins,
                to_at=begins + timedelta(hours=1),
                is_by_hand=False,
            )
        )
    operator = await make_person(session, role="hotline")
    return Town(sessions, project, technicians, people, operator, receivers, chance)


async def _a_minute(town: Town, calls: int) -> None:
    async with town.sessions() as session, session.begin():
        await session.execute(text("UPDATE tonight SET at = :at"), {"at": Watch.at})
    async with town.sessions() as session, session.begin():
        who = who_of(town.operator.id, Role.HOTLINE)
        for _ in range(calls):
            await make_ticket(
                session, project=town.project, now=Watch.at, who=who, severity=Severity.S1
            )
    due = [each for each in town.heard if each[0] <= Watch.at]
    town.heard = [each for each in town.heard if each[0] > Watch.at]
    async with town.sessions() as session, session.begin():
        for at, person_id, ref in sorted(due):
            ticket = (await session.scalars(select(Ticket).where(Ticket.ref == ref))).one()
            await actions.acknowledge(session, ticket, by_id=person_id, now=at)
    async with town.sessions() as session, session.begin():
        await sla.breach_overdue(session, Watch.at)
        await sla.warn_in_time(session, Watch.at)
    async with town.sessions() as session, session.begin():
        await actions.climb(session, Watch.at)
    await relay_events({})
    await send_notices({})
    postmen = Postmen()
    while await postmen.set_out():
        await postmen.all_home()
    town.listen()


def _minutes() -> Iterator[int]:
    """The calls of each minute, and a while after the last."""
    for _ in range(CALLS // A_MINUTE):
        yield A_MINUTE
    for _ in range(20):
        yield 0


async def test_every_s1_is_heard_or_a_manager_knows_that_it_was_not(town: Town) -> None:
    for minute, calls in enumerate(_minutes()):
        if minute % 30 == 0:
            town.third_dies()
        await _a_minute(town, calls)
        Watch.at += MIN
    async with town.sessions() as session:
        first = await _first_words(session)
        assert len(first) == CALLS
        managers = await _told_to_managers(session)
    acknowledged = declared = 0
    waits: list[timedelta] = []
    for ticket_id, (opened, heard) in first.items():
        told = managers.get(ticket_id)
        ends = [at for at in (heard, told) if at is not None]
        assert ends, f"nobody knows of ticket {ticket_id}"
        waits.append(min(ends) - opened)
        if heard is not None and heard == min(ends):
            acknowledged += 1
        else:
            declared += 1
    print(  # noqa: T201
        f"night: {CALLS} S1 calls, {acknowledged} acknowledged first, {declared} declared"
        f" unreachable to a manager first; longest {max(waits) / MIN:.1f} min"
    )
    assert max(waits) <= IN_TIME
    assert acknowledged > 0
    assert declared > 0


async def _first_words(session: AsyncSession) -> dict[int, tuple[datetime, datetime | None]]:
    """When each was opened, and when somebody first said that he heard it."""
    rows = await session.execute(
        select(Alert.ticket_id, Alert.falls_at, Alert.acknowledged_at).where(
            Alert.threshold == "open"
        )
    )
    return {ticket_id: (at, heard) for ticket_id, at, heard in rows}


async def _told_to_managers(session: AsyncSession) -> dict[int, datetime]:
    """When a manager's inbox said that nobody has acknowledged it."""
    rows = await session.execute(
        select(Notice.ticket_id, Notice.sent_at)
        .join(Person, Person.id == Notice.person_id)
        .where(
            Notice.template == "alert.climbed",
            Notice.sent_at.is_not(None),
            Person.login.like("manager%"),
        )
        .order_by(Notice.sent_at.desc())
    )
    return {ticket_id: at for ticket_id, at in rows if ticket_id and at}
