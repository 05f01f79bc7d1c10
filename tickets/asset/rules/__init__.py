"""How a label's code looks, what may stand in what, where it lies on which map, what is kept."""

from tickets.asset.rules.datum import DATUMS, GCJ02, WGS84, Opens, Point, is_shifted, maps, on
from tickets.asset.rules.fields import CHANGES, FIELDS, FOR_MANY, MOST_MATCHING, MOST_TICKED
from tickets.asset.rules.filed import MOST_BYTES, SERVED, clean_name, ending_of, is_picture
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
from tickets.asset.rules.place import (
    IP,
    LOWEST,
    RANKS,
    ip_code,
    may_stand_in,
    new_public_id,
    rank,
    same_public_id,
)

__all__ = [
    "CHANGES",
    "CORRECTION_LABELS",
    "DATUMS",
    "FIELDS",
    "FINEST",
    "FOR_MANY",
    "GCJ02",
    "IP",
    "LOWEST",
    "MOST_BYTES",
    "MOST_LABELS",
    "MOST_MATCHING",
    "MOST_TICKED",
    "ORDER_LABELS",
    "PAD",
    "QUIET",
    "RANKS",
    "SERVED",
    "SHEETS",
    "WGS84",
    "Correction",
    "LabelOrder",
    "Opens",
    "Point",
    "Sheet",
    "check_first",
    "clean_name",
    "ending_of",
    "ip_code",
    "is_picture",
    "is_shifted",
    "maps",
    "may_stand_in",
    "module_of",
    "new_public_id",
    "on",
    "rank",
    "same_public_id",
    "sheet_of",
    "sheets_needed",
]
