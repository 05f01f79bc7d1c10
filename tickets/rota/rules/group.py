"""A service group has at least three named technicians (rules.md §5, P3)."""

from typing import Final

MINIMUM: Final = 3


def missing(count: int) -> int:
    """How many technicians a group is short of."""
    return max(0, MINIMUM - count)
