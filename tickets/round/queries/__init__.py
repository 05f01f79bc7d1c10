"""Reads of the round: its stops, one ticket at the cabinet, what the phone takes along."""

from tickets.round.queries.pack import (
    AssetPacked,
    CheckPage,
    Packed,
    Verdict,
    checks_of,
    pack_of,
    verdicts_of,
)
from tickets.round.queries.stops import At, Round, Stop, at, danger_first, round_of

__all__ = [
    "AssetPacked",
    "At",
    "CheckPage",
    "Packed",
    "Round",
    "Stop",
    "Verdict",
    "at",
    "checks_of",
    "danger_first",
    "pack_of",
    "round_of",
    "verdicts_of",
]
