"""Hearing from a phone: by what it delivers, and by its own word."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.phone.models import Phone

NAMELESS: Final = UUID(int=0)
# Finer is not told: what a phone delivers side by side does not wait for one another.
FINELY: Final = timedelta(seconds=30)


async def heard(session: AsyncSession, person_id: int, now: datetime) -> None:
    """Something came from a phone of his: the one he used last, for it does not say."""
    last = (
        await session.execute(
            select(Phone.phone, Phone.heard_at)
            .where(Phone.person_id == person_id)
            .order_by(Phone.heard_at.desc())
            .limit(1)
        )
    ).first()
    if last is None:
        row = insert(Phone).values(person_id=person_id, phone=NAMELESS, heard_at=now)
        await session.execute(row.on_conflict_do_nothing())
    elif last.heard_at < now - FINELY:
        await session.execute(
            update(Phone)
            .where(Phone.person_id == person_id, Phone.phone == last.phone, Phone.heard_at < now)
            .values(heard_at=now)
        )


async def beat(
    session: AsyncSession,
    person_id: int,
    *,
    phone: UUID,
    app_version: str | None,
    waiting: int,
    now: datetime,
) -> None:
    """A phone says that it is there, and how many acts wait on it. The later word counts."""
    said = {"heard_at": now, "app_version": app_version, "waiting": waiting}
    row = insert(Phone).values(person_id=person_id, phone=phone, **said)
    await session.execute(
        row.on_conflict_do_update(
            index_elements=[Phone.person_id, Phone.phone], set_=said, where=Phone.heard_at <= now
        )
    )
