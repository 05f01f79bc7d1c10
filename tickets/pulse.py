"""The workers' heartbeat: no worker seen for two minutes is a banner and a failing /readyz."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from tickets.db import Base

SILENCE = timedelta(minutes=2)


class Heartbeat(Base):
    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


async def beat(session: AsyncSession, now: datetime, name: str = "worker") -> None:
    await session.execute(
        insert(Heartbeat)
        .values(name=name, at=now)
        .on_conflict_do_update(index_elements=["name"], set_={"at": now})
    )


async def last_beat(session: AsyncSession, name: str = "worker") -> datetime | None:
    return await session.scalar(select(Heartbeat.at).where(Heartbeat.name == name))


def is_silent(last: datetime | None, now: datetime) -> bool:
    return last is None or now - last > SILENCE
