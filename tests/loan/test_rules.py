"""When a substitution is owed, since when, and what settles it first."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from tickets.loan.rules import is_owed, owed_at, standing

START = datetime(2026, 11, 1, 8, tzinfo=UTC)


@dataclass(frozen=True)
class Settled:
    kind: str
    at: datetime


@pytest.mark.parametrize("cover", ["warranty", "contract", "expired", "not_accepted_yet"])
@pytest.mark.parametrize("main", ["yes", "no", "unknown"])
def test_it_is_owed_in_cover_unless_no_main_equipment_is_out(cover: str, main: str) -> None:
    assert is_owed(cover, main) == (cover in ("warranty", "contract") and main != "no")


def test_pauses_do_not_move_it() -> None:
    assert owed_at(START, timedelta(hours=48)) == datetime(2026, 11, 3, 8, tzinfo=UTC)


def test_nothing_recorded_leaves_it_owed() -> None:
    assert standing([]).state == "owed"


def test_what_happened_first_settles_it() -> None:
    later, sooner = START + timedelta(hours=2), START + timedelta(hours=1)
    told = standing([Settled("declined", later), Settled("measure", sooner)])
    assert (told.state, told.settled_at) == ("measure", sooner)
