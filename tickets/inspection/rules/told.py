"""One line as somebody tells it, and what can be made of it: a verdict, or a sentence."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from tickets.inspection.rules.checklist import Item, Value, Verdict, judge, limit_at
from tickets.refusals import Invalid

LARGEST: Final = 1e12


@dataclass(frozen=True)
class Result:
    """One line as it was told. `values` in the unit of the item; `row` names the row of its limit's
    table; `photos` are ids of uploaded pictures."""

    item: str
    asset: str | None = None
    verdict: str | None = None
    values: tuple[float, ...] = ()
    unit: str | None = None
    note: str | None = None
    row: str | None = None
    photos: tuple[UUID, ...] = ()
    instrument: int | None = None
    at: datetime | None = None


def judged_result(
    item: Item, result: Result, row: str | None, n: int
) -> tuple[tuple[float, ...], Verdict | None]:
    """A measured value is judged by its limit, whatever was ticked beside it."""
    at = f"results.{n}"
    verdict = None
    if result.verdict is not None:
        if result.verdict not in set(Verdict):
            raise Invalid(f"{at}.verdict", "This is not one of the known values.")
        verdict = Verdict(result.verdict)
    if verdict is Verdict.NOT_ACCESSIBLE:
        if not (result.note or "").strip():
            raise Invalid(f"{at}.note", "Say why it was not accessible.")
        return (), verdict
    if verdict is Verdict.NOT_APPLICABLE:
        return (), verdict
    values = result.values
    _check_values(item, result, at)
    if row is not None and item.rows and row not in item.rows:
        raise Invalid(f"{at}.row", "This is not one of the known values.")
    if item.is_measured and values:
        limit = limit_at(item, row)
        by_limit = judge(limit, values)
        if by_limit is not None:
            return values, by_limit
        if verdict is Verdict.PASS:
            raise Invalid(
                f"{at}.row",
                "It is not known which limit holds here, so it cannot pass: choose the row.",
            )
        return values, verdict
    if item.is_measured and verdict is Verdict.PASS:
        raise Invalid(f"{at}.value", "Enter the value that was measured.")
    if item.kind is Value.COUNT_PAIR:
        return values, verdict or (Verdict.PASS if values else None)
    if verdict is None and not values:
        raise Invalid(f"{at}.verdict", "Say whether it passed, or enter the value.")
    return values, verdict


def _check_values(item: Item, result: Result, at: str) -> None:
    values = result.values
    if not values:
        return
    wanted = {Value.NUMBER3: 3, Value.COUNT_PAIR: 2}.get(item.kind, 1)
    if item.kind in (Value.BOOL, Value.PHOTO):
        raise Invalid(f"{at}.value", "This item has no value.")
    if len(values) != wanted:
        raise Invalid(f"{at}.value", "This item has {number} values.", number=wanted)
    if any(not -LARGEST <= value <= LARGEST for value in values):
        raise Invalid(f"{at}.value", "This is not a number.")
    if item.kind in (Value.COUNT, Value.COUNT_PAIR) and any(v < 0 or v % 1 for v in values):
        raise Invalid(f"{at}.value", "This is not a whole number.")
    if item.kind is Value.COUNT_PAIR and values[1] > values[0]:
        raise Invalid(f"{at}.value", "More are lit than there should be.")
    if result.unit and item.unit and result.unit not in (item.unit, item.unit.split()[0]):
        raise Invalid(f"{at}.unit", "This item is measured in {unit}.", unit=item.unit)
