"""Phone numbers that somebody typed as a reason or a place: they leave the house as 138****1234."""

import re
from collections.abc import Mapping
from typing import Any, Final

# What people put between the groups of a number; never a line's end.
_SPACE: Final = r"[^\S\n]{1,2}"
_GAP: Final = rf"(?:{_SPACE}|[^\S\n]?[-.·‐-―－)）][^\S\n]?)"
# Other groups with more than spaces between are a lamp's number: 1301-0045-012.
_GROUPS: Final = "|".join(
    gap.join(rf"\d{{{size}}}" for size in sizes)
    for gap, *every in (
        (_GAP, (11,), (3, 8), (7, 4), (3, 4, 4), (3, 3, 5)),
        (_SPACE, (4, 4, 3), (4, 3, 4), (5, 3, 3), (5, 6), (6, 5)),
    )
    for sizes in every
)
_ABROAD: Final = rf"(?:[+＋]|00)?86{_GAP}?"
_MOBILE: Final = re.compile(rf"(?<!\d)((?:{_ABROAD}|0)?)(?=[1１][3-9３-９]\d)((?:{_GROUPS})(?!\d))")
# 0571-88881234; behind a letter or another group it is the number of a lamp or a ticket.
_FIXED: Final = re.compile(
    rf"(?<![A-Za-z\d])(?<![A-Za-z\d][-.])((?:[+＋]86{_GAP}?|0)(?:10|2\d|[3-9]\d\d))"
    rf"({_GAP}?)[2-8]\d{{2,3}}{_GAP}?(\d{{4}})(?!\d)"
)
_KEPT: Final = ("ref", "link")  # of a template's variables: by these one finds the ticket


def masked(text: str) -> str:
    """Numbers of tickets and lamps, dates and times stay (rules.md §11)."""
    return _FIXED.sub(r"\1\2****\3", _MOBILE.sub(_hidden, text))


def masked_in(variables: Mapping[str, Any]) -> dict[str, Any]:
    """What a registered template is filled with; what leads to the ticket stays whole."""
    return {
        name: masked(told) if isinstance(told, str) and name not in _KEPT else told
        for name, told in variables.items()
    }


def _hidden(found: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", found[2])
    return f"{found[1]}{digits[:3]}****{digits[-4:]}"
