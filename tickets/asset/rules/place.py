"""How a label's code looks, what may stand in what, how an IP code is written."""

import re
import secrets
from typing import Final

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: nothing to misread on a label


def new_public_id() -> str:
    """Ten characters, 50 random bits; the unique column refuses the one that comes twice."""
    bits = secrets.randbits(50)
    return "".join(_ALPHABET[bits >> place & 31] for place in range(0, 50, 5))


def same_public_id(typed: str) -> str:
    """As it was typed from a label: small letters, O for 0, I or L for 1."""
    return typed.upper().translate(str.maketrans("OIL", "011")).replace("-", "")


# IP codes as they are written: IP65, IP6X, IPX4; a letter for additional protection may follow.
IP: Final = re.compile(r"IP[0-6X][0-9X][A-DHMSW]{0,2}")

# What holds what: an area cabinets, a cabinet circuits, a circuit everything else.
RANKS: Final = {"AREA": 0, "BOX": 1, "CIRC": 2}
LOWEST: Final = 3


def rank(kind: str) -> int:
    return RANKS.get(kind, LOWEST)


def may_stand_in(kind: str, parent_kind: str) -> bool:
    """A cabinet may stand in a cabinet, a lamp on a pole; a cabinet never below a lamp."""
    return rank(parent_kind) <= rank(kind)


def ip_code(typed: str) -> str | None:
    """`ip 65`, `65` and `IP65` are the same; None if it is no IP code."""
    code = typed.upper().replace(" ", "")
    code = code if code.startswith("IP") else f"IP{code}"
    return code if IP.fullmatch(code) else None
