"""Two workers, many thresholds due, `kill -9` at random: every message once at the receiver.

AFTERGLOW_DUE says how many thresholds, AFTERGLOW_KILLS how many kills; `make proof` asks for 500
and 20. A second time is allowed only where the receiver had accepted and we died before the
commit; it then bears the same id.
"""

import asyncio
import os
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from tests.channel.receiver import Receiver, receiving
from tests.faults.overdue import number, rows
from tests.faults.running import sessions_of
from tests.faults.test_worker_killed import Nursery, nursery
from tests.makers.database import own_database
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket, who_of
from tickets.channel.models import Channel, PersonChannel
from tickets.rota.models import Duty, ServiceGroup
from tickets.staff.rules import Role

pytestmark = pytest.mark.killing

DUE = int(os.environ.get("AFTERGLOW_DUE", "60"))
KILLS = int(os.environ.get("AFTERGLOW_KILLS", "5"))
TOGETHER = 8  # are on their way at once by one channel

LEFT = """
SELECT (SELECT count(*) FROM unrelayed)
  + (SELECT count(*) FROM delivery WHERE handled_at IS NULL)
  + (SELECT count(*) FROM notice WHERE sent_at IS NULL)
  + (SELECT count(*) FROM sending WHERE state <> 'accepted')
  + (SELECT count(*) FROM clock WHERE warn_at < now())
"""
TWICE = """
SELECT count(*) FROM (
  SELECT 1 FROM notice WHERE clock_id IS NOT NULL
  GROUP BY clock_id, breach_no, threshold, person_id HAVING count(*) > 1
) AS twice
"""


async def make_due(session: AsyncSession, receiver: Receiver) -> None:
    """Of each ticket half the time for the response is over: two technicians are to hear it."""
    now = datetime.now(UTC)
    group = ServiceGroup(name="night")
    session.add(group)
    await session.flush()
    project = await make_project(session)
    project.group_id = group.id
    sms = Channel(kind="sms", name="sms", settings={"url": f"{receiver.url}/sms"})
    session.add(sms)
    await session.flush()
    for n in range(2):
        person = await make_person(session, group_id=group.id)
        person.phone = f"1390000000{n}"
        session.add(PersonChannel(person_id=person.id, channel_id=sms.id, is_on=True))
        from_at = now + timedelta(hours=12 * n - 1)
        session.add(
            Duty(
                group_id=group.id,
                person_id=person.id,
                from_at=from_at,
                to_at=from_at + timedelta(hours=12),
                is_by_hand=False,
            )
        )
    operator = who_of((await make_person(session, role="hotline")).id, Role.HOTLINE)
    await session.flush()
    for _ in range(DUE):
        await make_ticket(
            session,
            project=project,
            now=now,
            reported_at=now - timedelta(minutes=31),
            who=operator,
        )


async def _kill_again_and_again(url: str, workers: Nursery, chance: random.Random) -> int:
    kills = 0
    assert workers.order("pair") == "born"
    while kills < KILLS and await number(url, LEFT):
        await asyncio.sleep(chance.uniform(0.05, 1.2))
        assert workers.order(f"shoot {chance.randrange(2)}") == "killed"
        kills += 1
    return kills


async def test_every_message_arrives_once_however_often_we_die(server: str, tmp_path: Path) -> None:
    chance = random.Random(20261125)
    async with receiving() as receiver, own_database(server) as url:
        receiver.delay = 0.005
        async with sessions_of(url) as sessions, sessions() as session, session.begin():
            await make_due(session, receiver)
        with nursery(url, tmp_path / "log") as workers:
            kills = await _kill_again_and_again(url, workers, chance)
            async with asyncio.timeout(240):
                while await number(url, LEFT):
                    await asyncio.sleep(0.2)
            assert workers.order("away") == "done 0"
        warned = "SELECT count(*) FROM event WHERE kind = 'clock.warned'"
        assert await number(url, warned) == DUE
        assert await number(url, TWICE) == 0
        ids = {str(row["id"]) for row in await rows(url, "SELECT id FROM sending")}
        # At the opening whoever is on duty, at half the time the next one too.
        assert len(ids) == 3 * DUE
        arrived = Counter(got.id for got in receiver.accepted)
    assert set(arrived) == ids
    again = sum(arrived.values()) - len(arrived)
    print(  # noqa: T201
        f"told: {DUE} thresholds, {len(ids)} messages, {kills} kills, {again} arrived again"
        " under the same id"
    )
    assert again <= kills * TOGETHER
