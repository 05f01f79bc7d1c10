"""The database: one Base, one way to open a transaction, the only commit."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from sqlalchemy import DateTime, Interval, MetaData, Text, event
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase

from tickets.wake import wake_worker


class Base(DeclarativeBase):
    type_annotation_map = {
        datetime: DateTime(timezone=True),
        timedelta: Interval(),
        str: Text(),
        dict[str, Any]: JSONB(),
        list[str]: ARRAY(Text()),
    }
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


_sessions: async_sessionmaker[AsyncSession] = async_sessionmaker(expire_on_commit=False)


_SERVER_SETTINGS = {
    "timezone": "UTC",
    "application_name": "tickets",
    # Every statement of ours is answered from an index in a millisecond or so: compiling it, or
    # calling other processes to help, takes several times as long as doing it.
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
}


def connect(url: str, *, pool_size: int = 10) -> AsyncEngine:
    """`url` is any PostgreSQL URL; the driver is ours to choose."""
    _, _, rest = url.partition("://")
    engine = create_async_engine(
        f"postgresql+asyncpg://{rest}",
        pool_size=pool_size,
        max_overflow=pool_size,
        hide_parameters=True,  # what was typed, callers' numbers among it, stays out of the log
        connect_args={"server_settings": _SERVER_SETTINGS},
    )
    _look_after_idling(engine)
    _sessions.configure(bind=engine)
    return engine


IDLE = 1.0  # seconds


def _look_after_idling(engine: AsyncEngine) -> None:
    """A connection that lay idle may be dead (the server was started again): it is tried before
    it is lent. One that came back a moment ago is not; that would cost every request a question."""

    @event.listens_for(engine.sync_engine, "checkin")
    def note(_connection: Any, record: Any) -> None:
        record.info["back_at"] = monotonic()

    @event.listens_for(engine.sync_engine, "checkout")
    def look(connection: Any, record: Any, _lent: Any) -> None:
        if monotonic() - record.info.get("back_at", 0.0) > IDLE:
            try:
                engine.dialect.do_ping(connection)
            except Exception as error:
                raise DisconnectionError from error  # the pool makes a fresh one


@asynccontextmanager
async def transaction() -> AsyncIterator[AsyncSession]:
    """One request, or one job, is one transaction: all of it happens or none of it."""
    async with _sessions() as session, session.begin():
        yield session
    if session.info.pop("events_recorded", False):
        await wake_worker()
