"""What the model has found (tests/sla/test_model.py), each once more in plain words."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.sla.oracle import Says, Told
from tests.sla.player import Figures, Player
from tests.sla.test_model import undone

START = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
H = timedelta(hours=1)


class Teller:
    """Hours after the start are instants; what is told must be taken, and the rows must agree."""

    def __init__(self, player: Player) -> None:
        self.player = player

    async def __call__(self, now: float, what: str, ticket: str = "A", **more: Any) -> None:
        facts = {
            name: START + value * H if name in ("at", "from_at", "to_at") else value
            for name, value in more.items()
        }
        self.player.now = START + now * H
        taken = await self.player.tell(Told(ticket, what, self.player.now, **facts))
        assert taken, what
        await self.player.compare()

    def says(self, promise: str, *, cycle: int = 1, generation: int = 1, of: str = "A") -> Says:
        return self.player.oracle.says(self.player.now)[of, cycle, promise, generation]


@pytest.fixture
async def told(connection: AsyncConnection) -> AsyncIterator[Teller]:
    async with undone(connection):
        player = Player("report", START, Figures())
        await player.set_up()
        yield Teller(player)


async def test_a_pause_that_waits_waits_in_every_cycle_it_reaches_into(told: Teller) -> None:
    """rules.md §3: it counts only once a manager has accepted it."""
    await told(0, "open", at=0)
    await told(9, "repair", at=8)
    await told(20, "recur", at=20)
    await told(90, "pause", from_at=7, to_at=30)
    assert told.says("repair").due == START + 48 * H
    assert told.says("repair", cycle=2).due == START + 68 * H
    await told(91, "accept", pause=told.player.told[-1].pause)
    assert told.says("repair").due == START + 49 * H
    assert told.says("repair", cycle=2).due == START + 78 * H


async def test_a_pause_that_counted_survives_a_change_to_a_shorter_target(told: Teller) -> None:
    """rules.md §3: pauses survive every change of severity."""
    await told(0, "open", at=0)
    await told(30, "pause", from_at=10, to_at=22)
    assert told.says("repair").due == START + 60 * H
    await told(40, "severity", severity="S2")
    assert told.says("repair", generation=2).due == START + 48 * H  # 36 and the 12 of the pause
    assert told.says("arrival", generation=2).due == START + 36 * H


async def test_what_has_been_repaired_is_no_danger_when_it_is_raised_again(told: Teller) -> None:
    """docs/decisions/0003: a repair also keeps `make_safe`, of a second danger too."""
    await told(0, "open", at=0, severity="S1")
    await told(1, "severity", severity="S3")
    await told(2, "severity", severity="S1")
    await told(5, "repair", at=0.5)
    assert told.says("make_safe", generation=3).state == "met"


async def test_a_recurrence_dated_before_a_change_begins_with_the_severity_of_its_day(
    told: Teller,
) -> None:
    """rules.md §2, §4: the change belongs to the cycle that holds its instant."""
    await told(0, "open", at=0, severity="S1")
    await told(30, "severity", severity="S2")
    await told(40, "repair", at=10)
    await told(90, "recur", at=20)
    assert told.says("arrival", cycle=2).due == START + 24 * H  # four hours, as for an S1


async def test_a_duplicate_split_off_after_a_recurrence_takes_its_report_along(
    told: Teller,
) -> None:
    """rules.md §2: splitting derives both anew, the earlier cycle too."""
    await told(0, "open", at=0)
    await told(5, "open", "B", at=5)
    await told(6, "merge", into="B")
    await told(10, "repair", "B")
    await told(20, "recur", "B")
    assert told.says("repair", of="B").due == START + 48 * H
    await told(30, "split")
    assert told.says("repair", of="B").due == START + 53 * H


async def test_a_cycle_begun_with_a_duplicates_danger_loses_it_with_the_duplicate(
    told: Teller,
) -> None:
    """rules.md §2: splitting derives both anew, with the targets of their own severities."""
    await told(0, "open", at=0)
    await told(0, "open", "B", at=0, severity="S1")
    await told(1, "repair", at=1)
    await told(2, "merge", "B", into="A")
    await told(3, "recur", at=3)
    assert told.says("arrival", cycle=2).due == START + 7 * H
    await told(4, "split", "B")
    assert told.says("arrival", cycle=2).due == START + 51 * H


async def test_an_open_pause_of_a_duplicate_ends_with_the_repair_and_not_in_the_next_cycle(
    told: Teller,
) -> None:
    """rules.md §3: the repair ends it, whichever of the two tickets it stands on."""
    await told(0, "open", at=0)
    await told(0, "open", "B", at=0)
    await told(5, "pause", from_at=2)
    await told(9, "repair", "B", at=8)
    await told(10, "merge", into="B")
    await told(20, "recur", "B")
    assert told.says("repair", cycle=2, of="B").state == "running"


async def test_a_repair_told_late_of_an_earlier_cycle_leaves_the_pause_of_this_one_open(
    told: Teller,
) -> None:
    """rules.md §3, §4: an act belongs to the cycle that holds its instant."""
    await told(0, "open", at=0)
    await told(9, "repair", at=8)
    await told(20, "recur", at=20)
    await told(25, "pause", from_at=21)
    await told(26, "repair", at=6)
    assert told.says("repair", cycle=2).state == "paused"


async def test_a_split_may_leave_a_change_before_the_report_and_no_clock_starts_before_it(
    told: Teller,
) -> None:
    """rules.md §2: all start at the report."""
    await told(0, "open", at=0)
    await told(5, "open", "B", at=5)
    await told(5, "merge", into="B")
    await told(5, "severity", "B", at=1, severity="S1")
    await told(6, "split")
    assert told.says("make_safe", generation=2, of="B").start == START + 5 * H


async def test_a_pause_moves_no_response_not_even_one_that_gave_way(told: Teller) -> None:
    """rules.md §3: only arrival and repair pause."""
    await told(0, "open", at=0)
    await told(0.5, "pause", from_at=0.25, to_at=0.4)
    await told(0.6, "severity", severity="S2")
    assert told.says("response").due == START + 1 * H


async def test_a_pause_before_the_repair_began_lifts_no_breach_of_it_and_counts_at_once(
    connection: AsyncConnection,
) -> None:
    """rules.md §3: only what would lift a breach waits for a manager."""
    async with undone(connection):
        player = Player("arrival", START, Figures())
        await player.set_up()
        told = Teller(player)
        await told(0, "open", at=0, severity="S1")
        await told(50, "arrive", at=3)
        await told(50, "pause", from_at=0.5, to_at=2)
        assert told.says("arrival").due == START + 5.5 * H
        assert told.says("repair").due == START + 27 * H
