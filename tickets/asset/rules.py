"""What can be installed: kinds of equipment (domain.md §1.2), labels, how a code looks."""

import re
import secrets
from typing import Final

from tickets.words import N_

# code → label. Composite rows of the page are split; AREA is a place that holds cabinets.
KINDS: Final[dict[str, str]] = {
    "AREA": N_("Area"),
    "BOX": N_("Distribution box / control cabinet"),
    "CIRC": N_("Circuit"),
    "LUM_FLOOD": N_("Floodlight"),
    "LUM_WASH": N_("Wall washer"),
    "LUM_LINE": N_("Linear light"),
    "LUM_POINT": N_("Point / pixel light"),
    "LUM_STRIP": N_("LED strip"),
    "LUM_GROUND": N_("In-ground luminaire"),
    "LUM_UNDERW": N_("Underwater luminaire"),
    "LUM_GARDEN": N_("Garden luminaire"),
    "LUM_LAWN": N_("Lawn light / bollard"),
    "LUM_STREET": N_("Street light"),
    "LUM_HIMAST": N_("High-mast light"),
    "LUM_SOLAR": N_("Solar street light"),
    "LUM_PATTERN": N_("Gobo / projection light"),
    "LUM_LANTERN": N_("Festive light"),
    "SCREEN": N_("LED screen / media facade"),
    "SRC": N_("Light source / LED module"),
    "DRV": N_("LED driver"),
    "BAL": N_("Ballast / ignitor"),
    "POLE": N_("Pole"),
    "DOOR": N_("Access door"),
    "BRK": N_("Bracket / arm"),
    "FDN": N_("Foundation / anchor bolts"),
    "MCB": N_("Circuit breaker (MCB)"),
    "RCD": N_("Residual current device (RCD)"),
    "SPD": N_("Surge protector (SPD)"),
    "KM": N_("Contactor"),
    "CABLE": N_("Cable"),
    "JBOX": N_("Junction box / waterproof connector"),
    "WELL": N_("Cable chamber / handhole"),
    "EARTH": N_("Earthing"),
    "LPS": N_("Lightning protection"),
    "CCU": N_("Central controller"),
    "MID": N_("Intermediate controller"),
    "CONC": N_("Terminal concentrator"),
    "SUB": N_("Sub-controller / decoder"),
    "NODE": N_("Single-lamp controller"),
    "GW": N_("Gateway"),
    "SRV": N_("Server / industrial PC"),
    "SENS": N_("Photocell / sensor"),
    "METER": N_("Electricity meter"),
    "SIM": N_("IoT SIM"),
}

# Families that a warranty may name as a whole (灯具 24 months).
FAMILIES: Final[dict[str, str]] = {"LUM": N_("All luminaires")}

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: nothing to misread on a label


def new_public_id() -> str:
    """Ten characters, 50 random bits; the unique column refuses the one that comes twice."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(10))


def same_public_id(typed: str) -> str:
    """As it was typed from a label: small letters, O for 0, I or L for 1."""
    return typed.upper().translate(str.maketrans("OIL", "011")).replace("-", "")


# IP codes as they are written: IP65, IP6X, IPX4; a letter for additional protection may follow.
IP: Final = re.compile(r"IP[0-6X][0-9X][A-DHMSW]{0,2}")

# What holds what: an area cabinets, a cabinet circuits, a circuit everything else.
_RANK: Final = {"AREA": 0, "BOX": 1, "CIRC": 2}


def may_stand_in(kind: str, parent_kind: str) -> bool:
    """A cabinet may stand in a cabinet, a lamp on a pole; a cabinet never below a lamp."""
    return _RANK.get(parent_kind, 3) <= _RANK.get(kind, 3)


def ip_code(typed: str) -> str | None:
    """`ip 65`, `65` and `IP65` are the same; None if it is no IP code."""
    code = typed.upper().replace(" ", "")
    code = code if code.startswith("IP") else f"IP{code}"
    return code if IP.fullmatch(code) else None
