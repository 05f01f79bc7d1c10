"""How a label's code looks, what may stand in what, where it lies on which map, what is kept."""

from tickets.asset.rules.datum import DATUMS, GCJ02, WGS84, Opens, Point, is_shifted, maps, on
from tickets.asset.rules.fields import CHANGES, FIELDS, FOR_MANY, MOST_MATCHING, MOST_TICKED
from tickets.asset.rules.filed import MOST_BYTES, SERVED, clean_name, ending_of, is_picture
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
    "DATUMS",
    "FIELDS",
    "FOR_MANY",
    "GCJ02",
    "IP",
    "LOWEST",
    "MOST_BYTES",
    "MOST_MATCHING",
    "MOST_TICKED",
    "RANKS",
    "SERVED",
    "WGS84",
    "Opens",
    "Point",
    "clean_name",
    "ending_of",
    "ip_code",
    "is_picture",
    "is_shifted",
    "maps",
    "may_stand_in",
    "new_public_id",
    "on",
    "rank",
    "same_public_id",
]
