"""What is owed while main equipment is out, and what settles it (rules.md §8)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from tickets.words import N_


class SubstitutionState(StrEnum):
    NOT_OWED = "not_owed"
    OWED = "owed"
    LOANED = "loaned"
    MEASURE = "measure"
    DECLINED = "declined"
    LAPSED = "lapsed"


SUBSTITUTION_LABELS: Final = {
    SubstitutionState.NOT_OWED: N_("no substitution is owed"),
    SubstitutionState.OWED: N_("a substitution is owed"),
    SubstitutionState.LOANED: N_("a loaner has been handed over"),
    SubstitutionState.MEASURE: N_("an emergency measure has been taken"),
    SubstitutionState.DECLINED: N_("the owner has declined a substitution"),
    SubstitutionState.LAPSED: N_("the debt has lapsed: the repair was in time after all"),
}

IN_COVER: Final = frozenset({"warranty", "contract"})


def is_owed(cover: str, main_equipment: str) -> bool:
    """Asked at the breach of the repair: not known by then counts as yes."""
    return cover in IN_COVER and main_equipment in ("yes", "unknown")


def owed_at(started_at: datetime, target: timedelta) -> datetime:
    """When the repair would be due without pauses: the owner's use must not suffer, whoever
    caused the wait."""
    return started_at + target


class Settling(Protocol):
    """A recorded measure or refusal."""

    @property
    def kind(self) -> str: ...
    @property
    def at(self) -> datetime: ...


@dataclass(frozen=True)
class Standing:
    """How a debt stands; `settled_at` is when the measure was taken or the owner declined."""

    state: SubstitutionState
    settled_at: datetime | None = None


def standing(settlements: Iterable[Settling]) -> Standing:
    """What was recorded first settles it, also when it was recorded before the debt arose."""
    first = min(settlements, key=lambda each: each.at, default=None)
    if first is None:
        return Standing(SubstitutionState.OWED)
    return Standing(SubstitutionState(first.kind), first.at)
