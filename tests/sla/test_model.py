"""The clocks against an oracle that knows only what was told (issue 3, docs/decisions/0009).

Hypothesis draws what people do to a few tickets; it goes through the real verbs to PostgreSQL, and
after every step each stored clock must say what the oracle says. AFTERGLOW_EXAMPLES says how long.
"""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.sla.player import Figures, Move, Player
from tickets import db

START = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
LENGTH = 25  # moves on one set of tickets
EXAMPLES = max(20, int(os.environ.get("AFTERGLOW_EXAMPLES", "100")) // 10)

# As often as it takes to meet every corner.
OFTEN = {
    "wait": 2, "open": 2, "respond": 3, "make_safe": 2, "arrive": 4, "repair": 5, "pause": 7,
    "end": 3, "accept": 3, "reject": 2, "severity": 5, "merge": 3, "split": 2, "recur": 4,
    "cancel": 1, "close": 1, "check": 3, "sweep": 5,
}  # fmt: skip

some = st.integers(0, 11)
moves = st.builds(
    Move,
    what=st.sampled_from([what for what, times in OFTEN.items() for _ in range(times)]),
    wait=some,
    ticket=st.integers(0, 3),
    other=st.integers(0, 3),
    when=st.none() | some,
    until=st.none() | some,
    nudge=st.sampled_from((0, 0, -1, 1)),
    phone=st.none() | st.sampled_from((0, 30, -600, 7200)),
    yes=st.booleans(),
    choice=some,
)


@pytest.fixture(scope="module")
def figures() -> Iterator[Figures]:
    kept = Figures()
    yield kept
    print(f"\n{kept}")  # noqa: T201


@asynccontextmanager
async def undone(connection: AsyncConnection) -> AsyncIterator[None]:
    """Whatever is committed within is taken back."""
    savepoint = await connection.begin_nested()
    db._sessions.configure(bind=connection, join_transaction_mode="create_savepoint")
    try:
        yield
    finally:
        await savepoint.rollback()


@settings(
    max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(
    repair_from=st.sampled_from(("report", "arrival")),
    played=st.lists(moves, min_size=LENGTH, max_size=LENGTH),
)
async def test_every_clock_says_what_was_told(
    connection: AsyncConnection, figures: Figures, repair_from: str, played: list[Move]
) -> None:
    async with undone(connection):
        player = Player(repair_from, START, figures)
        await player.set_up()
        try:
            for move in played:
                await player.play(move)
        except AssertionError as error:
            error.add_note(player.so_far())
            raise
