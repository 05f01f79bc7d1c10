"""Until when the owner need not pay: warranties of batches, service contracts (rules.md §7)."""

import calendar
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from tickets.words import N_

STATUTORY_MONTHS: Final = 24  # 建设工程质量管理条例 art. 40, electrical installation
STATUTE_NOTE: Final = N_(
    "Less than 24 months: the statutory minimum for electrical installation is two years"
    " (Regulation on Quality of Construction Projects, article 40)."
)
FIRST_DAY: Final = date(1980, 1, 1)
LAST_DAY: Final = date(2200, 12, 31)
MOST_MONTHS: Final = 600
MOST_AMOUNT: Final = 10**11  # yuan


class Decision(StrEnum):
    WARRANTY = "warranty"
    CONTRACT = "contract"
    EXPIRED = "expired"
    NOT_ACCEPTED_YET = "not_accepted_yet"


class Accepted(Protocol):
    """An acceptance row: one batch, its day, its months, and those per class of equipment."""

    @property
    def batch(self) -> str: ...
    @property
    def accepted_on(self) -> date: ...
    @property
    def months(self) -> int: ...
    @property
    def months_by_kind(self) -> Mapping[str, int]: ...


class Contracted(Protocol):
    """A service contract: its days, and of which part; naming no batch or class it is of all.

    `labour` and `parts` say who pays them, `free` or `owner` (包工包料 / 包工不包料).
    """

    @property
    def number(self) -> str: ...
    @property
    def starts_on(self) -> date: ...
    @property
    def ends_on(self) -> date: ...
    @property
    def batches(self) -> Sequence[str]: ...
    @property
    def kinds(self) -> Sequence[str]: ...
    @property
    def labour(self) -> str: ...
    @property
    def parts(self) -> str: ...
    @property
    def terms(self) -> Mapping[str, Any]: ...


class Installed(Protocol):
    """As much of an asset as its cover needs."""

    @property
    def code(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def batch(self) -> str | None: ...


@dataclass(frozen=True)
class Cover:
    """A period in which the owner need not pay. `ends_on` is its last day, still covered."""

    kind: Decision
    starts_on: date
    ends_on: date
    batch: str | None = None  # of a warranty
    months: int | None = None  # of a warranty
    asset_kind: str | None = None  # a class of equipment with months of its own
    contract: Contracted | None = None

    def holds(self, day: date) -> bool:
        return self.starts_on <= day <= self.ends_on


def warranty_end(accepted_on: date, months: int) -> date:
    """The last day of the warranty: the corresponding day, or the month's last where none is.

    PRC Civil Code arts. 201-202: the first day is not counted, the corresponding day is the last.
    """
    years, month = divmod(accepted_on.month - 1 + months, 12)
    year, month = accepted_on.year + years, month + 1
    return date(year, month, min(accepted_on.day, calendar.monthrange(year, month)[1]))


def day_of(at: datetime, timezone: str) -> date:
    """Which day it is there."""
    return at.astimezone(ZoneInfo(timezone)).date()


def covers_of(acceptances: Iterable[Accepted], contracts: Iterable[Contracted] = ()) -> list[Cover]:
    """Every cover of a project: one per batch, one more per class with months of its own; then
    its contracts."""
    covers: list[Cover] = []
    for accepted in sorted(acceptances, key=lambda a: (a.accepted_on, a.batch)):
        covers.append(_warranty(accepted, None))
        covers += [_warranty(accepted, kind) for kind in sorted(accepted.months_by_kind)]
    return covers + sorted(map(_contract, contracts), key=lambda c: (c.starts_on, c.ends_on))


def _warranty(accepted: Accepted, asset_kind: str | None) -> Cover:
    months = accepted.months_by_kind[asset_kind] if asset_kind else accepted.months
    return Cover(
        kind=Decision.WARRANTY,
        starts_on=accepted.accepted_on,
        ends_on=warranty_end(accepted.accepted_on, months),
        batch=accepted.batch,
        months=months,
        asset_kind=asset_kind,
    )


def _contract(contract: Contracted) -> Cover:
    return Cover(Decision.CONTRACT, contract.starts_on, contract.ends_on, contract=contract)


def family(kind: str) -> str:
    """`LUM` of `LUM_FLOOD`: a class is a kind itself or its family."""
    return kind.partition("_")[0]


def is_part_of(contract: Contracted, asset: Installed) -> bool:
    """Is the asset in the contract? One of no named batch may be of any, as with warranties."""
    return (not contract.batches or asset.batch is None or asset.batch in contract.batches) and (
        not contract.kinds or asset.kind in contract.kinds or family(asset.kind) in contract.kinds
    )


def warranty_of(acceptances: Iterable[Accepted], asset: Installed) -> Cover | None:
    """The warranty of one asset: its batch's, with the months of its class.

    An asset of no named batch has the one that ends last.
    """
    found = []
    for accepted in acceptances:
        if asset.batch is None or accepted.batch == asset.batch:
            own = accepted.months_by_kind
            kind = next((name for name in (asset.kind, family(asset.kind)) if name in own), None)
            found.append(_warranty(accepted, kind))
    return max(found, key=lambda cover: cover.ends_on, default=None)


def cover_of(
    acceptances: Iterable[Accepted],
    asset: Installed,
    day: date,
    contracts: Iterable[Contracted] = (),
) -> Cover | None:
    """What an asset's cover of that day is judged by; None while it was never accepted."""
    warranty = warranty_of(acceptances, asset)
    covers = [_contract(each) for each in contracts if is_part_of(each, asset)]
    return best([*([warranty] if warranty else []), *covers], day)


def best(covers: Iterable[Cover], day: date) -> Cover | None:
    """Warranty precedes contract, whatever holds what does not, the later end the earlier. A
    contract that has not begun grants nothing (rules.md §7)."""
    begun = [c for c in covers if c.contract is None or c.starts_on <= day]
    return max(begun, key=lambda cover: rank(cover, day), default=None)


def rank(cover: Cover | None, day: date) -> tuple[int, date]:
    """What is best for the owner first: in warranty, under contract, not yet accepted, over."""
    if cover is None:
        return 1, date.min
    if cover.holds(day):
        return (2 if cover.contract else 3), cover.ends_on
    return (1 if day < cover.starts_on else 0), cover.ends_on


def below_statute(acceptance: Accepted) -> bool:
    """Does any part have less than the 24 months of art. 40? A note is shown, nothing is barred."""
    return min([acceptance.months, *acceptance.months_by_kind.values()]) < STATUTORY_MONTHS
