"""Many tickets at once: how many, and which of several calls about one fault survives (§2)."""

from datetime import datetime
from typing import Final, Protocol

MOST_TOGETHER: Final = 200  # more is no selection any more; a sentence says so


class Told(Protocol):
    """As much of a ticket as decides which survives."""

    @property
    def id(self) -> int: ...
    @property
    def severity(self) -> str: ...
    @property
    def reported_at(self) -> datetime: ...


def survives_first(ticket: Told) -> tuple[str, datetime, int]:
    """The gravest survives, of these the earliest; of two at one instant the one we knew first."""
    return ticket.severity, ticket.reported_at, ticket.id
