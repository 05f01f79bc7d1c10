"""The clocks against an oracle that knows only what was told (issue 3, docs/decisions/0009).

Hypothesis draws what people do to a few tickets; it goes through the real verbs to PostgreSQL, and
after every step each stored clock must say what the oracle says. AFTERGLOW_EXAMPLES says how long.
"""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.sla.oracle import Key, Says, Told
from tests.sla.player import Figures, H, Move, Player, by_phone
from tickets import db

START = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
LENGTH = 25  # moves on one set of tickets
EXAMPLES = max(30, int(os.environ.get("AFTERGLOW_EXAMPLES", "100")) // 10)

# As often as it takes to meet every corner.
OFTEN = {
    "wait": 1, "open": 4, "respond": 3, "make_safe": 2, "arrive": 4, "repair": 5, "pause": 7,
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


@dataclass(frozen=True)
class Past:
    """What the desk knew before a phone found its network again."""

    severity: str
    came_again: bool
    is_swept: bool


hours = st.floats(0, 71.9, allow_nan=False).map(lambda n: round(n, 2))
acts = st.builds(
    Told,
    ticket=st.just("A"),
    what=st.sampled_from(("arrive", "respond", "make_safe", "repair", "repair")),
    now=st.just(START),
    on_site=st.booleans(),
    result=st.sampled_from(("fixed", "partial")),
)


@settings(max_examples=max(6, EXAMPLES // 4), suppress_health_check=[HealthCheck.too_slow])
@given(
    repair_from=st.sampled_from(("report", "arrival")),
    past=st.builds(Past, st.sampled_from(("S1", "S3")), st.booleans(), st.booleans()),
    # Nobody does two things at one instant: the second would be told that it is done already.
    done=st.lists(st.tuples(acts, hours), min_size=1, max_size=4, unique_by=lambda each: each[1]),
    rests=st.lists(hours, min_size=2, max_size=4, unique=True),
    ahead=st.sampled_from((0, 45, -600, 7200)),
    draw=st.data(),
)
async def test_any_order_of_delivery_gives_the_same_verdicts(
    connection: AsyncConnection,
    figures: Figures,
    repair_from: str,
    past: Past,
    done: list[tuple[Told, float]],
    rests: list[float],
    ahead: int,
    draw: st.DataObject,
) -> None:
    """Phone acts that can all be taken, of the last 72 hours, delivered at one moment."""
    delivered = START + 72 * H
    batch = [replace(act, at=START + at * H) for act, at in done]
    edges = sorted(rests)
    for begin, end in zip(edges[::2], [*edges[1::2], edges[-1]], strict=False):
        if begin < end:
            told = Told("A", "pause", START, at=START + end * H)
            batch.append(replace(told, from_at=START + begin * H, to_at=START + end * H))
    batch = [by_phone(replace(t, now=delivered), timedelta(seconds=ahead)) for t in batch]
    found = []
    for order in [batch, batch[::-1], draw.draw(st.permutations(batch))]:
        async with undone(connection):
            player = Player(repair_from, START, figures)
            await player.set_up()
            assert await player.tell(Told("A", "open", START, at=START, severity=past.severity))
            player.now = delivered
            if past.came_again:
                fixed = Told("A", "repair", delivered, at=START + 20 * H)
                assert await player.tell(fixed)
                assert await player.tell(Told("A", "recur", delivered, at=START + 30 * H))
            if past.is_swept:
                await player.play(Move("sweep"))
            for told in order:
                taken = await player.tell(told)
                (figures.taken if taken else figures.refused)["phone"] += 1
                await player.compare("phone")
            found.append(_verdicts(player))
            assert found[0] == found[-1], player.so_far()


def _verdicts(player: Player) -> dict[Key, Says]:
    """When what is late already was done at last depends on what was taken as still to be done."""
    says = player.oracle.says(player.now)
    return {key: replace(s, met=None) if s.state == "late" else s for key, s in says.items()}
