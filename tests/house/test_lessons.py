"""Every lesson of how others got this wrong has its test, or the room it waits for."""

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent.parent
TESTED = {
    1: "sla/test_rules.py",
    2: "sla/test_rules.py",
    3: "ticket/test_grade.py",
    4: "ticket/test_grade.py",
    5: "ticket/test_grade.py",
    7: "ticket/test_pauses.py",
    8: "ticket/test_recur.py",
    9: "stories/test_late_news.py",
    10: "faults/test_redis_lost.py",
    11: "stories/test_late_news.py",
    12: "ticket/test_ladder.py",
    13: "sla/test_sweep.py",
    15: "project/test_cover.py",
    16: "project/test_cover.py",
    21: "sla/test_rules.py",
    26: "stories/test_late_news.py",
    27: "stories/test_late_news.py",
    28: "channel/test_handing.py",
    30: "ticket/test_merge.py",
    31: "visit/test_place.py",
}
WAITS = {
    6: "working calendars (the two pauses of it stand in ticket/test_pauses.py)",
    14: "inspections",
    17: "inspections",
    18: "inspections",
    19: "inspections",
    20: "working calendars",
    22: "service contracts and their reminders",
    23: "loaners",
    24: "loaners",
    25: "loaners",
    29: "working calendars",
    32: "exports and papers",
}


def test_every_lesson_is_one_or_the_other() -> None:
    assert sorted([*TESTED, *WAITS]) == list(range(1, 33))


@pytest.mark.parametrize("number", TESTED)
def test_the_lesson_is_named_where_it_is_tested(number: int) -> None:
    assert re.search(rf"# .*\bE{number}\b", (HERE / TESTED[number]).read_text())
