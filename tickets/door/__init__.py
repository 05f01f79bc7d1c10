"""What every door may ask for: a transaction, what time it is, what was typed."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.door.once import COOKIE, Answered, DoorRoute
from tickets.door.problems import PROBLEMS, Problem
from tickets.door.rooms import RoomRouter
from tickets.door.typed import (
    ActIn,
    ActKey,
    Instant,
    Line,
    Passage,
    Strict,
    Typed,
    Words,
    clean,
    in_utc,
    sentence_for,
    typed,
)

__all__ = [
    "COOKIE",
    "PROBLEMS",
    "ActIn",
    "ActKey",
    "Answered",
    "DoorRoute",
    "Instant",
    "Line",
    "Now",
    "Passage",
    "Problem",
    "RoomRouter",
    "Session",
    "Strict",
    "Typed",
    "Words",
    "clean",
    "in_utc",
    "sentence_for",
    "typed",
]


async def _session(request: Request) -> AsyncSession:
    session: AsyncSession = request.state.session
    return session


async def _now() -> datetime:
    return datetime.now(UTC)


Session = Annotated[AsyncSession, Depends(_session)]
Now = Annotated[datetime, Depends(_now)]
