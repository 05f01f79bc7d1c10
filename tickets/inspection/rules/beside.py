"""What goes beside the inspections: upkeep and training (P4, P5)."""

from datetime import date, timedelta
from typing import Final

from tickets.words import N_

UPKEEP_LABELS: Final[dict[str, str]] = {
    "cleaning": N_("Cleaning"),
    "tightening": N_("Tightening"),
    "season": N_("Switching to the season"),
    "other": N_("Other upkeep"),
}

# The six of the after-sales plan.
TOPIC_LABELS: Final[dict[str, str]] = {
    "safety": N_("Safe operation and upkeep"),
    "structure": N_("Structure and performance"),
    "parts": N_("Main parts, their use and repair"),
    "daily": N_("Daily use and care"),
    "faults": N_("Common faults"),
    "emergency": N_("Emergencies"),
}

TRAINING_DAYS: Final = 30

HOW_LABELS: Final[dict[str, str]] = {
    "in_person": N_("in person"),
    "printed": N_("printed, by post or courier"),
    "email": N_("by e-mail"),
    "link": N_("by a link that ends"),
}


def training_due(accepted_on: date) -> date:
    """The owner's people are trained within 30 days after acceptance."""
    return accepted_on + timedelta(TRAINING_DAYS)
