"""A post office of its own: real connections and commits, as several workers have them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from tests.makers.database import own_database
from tests.makers.staff import make_person
from tickets import db
from tickets.channel.models import Channel, Sending
from tickets.events import Unrelayed, record
from tickets.notice.models import Notice
from tickets.staff.models import Person
from workers.post import send_notices
from workers.postmen import Postmen

_n = count(1)
FACTS: dict[str, Any] = {
    "ref": "T-20261124-0001",
    "project": "滨江",
    "timezone": "Asia/Shanghai",
    "place": "北门",
    "severity": "S2",
    "technician": "Lu",
    "link": "/tickets/T-20261124-0001",
    "promise": "repair",
    "due_at": "2026-11-24T01:00:00+00:00",
    "late_by": 60.0,
    "met_at": None,
    "reason": "",
}


async def make_channel(
    session: AsyncSession, kind: str, group_id: int | None = None, **settings: Any
) -> Channel:
    channel = Channel(
        kind=kind, name=f"{kind} {next(_n)}", group_id=group_id, settings=dict(settings)
    )
    session.add(channel)
    await session.flush()
    return channel


async def make_notice(
    session: AsyncSession,
    person: Person,
    *,
    template: str = "ticket.assigned",
    reach: str = "push",
    event_id: int | None = None,
    **more: Any,
) -> Notice:
    """Owed; its event has had its consequences."""
    if event_id is None:
        event = record(session, "ticket.noted", at=datetime.now(UTC), imported=True)
        await session.flush()
        event_id = event.id
    notice = Notice(
        event_id=event_id,
        person_id=person.id,
        template=template,
        facts=FACTS | more.pop("facts", {}),
        reach=reach,
        **more,
    )
    session.add(notice)
    await session.flush()
    return notice


class Office:
    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine

    async def say(self) -> None:
        await send_notices({})

    async def hand_over(self) -> None:
        """One worker's round, waited for."""
        postmen = Postmen()
        await postmen.set_out()
        await postmen.all_home()

    async def later(self) -> None:
        """The rests are over."""
        async with db.transaction() as session:
            await session.execute(update(Channel).values(rests_until=None, held_until=None))
            past = datetime.now(UTC) - timedelta(seconds=1)
            await session.execute(update(Sending).values(retry_at=past))

    async def log(self) -> list[Sending]:
        async with db.transaction(is_reading=True) as session:
            return list(await session.scalars(select(Sending).order_by(Sending.seq)))

    async def channel(self, channel_id: int) -> Channel:
        async with db.transaction(is_reading=True) as session:
            return await session.get_one(Channel, channel_id)


@pytest.fixture(scope="session")
async def office_url(server: str) -> AsyncIterator[str]:
    async with own_database(server) as url:
        yield url


@pytest.fixture
async def office(office_url: str) -> AsyncIterator[Office]:
    before = db._sessions.kw.get("bind"), dict(db._readers)
    engine = db.connect(office_url)
    db._sessions.configure(join_transaction_mode="conditional_savepoint")
    async with engine.begin() as connection:
        await connection.execute(
            text("TRUNCATE sending, person_channel, quiet_hours, channel, notice CASCADE")
        )
    try:
        yield Office(engine)
    finally:
        await engine.dispose()
        db._sessions.configure(bind=before[0])
        db._readers.clear()
        db._readers.update(before[1])


__all__ = ["FACTS", "Office", "Unrelayed", "make_channel", "make_notice", "make_person"]
