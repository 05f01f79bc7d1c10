"""What of a ticket's photos stands on its job sheet."""

from collections.abc import Sequence
from typing import Final, Protocol, TypeVar

from tickets.words import N_

MOST_ON_SHEET: Final = 24  # three pages

MOMENT_LABELS: Final = {
    "before": N_("Before the work"),
    "after": N_("After the work"),
    "other": N_("Photo"),
}


# As templates/parts/labels.html says it on pages.
COVER_LABELS: Final = {
    "warranty": N_("In warranty"),
    "contract": N_("Under a service contract"),
    "expired": N_("Out of cover: chargeable, quote first"),
    "not_accepted_yet": N_("Not accepted yet: free of charge"),
}


class Shown(Protocol):
    moment: str


P = TypeVar("P", bound=Shown)
_ORDER: Final = ("before", "after", "other")


def for_sheet(photos: Sequence[P]) -> list[P]:
    """Before, after, the rest; where there are too many, as many of each moment as there is room
    for, those of the work first."""
    by_moment = [[each for each in photos if each.moment == moment] for moment in _ORDER]
    before, after, other = by_moment
    if len(photos) <= MOST_ON_SHEET:
        return [*before, *after, *other]
    most = MOST_ON_SHEET - min(len(after), MOST_ON_SHEET // 2)
    before = before[:most]
    after = after[: MOST_ON_SHEET - len(before)]
    return [*before, *after, *other[: MOST_ON_SHEET - len(before) - len(after)]]
