"""What is decided on a visit: what a repair says, who pays for it, where the phone was."""

from tickets.visit.rules.found import RESULT_LABELS, Found, PartUsed, checked
from tickets.visit.rules.payer import PAYS_LABELS, UNDETERMINED, Payer, Pays, payer
from tickets.visit.rules.place import Stood

__all__ = [
    "PAYS_LABELS",
    "RESULT_LABELS",
    "UNDETERMINED",
    "Found",
    "PartUsed",
    "Payer",
    "Pays",
    "Stood",
    "checked",
    "payer",
]
