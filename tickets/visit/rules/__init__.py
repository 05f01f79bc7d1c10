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
from tickets.visit.rules.going import (
    AHEAD,
    REMIND_BEFORE,
    SIGNED_FOR,
    check_appointment,
    check_expected,
    remind_at,
)
from tickets.visit.rules.payer import PAYS_LABELS, UNDETERMINED, Payer, Pays, payer
from tickets.visit.rules.place import (
    NEARNESS_LABELS,
    Judged,
    Nearness,
    Spot,
    Stood,
    judged,
    metres_between,
)

__all__ = [
    "AHEAD",
    "MEASURED",
    "NEARNESS_LABELS",
    "PAYS_LABELS",
    "REMIND_BEFORE",
    "RESULT_LABELS",
    "SIGNED_FOR",
    "UNDETERMINED",
    "Found",
    "Judged",
    "Measured",
    "Nearness",
    "PartUsed",
    "Payer",
    "Pays",
    "Quantity",
    "Spot",
    "Stood",
    "check_appointment",
    "check_expected",
    "check_photos",
    "checked",
    "judged",
    "metres_between",
    "needs_photos",
    "payer",
    "plain",
    "remind_at",
]
