"""退单: why a technician gives a ticket back to the desk."""

from typing import Final

from tickets.refusals import Invalid
from tickets.words import N_

HAND_BACK_LABELS: Final = {
    "skill": N_("needs another trade or more people"),
    "parts": N_("the parts or tools for it are not with me"),
    "away": N_("cannot be there in time"),
    "unsafe": N_("not safe to work on now"),
    "wrong": N_("not ours, or the wrong place"),
    "other": N_("another reason"),
}


def check_hand_back(reason: str, note: str | None) -> None:
    """Raises Invalid naming the field."""
    if reason not in HAND_BACK_LABELS:
        raise Invalid("reason", "This is not one of the known values.")
    if reason == "other" and not note:
        raise Invalid("note", "Which other reason? The desk must know what to look for.")
