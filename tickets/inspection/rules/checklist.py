"""What is looked at and how a value is judged: the items of a checklist (rules.md §9)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Final

from tickets.words import N_

MOST_ITEMS: Final = 500
FROM_CONTRACT: Final = "from_contract"  # a row of a table nobody has filled in yet


class Value(StrEnum):
    """What is written down for an item."""

    BOOL = "bool"
    NUMBER = "number"
    NUMBER3 = "number3"  # three phases, or P-N, P-E, N-E
    COUNT = "count"
    COUNT_PAIR = "count_pair"  # should be, is: lamps due on and lit
    COMPUTED = "computed"  # from other items
    PHOTO = "photo"


class Verdict(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    NOT_APPLICABLE = "not_applicable"
    NOT_ACCESSIBLE = "not_accessible"


VERDICT_LABELS: Final[dict[Verdict, str]] = {
    Verdict.PASS: N_("Passed"),
    Verdict.FAIL: N_("Failed"),
    Verdict.NOT_APPLICABLE: N_("Not applicable"),
    Verdict.NOT_ACCESSIBLE: N_("Not accessible"),
}

VALUE_LABELS: Final[dict[Value, str]] = {
    Value.BOOL: N_("In order or not"),
    Value.NUMBER: N_("A measured value"),
    Value.NUMBER3: N_("Three measured values"),
    Value.COUNT: N_("A count"),
    Value.COUNT_PAIR: N_("Due and lit"),
    Value.COMPUTED: N_("Reckoned from others"),
    Value.PHOTO: N_("A photo"),
}


class Frequency(StrEnum):
    QUARTERLY = "quarterly"
    ANNUAL = "annual"
    FLOOD = "annual_before_flood_season"
    SUMMER = "annual_summer"
    COMPLAINT = "on_complaint"


FREQUENCY_LABELS: Final[dict[Frequency, str]] = {
    Frequency.QUARTERLY: N_("Every quarter"),
    Frequency.ANNUAL: N_("Once a year"),
    Frequency.FLOOD: N_("Once a year, before the flood season"),
    Frequency.SUMMER: N_("Once a year, in summer"),
    Frequency.COMPLAINT: N_("When somebody complained"),
}

SECTION_LABELS: Final[dict[str, str]] = {
    "statistics": N_("Statistics"),
    "luminaire": N_("Luminaires"),
    "pole_bracket": N_("Poles and brackets"),
    "distribution": N_("Distribution"),
    "cable": N_("Cables"),
    "earthing": N_("Earthing and lightning protection"),
    "control": N_("Control"),
    "effect": N_("Lighting effect"),
    "documents": N_("Documents and people"),
}

OPERATORS: Final = (">=", "<=", "==", "between", "abs<=")


@dataclass(frozen=True)
class Item:
    """One thing to look at, as a template of one version says it.

    `limit`: `{"op": ">=", "value": 2}`, `{"op": "between", "min": -10, "max": 5}`, with
    `"table": {row: number}` where it depends on something, `"alert"` where it is a danger beyond.
    """

    id: str
    section: str
    asset_class: str
    zh: str
    en: str
    kind: Value
    unit: str | None = None
    limit: Mapping[str, Any] | None = None
    method: Mapping[str, str] = field(default_factory=dict)
    limit_text: Mapping[str, str] = field(default_factory=dict)
    sampling: str = ""
    frequency: Frequency = Frequency.QUARTERLY
    fail_severity: str | None = None
    is_safety: bool = False
    is_photo_required: bool = False
    is_verified: bool = True
    standard: str | None = None
    note: str | None = None
    fault: str = "OTHER"  # of the ticket a failure opens

    @property
    def is_measured(self) -> bool:
        return self.kind in (Value.NUMBER, Value.NUMBER3, Value.COUNT)

    @property
    def rows(self) -> tuple[str, ...]:
        """The rows its limit depends on; one must be chosen before a value can pass."""
        return tuple((self.limit or {}).get("table", ()))

    def text(self, locale: str) -> str:
        return self.zh if locale.startswith("zh") else self.en

    def how(self, locale: str) -> str:
        return self.method.get("zh" if locale.startswith("zh") else "en", "")

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Item":
        return cls(
            id=told["id"],
            section=told["section"],
            asset_class=told["asset_class"],
            zh=told["zh"],
            en=told["en"],
            kind=Value(told["kind"]),
            unit=told.get("unit"),
            limit=told.get("limit"),
            method=told.get("method") or {},
            limit_text=told.get("limit_text") or {},
            sampling=told.get("sampling") or "",
            frequency=Frequency(told.get("frequency", "quarterly")),
            fail_severity=told.get("fail_severity"),
            is_safety=bool(told.get("safety_critical")),
            is_photo_required=bool(told.get("photo_required")) or told["kind"] == "photo",
            is_verified=bool(told.get("verified", True)),
            standard=told.get("standard"),
            note=told.get("note"),
            fault=told.get("fault") or "OTHER",
        )


def items_of(told: Sequence[Mapping[str, Any]]) -> list[Item]:
    return [Item.from_json(each) for each in told]


@dataclass(frozen=True)
class Limit:
    """The limit that holds at one place. `is_known` is False where nobody has said which row of
    its table holds, or what the contract asks: then no value can pass."""

    op: str = ""
    value: float | None = None
    least: float | None = None
    most: float | None = None
    alert: float | None = None
    is_known: bool = True

    def in_words(self) -> str:
        """≤ 30, −10 … 5: as it stands beside a value."""
        if not self.op or not self.is_known:
            return ""
        if self.op == "between":
            return f"{plain(self.least)} … {plain(self.most)}"
        sign = {">=": "≥", "<=": "≤", "==": "=", "abs<=": "±"}[self.op]
        return f"{sign} {plain(self.value)}"


def plain(number: float | None) -> str:
    if number is None:
        return ""
    return f"{number:.6g}".replace("-", "−")


def limit_at(item: Item, row: str | None) -> Limit:
    """The limit with the row of its table that holds there."""
    told = item.limit or {}
    op = told.get("op")
    if not op:
        return Limit()
    table = told.get("table") or {}
    value: Any = told.get("value")
    is_known = True
    if table:
        value = table.get(row) if row is not None else None
        is_known = isinstance(value, int | float)
    elif op != "between":
        is_known = isinstance(value, int | float)
    return Limit(
        op=op,
        value=float(value) if isinstance(value, int | float) else None,
        least=told.get("min"),
        most=told.get("max"),
        alert=told.get("alert"),
        is_known=is_known,
    )


def judge(limit: Limit, values: Sequence[float]) -> Verdict | None:
    """By its limit, all values of it. None where nothing can be said: no value, no limit known."""
    if not values or any(not math.isfinite(value) for value in values):
        return None
    if not limit.op:
        return Verdict.PASS
    if not limit.is_known:
        return None
    holds = all(_holds(limit, value) for value in values)
    return Verdict.PASS if holds else Verdict.FAIL


def _holds(limit: Limit, value: float) -> bool:
    match limit.op:
        case ">=":
            return limit.value is not None and value >= limit.value
        case "<=":
            return limit.value is not None and value <= limit.value
        case "==":
            return limit.value is not None and value == limit.value
        case "abs<=":
            return limit.value is not None and abs(value) <= limit.value
        case _:
            return (limit.least is None or value >= limit.least) and (
                limit.most is None or value <= limit.most
            )


def severity_of(item: Item, limit: Limit, values: Sequence[float]) -> str | None:
    """Of a failed item; beyond the alert it is a danger whatever the item says."""
    if limit.alert is not None and any(abs(value) > limit.alert for value in values):
        return "S1"
    return item.fail_severity


def is_due(frequency: Frequency, number: int, starts_on: date, due_on: date) -> bool:
    """Does a quarterly run show the item? Yearly ones come with every fourth quarter; those before
    the flood season and in summer with the quarter that holds 15 May, or 15 July."""
    match frequency:
        case Frequency.QUARTERLY:
            return True
        case Frequency.ANNUAL:
            return number % 4 == 0
        case Frequency.FLOOD:
            return _holds_day(starts_on, due_on, 5, 15)
        case Frequency.SUMMER:
            return _holds_day(starts_on, due_on, 7, 15)
        case Frequency.COMPLAINT:
            return False


def _holds_day(starts_on: date, due_on: date, month: int, day: int) -> bool:
    years = range(starts_on.year, due_on.year + 1)
    return any(starts_on <= date(year, month, day) <= due_on for year in years)
