"""The secret address of a person's own calendar is made, replaced, withdrawn."""

import secrets
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.rota.models import CalendarKey


async def renew_calendar(session: AsyncSession, person_id: int, now: datetime) -> str:
    """The address before this one shows nothing any more."""
    secret = secrets.token_urlsafe(32)
    await session.execute(
        insert(CalendarKey)
        .values(person_id=person_id, secret=secret, made_at=now)
        .on_conflict_do_update(
            index_elements=[CalendarKey.person_id], set_={"secret": secret, "made_at": now}
        )
    )
    record(session, "calendar.renewed", at=now, by_id=person_id, person_id=person_id)
    return secret


async def revoke_calendar(session: AsyncSession, person_id: int, now: datetime) -> None:
    gone = await session.scalar(
        delete(CalendarKey)
        .where(CalendarKey.person_id == person_id)
        .returning(CalendarKey.person_id)
    )
    if gone is not None:
        record(session, "calendar.revoked", at=now, by_id=person_id, person_id=person_id)
