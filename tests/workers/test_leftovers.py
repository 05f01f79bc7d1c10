"""What nobody needs any more is forgotten; what people did is not."""

from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket
from tickets.door import Answered
from tickets.events import Delivery, Event
from tickets.staff.models import SignIn
from workers.relay import relay_events
from workers.sweeps import forget_leftovers


async def test_old_answers_deliveries_and_sign_ins_go_and_the_diary_stays(
    session: AsyncSession, now: datetime
) -> None:
    person = await make_person(session, role="manager")
    await make_ticket(session, project=await make_project(session), now=now)
    await session.commit()
    await relay_events({})
    for days in (1, 400):
        at = now - timedelta(days=days)
        session.add(Answered(asker="x", key=uuid4(), digest="x", at=at))
        session.add(SignIn(key_hash=f"k{days}", person_id=person.id, expires_at=at, ended_at=at))
        event = Event(kind="ticket.noted", facts={"imported": True}, happened_at=at)
        session.add(event)
        await session.flush()
        session.add(Delivery(event_id=event.id, reaction="x", handled_at=at))
    await session.commit()
    before = await session.scalar(select(func.count()).select_from(Event))

    assert await forget_leftovers({}) == 3
    assert await forget_leftovers({}) == 0

    assert await session.scalar(select(func.count()).select_from(Answered)) == 1
    assert await session.scalar(select(func.count()).select_from(SignIn)) == 1
    assert await session.scalar(select(func.count()).select_from(Event)) == before
