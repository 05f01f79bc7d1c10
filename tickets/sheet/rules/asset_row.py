"""An asset out of one row of a sheet: each cell by what its column means, or why it cannot be."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, Final

from tickets.asset.rules import ip_code
from tickets.project.rules import CODE
from tickets.project.rules.kinds import KINDS
from tickets.refusals import Invalid
from tickets.sheet.rules.cells import Cell, day_of_cell, not_shortened, number_of, shown, text_of
from tickets.words import catalogue

LONGEST: Final = 200  # as at the other doors
_YES: Final = frozenset({"yes", "y", "true", "1", "是", "有", "√", "✓", "main", "主要", "主要设备"})
_NO: Final = frozenset({"no", "n", "false", "0", "否", "无", "×", "-", "不是"})
_DATUMS: Final = {
    "WGS-84": ("wgs84", "wgs", "gps", "cgcs2000", "2000", "大地2000"),
    "GCJ-02": ("gcj02", "gcj", "高德", "腾讯", "火星", "火星坐标"),
}


def _text(field: str, cell: Cell) -> str | None:
    text = text_of(field, cell)
    if len(text) > LONGEST:
        raise Invalid(field, "At most {max_length} characters, please.", max_length=LONGEST)
    return text or None


def _number_as_text(field: str, cell: Cell) -> str | None:
    text = _text(field, cell)
    return not_shortened(field, text) if text else None


def _code(field: str, cell: Cell) -> str | None:
    code = _number_as_text(field, cell)
    if code is not None and CODE.fullmatch(code) is None:
        raise Invalid(field, "A code holds letters, digits and - _ . # ( ), no spaces.")
    return code


@cache
def _kinds() -> dict[str, str]:
    """What a kind may be called: its code, its words in both languages, each of several words."""
    chinese = catalogue("zh-CN")
    found: dict[str, str] = {}
    for code, label in KINDS.items():
        found.setdefault(_bare(code), code)
        for words in (label, chinese.get(label, label)):
            found.setdefault(_bare(words), code)
    for code, label in KINDS.items():
        for words in (label, chinese.get(label, label)):
            for word in re.split(r"\s*[/、]\s*", words):
                found.setdefault(_bare(word), code)
    return found


def _bare(text: str) -> str:
    return re.sub(r"[\s_()（）]+", "", unicodedata.normalize("NFKC", text).casefold())


def _kind(field: str, cell: Cell) -> str | None:
    text = _text(field, cell)
    if text is None:
        return None
    kind = _kinds().get(_bare(text))
    if kind is None:
        raise Invalid(field, "There is no kind of equipment {kind}.", kind=text[:40])
    return kind


def _yes(field: str, cell: Cell) -> bool | None:
    if isinstance(cell, bool):
        return cell
    text = text_of(field, cell).casefold()
    if not text:
        return None
    if text in _YES or text in _NO:
        return text in _YES
    raise Invalid(field, "{text} is neither yes nor no.", text=text[:40])


def _ip(field: str, cell: Cell) -> str | None:
    text = _text(field, cell)
    if text is None:
        return None
    code = ip_code(unicodedata.normalize("NFKC", text))
    if code is None:
        raise Invalid(field, "This is not an IP code, as in IP65.")
    return code


def _power(field: str, cell: Cell) -> float | None:
    return _between(field, cell, 0.001, 1_000_000)


def _cct(field: str, cell: Cell) -> int | None:
    number = _between(field, cell, 500, 50_000)
    if number is not None and not number.is_integer():
        raise Invalid(field, "This is not a whole number.")
    return None if number is None else int(number)


def _lat(field: str, cell: Cell) -> float | None:
    return _between(field, cell, -90, 90)


def _lon(field: str, cell: Cell) -> float | None:
    return _between(field, cell, -180, 180)


def _between(field: str, cell: Cell, least: float, most: float) -> float | None:
    number = number_of(field, cell)
    if number is not None and not least <= number <= most:
        raise Invalid(
            field,
            "{text} is too small or too large: from {least} to {most}.",
            text=shown(cell)[:40],
            least=f"{least:g}",
            most=f"{most:,.0f}".replace(",", ""),
        )
    return number


def _datum(field: str, cell: Cell) -> str | None:
    text = text_of(field, cell)
    if not text:
        return None
    bare = re.sub(r"[\s\-_坐标系]+", "", text.casefold())
    for datum, names in _DATUMS.items():
        if bare in names:
            return datum
    raise Invalid(field, "{text} is no datum known here: WGS-84 or GCJ-02.", text=text[:40])


_READ: Final[Mapping[str, Callable[[str, Cell], Any]]] = {
    "code": _code,
    "name": _text,
    "kind": _kind,
    "is_main": _yes,
    "parent": _code,
    "batch": _number_as_text,
    "model": _number_as_text,
    "maker": _text,
    "lot": _number_as_text,
    "serial": _number_as_text,
    "mounting": _text,
    "power_w": _power,
    "cct_k": _cct,
    "ip": _ip,
    "control": _text,
    "location": _text,
    "lat": _lat,
    "lon": _lon,
    "datum": _datum,
}


# What stands there again and again: kinds, makers, what things stand in.
_AGAIN: Final = frozenset(_READ) - {"code", "name", "serial", "lat", "lon"}


@lru_cache(maxsize=50_000)
def _again(field: str, cell: str) -> Any:
    return _READ[field](field, cell)


def asset_row(
    cells: Sequence[Cell], columns: Mapping[str, int], *, is_1904: bool = False
) -> tuple[dict[str, Any], list[Invalid]]:
    """What the row says of each mapped field, None where it is blank, and all that is wrong."""
    told: dict[str, Any] = {}
    wrong: list[Invalid] = []
    for field, column in columns.items():
        cell = cells[column] if column < len(cells) else None
        if cell is None or cell == "":
            told[field] = None
            continue
        try:
            if field == "installed_on":
                told[field] = day_of_cell(field, cell, is_1904=is_1904)
            elif field in _AGAIN and type(cell) is str:
                told[field] = _again(field, cell)
            else:
                told[field] = _READ[field](field, cell)
        except Invalid as why:
            told[field] = None
            wrong.append(why)
    if not told.get("code") and not any(why.field == "code" for why in wrong):
        wrong.append(Invalid("code", "The row has no code."))
    if ("lat" in columns or "lon" in columns) and (
        (told.get("lat") is None) != (told.get("lon") is None)
        and not any(why.field in ("lat", "lon") for why in wrong)
    ):
        absent = "lon" if told.get("lon") is None else "lat"
        wrong.append(Invalid(absent, "A point needs both latitude and longitude."))
    return told, wrong
