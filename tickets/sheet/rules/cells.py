"""A cell as it was meant: numbers without a tail, days, long numbers, nothing that computes."""

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from typing import Final

from tickets.refusals import Invalid

Cell = str | float | int | bool | date | datetime | time | timedelta | None

# What a spreadsheet takes for a formula when a cell begins with it.
_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
_GUARDED: Final = re.compile(r"'+[=+\-@\t\r]")
_SHORTENED: Final = re.compile(r"\d(\.\d+)?[Ee]\+\d\d?")
_EXACT: Final = 10**15  # Excel keeps fifteen digits and makes noughts of the rest
_BIDI: Final = dict.fromkeys(
    [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0xFEFF]
)
_BREAKS: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]+")


def column_letter(number: int) -> str:
    """0 → A, 26 → AA."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def shown(cell: Cell) -> str:
    """As a person reads it in the sheet; days and instants as ISO text."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e21 else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    return str(cell)


def text_of(field: str, cell: Cell) -> str:
    """The text of a cell, cleaned; "" is an empty one. Raises Invalid for what Excel has spoilt."""
    if isinstance(cell, float | int) and not isinstance(cell, bool) and abs(cell) >= _EXACT:
        raise Invalid(
            field,
            "Excel keeps only 15 digits of a number: {number} has lost its last ones. Make the"
            " column text and enter it again.",
            number=shown(cell),
        )
    text = cell.strip() if isinstance(cell, str) else shown(cell)
    if _GUARDED.match(text):
        text = text[1:].strip()
    if text.isascii() and text.isprintable():
        return text
    if "\0" in text or any(0xD800 <= ord(ch) < 0xE000 for ch in text):
        raise Invalid(field, "This contains characters that cannot be kept.")
    text = unicodedata.normalize("NFC", text).translate(_BIDI)
    # A line broken within the cell is one blank; blanks that somebody typed stay as they are.
    return " ".join(filter(None, map(str.strip, _BREAKS.split(text))))


def not_shortened(field: str, text: str) -> str:
    """`1.38E+10` in a code, a serial or a phone number was one that Excel shortened."""
    if _SHORTENED.fullmatch(text):
        raise Invalid(
            field,
            "{text} is a number that Excel has shortened. Make the column text and enter it again.",
            text=text,
        )
    return text


def guarded(text: str) -> str:
    """For a CSV that is opened in Excel: text that would compute begins with an apostrophe,
    which `text_of` takes off again; so does text that is guarded already."""
    return f"'{text}" if text.startswith(_STARTS) or _GUARDED.match(text) else text


def kept_apart(text: str) -> str:
    """For a workbook, whose text never computes: only what `text_of` would take for guarded."""
    return f"'{text}" if _GUARDED.match(text) else text


_DAY: Final = re.compile(
    r"(\d{4})\s*(?:[-/.]|年)\s*(\d{1,2})\s*(?:[-/.]|月)\s*(\d{1,2})\s*日?"
    r"(?:[ T]+\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?)?"
)
_PLAIN_DAY: Final = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})")


def day_of_cell(field: str, cell: Cell, *, is_1904: bool = False) -> date | None:
    """A day however it was written: as Excel's date, its bare number, or text with the year
    first. Raises Invalid for what can be read in two ways."""
    if isinstance(cell, datetime):
        found: date | None = cell.date()
    elif isinstance(cell, date):
        found = cell
    elif isinstance(cell, float | int) and not isinstance(cell, bool):
        found = _by_number(cell, is_1904)
    else:
        text = unicodedata.normalize("NFKC", text_of(field, cell))
        if not text:
            return None
        match = _DAY.fullmatch(text) or _PLAIN_DAY.fullmatch(text)
        try:
            found = date(*map(int, match.groups()[:3])) if match else None
        except ValueError:
            found = None
    if found is None or not date(1950, 1, 1) <= found < date(2100, 1, 1):
        raise Invalid(
            field,
            "{text} is not a day. Write it with the year first, as in 2025-09-01.",
            text=shown(cell)[:40],
        )
    return found


def _by_number(number: float, is_1904: bool) -> date | None:
    if 19_000_101 <= number <= 21_000_101:  # 20250901 as a number
        match = _PLAIN_DAY.fullmatch(str(int(number)))
        try:
            return date(*map(int, match.groups())) if match else None
        except ValueError:
            return None
    if not 1 <= number < 80_000:
        return None
    # Day 60 of the 1900 system, 29 February 1900, never was.
    first = date(1904, 1, 1) if is_1904 else date(1899, 12, 30)
    return first + timedelta(days=int(number))


_NUMBER: Final = re.compile(
    r"([+-]?(?:\d+(?:,\d{3})*(?:\.\d*)?|\.\d+)(?:[Ee]-\d{1,3})?)(?:[WwKk°]|瓦|开)?"
)


def number_of(field: str, cell: Cell) -> float | None:
    """Units may stand behind it (36W, 3000 K), a comma between thousands."""
    if isinstance(cell, float | int) and not isinstance(cell, bool):
        return float(cell)
    text = unicodedata.normalize("NFKC", text_of(field, cell)).replace(" ", "")
    if not text:
        return None
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise Invalid(field, "{text} is not a number.", text=text[:40])
    return float(match[1].replace(",", ""))
