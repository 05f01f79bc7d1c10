"""What a call says, read out of the words it is said in: which fault, whose number, since when.

Everything here proposes; the person at the desk sees it in the form and decides.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tickets.grams import fold

# Typed at the fault field instead of words: a digit for the ten most frequent faults, the pinyin
# initials for the rest, because on the phone there is no time for an input method.
KEYS: Mapping[str, str] = {
    "OUT_ONE": "1 bl md",
    "OUT_MULTI": "2 dz lx",
    "OUT_CIRCUIT": "3 hl td",
    "FLICKER": "4 ss ps",
    "LEAK": "5 ld dd",
    "WIRE": "6 xt ll",
    "FALL": "7 zl dd",
    "TRIP": "8 tz",
    "DAYBURN": "9 cl bmd",
    "OTHER": "0 qt",
    "NEVER_ON": "wl",
    "DIM": "ta",
    "COLOR": "ps sc",
    "PIXEL": "qk ql",
    "SCENE": "jm cx",
    "TIME_EARLY": "zx",
    "TIME_LATE": "wk",
    "DOOR": "jxm",
    "FIRE": "my qh",
    "WATER": "js",
    "COMM": "sl lx",
    "CTRL": "kzq",
    "SENSOR": "gk",
    "DAMAGE": "cz wl",
    "THEFT": "bd dg",
    "WEATHER": "tf by",
    "GLARE": "gwr cy",
    "NOISE": "yx",
    "DIRT": "ws",
    "VEG": "sm",
    "NEW": "xz yw",
}


@dataclass(frozen=True)
class FaultWords:
    """A fault as people may name it: code, labels of every language, phrases callers use."""

    code: str
    severity: str | None
    labels: tuple[str, ...]
    phrases: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(KEYS.get(self.code, "").split())


@dataclass(frozen=True)
class Pasted:
    """What a report pasted from a chat says; nothing where it is silent or says two things."""

    phones: tuple[str, ...] = ()
    name: str | None = None
    codes: tuple[str, ...] = ()
    fault: str | None = None
    reported_at: datetime | None = None
    description: str = ""


def fault_named(typed: str, faults: Sequence[FaultWords]) -> str | None:
    """The one fault meant by a code, a label, a short key or a phrase; none if in doubt."""
    wanted = fold(typed).strip()
    if not wanted:
        return None
    first = wanted.split()[0]
    for fault in faults:
        if fold(fault.code) in (wanted, first):
            return fault.code
    for fault in faults:
        if wanted in map(fold, fault.labels):
            return fault.code
    by_key = {fault.code for fault in faults if wanted in fault.keys}
    if len(by_key) == 1:
        return by_key.pop()
    return fault_in(typed, faults)


# "Not", "no", "without": what follows is denied (没有漏电, no smoke).
_DENIED = re.compile(r"(?:没有?|不|未|无|(?:\bno|\bnot|\bwithout)\s+(?:\w+\s+)?)$")


def fault_in(text: str, faults: Sequence[FaultWords]) -> str | None:
    """The fault a text tells of: danger first, then the longest words; denied words do not count.

    Two different faults told in equally long words are a doubt, and the person decides.
    """
    told = fold(text)
    best: dict[str, tuple[bool, int]] = {}
    for fault in faults:
        for phrase in (*fault.phrases, *_named_parts(fault.labels)):
            words = fold(phrase)
            if len(words) >= 2 and _is_told(words, told):
                rank = (fault.severity == "S1", len(words))
                best[fault.code] = max(best.get(fault.code, (False, 0)), rank)
    if not best:
        return None
    top = max(best.values())
    winners = [code for code, rank in best.items() if rank == top]
    return winners[0] if len(winners) == 1 else None


def _named_parts(labels: Sequence[str]) -> list[str]:
    """`灭灯 / 不亮（单灯）` is two names, 灭灯 and 不亮; what is in brackets is a remark."""
    return [
        part.strip()
        for label in labels
        for part in re.split(r"[/、,，]", re.sub(r"[（(].*?[)）]", "", label))
        if part.strip()
    ]


def _is_told(words: str, told: str) -> bool:
    at = told.find(words)
    while at >= 0:
        is_word = not words.isascii() or not (
            told[at - 1 : at].isalnum() and told[at - 1 : at].isascii()
        )
        if is_word and not _DENIED.search(told[max(0, at - 16) : at]):
            return True
        at = told.find(words, at + 1)
    return False


_PHONE = re.compile(
    r"(?<![\d+])(?:\+?86[- ]?)?(1[3-9]\d(?:[- ]?\d{4}){2})(?!\d)"
    r"|(?<!\d)(0\d{2,3}[- ]?\d{7,8})(?!\d)"
    r"|(\+(?!86)\d{1,3}(?:[- ]?\d){6,12})(?!\d)"
)
_CODE = re.compile(r"(?<![A-Za-z0-9_-])(?=[A-Za-z0-9_-]*\d)[A-Za-z][A-Za-z0-9_-]{1,39}")
_PICTURE = re.compile(r"\[(?:图片|照片|视频|语音|表情|photo|image|video|sticker)\]", re.I)
# What a chat puts before a message: 王工 11-24 09:12, or 王工 2026年11月24日 9:12:33.
_HEADER = re.compile(
    r"^(?P<name>[^\d:：\s][^\d:：\n]{0,30}?)?\s*[:：]?\s*"
    r"(?:(?P<day>\d{4}[-/年.]\d{1,2}[-/月.]\d{1,2}日?|\d{1,2}[-/月.]\d{1,2}日?|今天|昨天|前天"
    r"|today|yesterday)\s*)?"
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::\d{2})?\s*[:：]?$",
    re.I,
)
_NAME = re.compile(r"^([^\d\s:：，。,]{1,20})[:：]\s*$")


def read_paste(text: str, *, now: datetime, zone: str, faults: Sequence[FaultWords] = ()) -> Pasted:
    """Phone numbers, codes, a fault and an instant, as far as the text leaves no doubt."""
    names: list[str] = []
    heads: list[datetime] = []
    lines: list[str] = []
    for raw in text.strip().splitlines():
        line = _PICTURE.sub("", raw).strip()
        head = _HEADER.match(line)
        if head:
            if head["name"]:
                names.append(head["name"].strip())
            at = _headed(head, now, ZoneInfo(zone))
            if at:
                heads.append(at)
        elif named := _NAME.match(line):
            names.append(named[1])
        elif line:
            lines.append(line)
    told = "\n".join(lines)
    unphoned = _PHONE.sub(" ", told)
    return Pasted(
        phones=tuple(dict.fromkeys(_digits(m[0]) for m in _PHONE.finditer(told))),
        name=names[0] if len(set(names)) == 1 else None,
        codes=tuple(dict.fromkeys(m[0].upper() for m in _CODE.finditer(unphoned))),
        fault=fault_in(told, faults),
        # The chat says when we were told; without it, the text may.
        reported_at=min(heads) if heads else told_at(told, now=now, zone=zone),
        description=told,
    )


def _digits(phone: str) -> str:
    bare = re.sub(r"[- ]", "", phone)
    return re.sub(r"^\+?86(?=1[3-9]\d{9}$)", "", bare)


def _headed(head: re.Match[str], now: datetime, zone: ZoneInfo) -> datetime | None:
    day = _day_named(head["day"].lower(), now.astimezone(zone)) if head["day"] else None
    if head["day"] and day is None:
        return None
    return _past(day or now.astimezone(zone).date(), head["hour"], head["minute"], zone, now)


_DAYS = {
    "今天": 0, "今日": 0, "今早": 0, "今晨": 0, "今晚": 0, "today": 0, "this morning": 0,
    "昨天": 1, "昨日": 1, "昨晚": 1, "昨夜": 1, "yesterday": 1, "last night": 1,
    "前天": 2, "前晚": 2,
}  # fmt: skip
_PM = ("下午", "晚上", "傍晚", "今晚", "昨晚", "前晚", "昨夜", "夜里", "last night", "pm")
_AM = ("凌晨", "早上", "上午", "清晨", "今早", "今晨", "this morning", "am")
_TOLD = re.compile(
    r"(?P<day>今天|今日|今早|今晨|今晚|昨天|昨日|昨晚|昨夜|前天|前晚|today|this morning|yesterday"
    r"|last night|(?:\d{4}[-/年.])?\d{1,2}[-/月.]\d{1,2}日?号?)"
    r"\s*(?:at\s+)?(?P<part>凌晨|清晨|早上|上午|中午|下午|傍晚|晚上|夜里)?\s*"
    r"(?:(?P<hour>\d{1,2}):(?P<minute>\d{2})|(?P<oclock>\d{1,2})\s*[点时]"
    r"(?:(?P<half>半)|(?P<past>\d{1,2})分?)?|(?P<english>\d{1,2})(?=\s*[ap]m\b))"
    r"\s*(?P<suffix>[ap]m\b)?",
    re.I,
)


def told_at(text: str, *, now: datetime, zone: str) -> datetime | None:
    """The one instant in the past a text names (昨晚8点, 今天10:30); none if two, or a doubt."""
    found = {_told(match, now, ZoneInfo(zone)) for match in _TOLD.finditer(text)}
    return found.pop() if len(found) == 1 else None


def _told(match: re.Match[str], now: datetime, zone: ZoneInfo) -> datetime | None:
    named = match["day"].lower()
    day = _day_named(named, now.astimezone(zone))
    hour = int(match["hour"] or match["oclock"] or match["english"])
    minute = 30 if match["half"] else int(match["minute"] or match["past"] or 0)
    if day is None or hour > 24 or minute > 59:
        return None
    parts = (named, match["part"] or "", (match["suffix"] or "").lower())
    if any(part in _PM for part in parts):
        if hour == 12:
            # 昨晚12点 is midnight, 下午12点 is noon.
            if any("晚" in part or "夜" in part or "night" in part for part in parts):
                return _past(day + timedelta(days=1), 0, minute, zone, now)
            return _past(day, 12, minute, zone, now)
        return _past(day, hour % 12 + 12 if hour <= 12 else hour, minute, zone, now)
    if any(part in _AM for part in parts):
        return _past(day, hour % 12 if hour <= 12 else hour, minute, zone, now)
    if match["part"] == "中午":
        return _past(day, hour + 12 if hour < 4 else hour, minute, zone, now)
    at = _past(day, hour, minute, zone, now)
    if match["hour"] or hour > 12:
        return at
    # 今天8点: eight in the evening too, if that has been.
    evening = _past(day, hour % 12 + 12, minute, zone, now)
    return at if evening is None else None


def _day_named(named: str, local: datetime) -> date | None:
    if named in _DAYS:
        return local.date() - timedelta(days=_DAYS[named])
    numbers = [int(n) for n in re.findall(r"\d+", named)]
    try:
        if len(numbers) == 3:
            return date(*numbers)
        day = date(local.year, *numbers)
        # 12-30 said in January was last year's.
        return day if day <= local.date() else date(local.year - 1, *numbers)
    except (ValueError, TypeError):
        return None


def _past(
    day: date, hour: int | str, minute: int | str, zone: ZoneInfo, now: datetime
) -> datetime | None:
    try:
        at = datetime.combine(day, time(int(hour), int(minute)), zone)
    except ValueError:
        return None
    return at if at <= now else None
