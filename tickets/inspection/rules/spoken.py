"""How a report speaks: days, values, limits and verdicts in the reader's language."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from tickets.inspection.rules.checklist import VERDICT_LABELS, Item, Value, Verdict, plain
from tickets.words import N_, say

# Cells, blocks and chapters are plain JSON: the paper and the page set the same ones.
Cell = dict[str, Any]
Block = dict[str, Any]

NONE: Final = "—"
NOT_CHECKED: Final = "not_checked"
MARK: Final = "※"  # a limit nobody has held against its standard yet
VERDICT_WORDS: Final[dict[str, str]] = dict(VERDICT_LABELS.items()) | {
    NOT_CHECKED: N_("Not checked")
}
_MONTHS: Final = "JanFebMarAprMayJunJulAugSepOctNovDec"
# Of units that are one word in each language, the Chinese stands first; others are signs.
_UNITS: Final = {
    "days": "天",
    "s/d": "秒/天",
    "ratio": "",
    "% loss": "%",
    "lamps": "盏",
    "items": "项",
}


class Spoken:
    """`_("A sentence")` in the language of the report; the rest is how it says things."""

    def __init__(self, locale: str, zone: str) -> None:
        self.locale = locale
        self.is_chinese = locale.startswith("zh")
        self.zone = ZoneInfo(zone)

    def __call__(self, sentence: str, **places: Any) -> str:
        return say(self.locale, sentence, **places)

    def day(self, on: str | date | None) -> str:
        if not on:
            return NONE
        told = date.fromisoformat(on[:10]) if isinstance(on, str) else on
        if self.is_chinese:
            return f"{told.year}年{told.month}月{told.day}日"
        return f"{told.day} {_MONTHS[told.month * 3 - 3 : told.month * 3]} {told.year}"

    def at(self, instant: str | datetime | None) -> str:
        """2026-11-25 14:30, as the clocks there say it."""
        if not instant:
            return NONE
        told = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
        return f"{told.astimezone(self.zone):%Y-%m-%d %H:%M}"

    def local_day(self, instant: str | datetime | None) -> str:
        return self.day(self.at(instant)) if instant else NONE

    def number(self, of: float | None) -> str:
        return plain(of)

    def unit(self, item: Item) -> str:
        told = item.unit or ""
        word = told.split()[-1] if told.partition(" ")[0] and told[0] > "⺀" else told
        if word in _UNITS:
            chinese = _UNITS[word]
            return chinese if self.is_chinese or word in ("ratio", "% loss") else word
        return word

    def values(self, item: Item, values: Sequence[float] | None, *, unit: bool = True) -> str:
        if not values:
            return NONE
        told = " / ".join(map(plain, values))
        return with_unit(told, self.unit(item)) if unit else told

    def limit(self, item: Item, limits: Iterable[str]) -> str:
        """What is required: limits as numbers where there are any, else the checklist's words."""
        told = list(dict.fromkeys(limit for limit in limits if limit))
        if told:
            words = with_unit(self.comma.join(told), self.unit(item))
        else:
            words = item.limit_text.get("zh" if self.is_chinese else "en", "")
        return f"{words} {MARK}".strip() if words and not item.is_verified else words

    def begun(self, words: str) -> str:
        """As a cell begins: words of chips are small."""
        return words[:1].upper() + words[1:]

    @property
    def comma(self) -> str:
        return "、" if self.is_chinese else ", "

    def verdict(self, verdict: str | None) -> str:
        return self(VERDICT_WORDS[verdict or NOT_CHECKED])

    def place(self, told: Mapping[str, Any]) -> str:
        if not told.get("asset"):
            return self(N_("the whole project"))
        return " ".join(filter(None, (told["asset"], told.get("name"))))

    def rate(self, pair: Sequence[int]) -> str:
        """Rounded down: 99.96 % is not said to be all."""
        part, whole = pair
        return f"{part * 1000 // whole / 10:.1f} %" if whole else NONE

    def of(self, pair: Sequence[int]) -> str:
        return self(N_("{part} of {whole}"), part=pair[0], whole=pair[1])


def with_unit(told: str, unit: str) -> str:
    return f"{told}{'' if unit == '°' else ' '}{unit}".strip() if unit else told


def columns(item: Item) -> tuple[str, ...]:
    """Of three measured values: which is which."""
    if item.kind is not Value.NUMBER3:
        return ()
    return ("P-N", "P-E", "N-E") if item.unit == "MΩ" else ("L1", "L2", "L3")


def cell(text: str, *, sub: str = "", mark: str = "", strong: bool = False) -> Cell:
    """`sub` stands small below it, `mark` is a verdict, `strong` is bold."""
    return {"text": text, "sub": sub, "mark": mark, "strong": strong}


def table(
    head: Sequence[str | tuple[str, str]],
    rows: Sequence[Sequence[Cell | str]],
    *,
    widths: str,
    title: str = "",
    note: str = "",
    groups: Iterable[int] = (),
    is_beside: bool = False,
) -> Block:
    """`widths`: a letter for each column: `w` takes what is left, `a` as wide as it must be, `n` a
    number, `m` about a third. Rows numbered in `groups` are the heads of those that follow.
    `is_beside`: what is small stands beside, not below."""
    heading = set(groups)
    return {
        "kind": "table",
        "title": title,
        "note": note,
        "is_beside": is_beside,
        "widths": list(widths),
        "head": list(head),
        "rows": [
            {
                "is_group": n in heading,
                "cells": [each if isinstance(each, dict) else cell(each) for each in row],
            }
            for n, row in enumerate(rows)
        ],
    }


def text(*paragraphs: str, tone: str = "") -> Block:
    told = [each for each in paragraphs if each]
    return {"kind": "text", "paragraphs": told, "tone": tone}


def chapter(title: str, *blocks: Block | None) -> dict[str, Any]:
    return {"title": title, "blocks": [each for each in blocks if each]}


def tone_of(verdict: str | None) -> str:
    return {Verdict.PASS: "good", Verdict.FAIL: "bad"}.get(verdict, "")  # type: ignore[call-overload,no-any-return]
