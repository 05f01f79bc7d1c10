"""A row of the queue of call-backs, and what it says of itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tickets.grams import mask
from tickets.ticket.rules import TRIES, Asked, why_not_close


@dataclass(frozen=True)
class Voice:
    """Somebody who called about it; `is_told`: he has heard how it ended."""

    contact_id: int
    name: str
    phone: str
    ref: str
    is_told: bool

    @property
    def masked(self) -> str:
        return mask(self.phone) if self.phone else ""

    @property
    def digits(self) -> str:
        return self.phone.replace(" ", "")


@dataclass(frozen=True)
class Try:
    outcome: str
    at: datetime
    by: str | None
    rating: int | None
    note: str | None
    contact_id: int | None


@dataclass(frozen=True)
class ToAsk:
    """A row of the queue."""

    id: int
    ref: str
    kind: str
    status: str
    severity: str
    fault: str | None
    description: str
    place: str | None
    cycle: int
    ask_at: datetime | None
    promised_at: datetime | None
    reminders: int
    reporter_id: int | None
    project_id: int
    group_id: int | None
    project_code: str
    project_name: str
    timezone: str
    fixed_at: datetime | None
    fixed_by: str | None
    work: str | None
    tries: Sequence[Try]
    awaits_look: bool
    callers: Sequence[Voice] = ()
    is_whole: bool = False  # may the numbers be seen whole

    @property
    def misses(self) -> int:
        return sum(1 for each in self.tries if each.outcome == "not_reached")

    @property
    def rating(self) -> int | None:
        return next((each.rating for each in self.tries if each.rating), None)

    @property
    def untold(self) -> Sequence[Voice]:
        return [each for each in self.callers if not each.is_told]

    @property
    def others(self) -> Sequence[Voice]:
        return [each for each in self.untold if each.contact_id != self.reporter_id]

    @property
    def obstacle(self) -> str | None:
        """Why it cannot be closed; None: close is offered at once."""
        return why_not_close(
            self.kind,
            self.status,
            [Asked(each.outcome) for each in self.tries],
            confirmed_by=None,
            outcome=None,
            awaits_look=self.awaits_look,
        )

    @property
    def is_heard(self) -> bool:
        """The owner's word, or as many tries as stand for it."""
        return self.misses >= TRIES or any(each.outcome == "works" for each in self.tries)
