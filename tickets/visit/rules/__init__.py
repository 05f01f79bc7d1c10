"""What is decided on a visit: what a repair says, who pays for it, where the phone was."""

from tickets.visit.rules.found import (
    MEASURED,
    RESULT_LABELS,
    Found,
    Measured,
    PartUsed,
    Quantity,
    check_photos,
    checked,
    needs_photos,
    plain,
)
from tickets.visit.rules.payer import PAYS_LABELS, UNDETERMINED, Payer, Pays, payer
from tickets.visit.rules.place import Stood

__all__ = [
    "MEASURED",
    "PAYS_LABELS",
    "RESULT_LABELS",
    "UNDETERMINED",
    "Found",
    "Measured",
    "PartUsed",
    "Payer",
    "Pays",
    "Quantity",
    "Stood",
    "check_photos",
    "checked",
    "needs_photos",
    "payer",
    "plain",
]
