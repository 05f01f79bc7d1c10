"""What falls on one ticket at one instant is one message: who carries it, how far it goes."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol, TypeVar


class Reach(StrEnum):
    """From the inbox alone to every channel there is; in this order."""

    INBOX = "inbox"
    LIST = "list"
    PUSH = "push"
    URGENT = "urgent"
    EVERYWHERE = "everywhere"

    @property
    def is_urgent(self) -> bool:
        return self in (Reach.URGENT, Reach.EVERYWHERE)


class Owed(Protocol):
    """What the rules need to know of a notice."""

    id: int
    template: str
    facts: dict[str, Any]


N = TypeVar("N", bound=Owed)


def _rank(template: str, facts: Mapping[str, Any]) -> int:
    if template == "clock.breached":
        return 0
    return 1 if facts.get("severity") == "S1" else 2


def first(notices: Sequence[N]) -> N:
    """A breach before a danger before the rest; else the one that came first (rules.md §5)."""
    return min(notices, key=lambda notice: (_rank(notice.template, notice.facts), notice.id))


def furthest(reaches: Iterable[str]) -> Reach:
    order = list(Reach)
    return max((Reach(reach) for reach in reaches), key=order.index)
