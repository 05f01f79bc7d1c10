"""How a label's code looks, what may stand in what, how an IP code is written."""

from tickets.asset.rules.labels import (
    CORRECTION_LABELS,
    FINEST,
    ORDER_LABELS,
    PAD,
    QUIET,
    SHEETS,
    Correction,
    Sheet,
    check_first,
    module_of,
    sheet_of,
    sheets_needed,
)
from tickets.asset.rules.labels import MOST as MOST_LABELS
from tickets.asset.rules.labels import Order as LabelOrder
from tickets.asset.rules.place import IP, ip_code, may_stand_in, new_public_id, same_public_id

__all__ = [
    "CORRECTION_LABELS",
    "FINEST",
    "IP",
    "MOST_LABELS",
    "ORDER_LABELS",
    "PAD",
    "QUIET",
    "SHEETS",
    "Correction",
    "LabelOrder",
    "Sheet",
    "check_first",
    "ip_code",
    "may_stand_in",
    "module_of",
    "new_public_id",
    "same_public_id",
    "sheet_of",
    "sheets_needed",
]
