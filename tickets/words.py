"""Words for people: the catalogue, instants and durations as people say them.

Source strings are English; `locale/zh_CN/<room>.po` holds the Chinese, read as they are
(no compile step). `N_` marks a string that is translated where it is shown.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.messages.pofile import read_po

LOCALES: Final = ("zh-CN", "en")
_FOLDER = Path(__file__).resolve().parent.parent / "locale"


def N_(msgid: str) -> str:
    return msgid


@cache
def catalogue(locale: str) -> Mapping[str, str]:
    """All messages of a locale; English needs none."""
    messages: dict[str, str] = {}
    for path in sorted((_FOLDER / locale.replace("-", "_")).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file):
                if message.id and message.string and not message.fuzzy:
                    messages[str(message.id)] = str(message.string)
    return messages


def preferred(accepted: str) -> str | None:
    """The language a browser asks for first (`Accept-Language`), of those that are spoken here."""
    asked: list[tuple[float, str]] = []
    for each in accepted[:200].split(","):
        tag, _, quality = each.strip().partition(";q=")
        try:
            asked.append((-float(quality or 1), tag.lower()))
        except ValueError:
            continue
    for weight, tag in sorted(asked, key=lambda each: each[0]):
        for locale in LOCALES:
            if weight < 0 and tag.partition("-")[0] == locale.partition("-")[0]:
                return locale
    return None


def say(locale: str, sentence: str, **places: Any) -> str:
    """The sentence in that language, its named places filled in."""
    told = catalogue(locale).get(sentence, sentence)
    return told.format(**places) if places else told


def duration(locale: str, length: timedelta) -> str:
    """`3 小时 12 分` / `3 h 12 min`: two units at most, never a bare zero."""
    minutes = int(abs(length).total_seconds()) // 60
    days, rest = divmod(minutes, 24 * 60)
    hours, left = divmod(rest, 60)
    zh = locale.startswith("zh")
    # A 48 h promise is spoken of in hours; days only past three of them.
    if days >= 3:
        parts = [(days, "天" if zh else "d"), (hours, "小时" if zh else "h")]
    elif days or hours:
        parts = [(days * 24 + hours, "小时" if zh else "h"), (left, "分" if zh else "min")]
    elif left:
        parts = [(left, "分钟" if zh else "min")]
    else:
        return "不到 1 分钟" if zh else "less than 1 min"
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def instant(locale: str, at: datetime, zone: str, *, now: datetime | None = None) -> str:
    """`11月24日 09:05` / `24 Nov 09:05`; the year only when it is not this one."""
    local = at.astimezone(ZoneInfo(zone))
    this_year = now is not None and now.astimezone(ZoneInfo(zone)).year == local.year
    if locale.startswith("zh"):
        year = "" if this_year else f"{local.year}年"
        return f"{year}{local.month}月{local.day}日 {local:%H:%M}"
    year = "" if this_year else f" {local.year}"
    return f"{local.day} {local:%b}{year} {local:%H:%M}"


def exact(at: datetime, zone: str) -> str:
    """To the second and with the offset, as a dispute needs it: 2026-11-24 09:05:07 +08:00."""
    local = at.astimezone(ZoneInfo(zone)).isoformat(sep=" ", timespec="seconds")
    return f"{local[:19]} {local[19:]}"


def length(locale: str, span: timedelta) -> str:
    """`49 小时 3 分 7 秒` / `49 h 3 min 7 s`: to the second, in hours however many, for a sum that
    must come out."""
    zh = locale.startswith("zh")
    seconds = abs(span) // timedelta(seconds=1)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    units = ("小时", "分", "秒") if zh else ("h", "min", "s")
    if seconds and not hour and not second:
        units = ("小时", "分钟", "秒") if zh else units
    told = [f"{n} {unit}" for n, unit in zip((hour, minute, second), units, strict=True) if n]
    if told:
        return " ".join(told)
    if span:
        return "不到 1 秒" if zh else "less than 1 s"
    return "0 分钟" if zh else "0 min"
