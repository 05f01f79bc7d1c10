"""When it is told that a cover ends, or that retained money falls due (rules.md §7)."""

from collections.abc import Collection, Iterable
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from tickets.project.rules.cover import Contracted, Cover, family


class Ends(StrEnum):
    """What it is that ends."""

    WARRANTY = "warranty"
    CONTRACT = "contract"
    RETENTION = "retention"  # 质保金: the owner pays it back on that day


THRESHOLDS: Final = (90, 60, 30, 7)
OF_RETENTION: Final = (30, 7)
TOLD_FROM: Final = timedelta(hours=8)  # nobody is told by night


def thresholds(what: str) -> tuple[int, ...]:
    return OF_RETENTION if what == Ends.RETENTION else THRESHOLDS


def nearest(what: str, ends_on: date, today: date) -> int | None:
    """The last threshold that has been reached: the only one told after an outage."""
    left = (ends_on - today).days
    return min((days for days in thresholds(what) if left <= days), default=None)


def next_telling(what: str, ends_on: date, today: date, told: Collection[int]) -> date | None:
    """The day on which somebody must hear of it next; that of `nearest` while it is untold.
    None when all is told, or the end is past."""
    if ends_on < today:
        return None
    reached = nearest(what, ends_on, today)
    if reached is not None and reached not in told:
        return ends_on - timedelta(days=reached)
    ahead = [days for days in thresholds(what) if reached is None or days < reached]
    ahead = [days for days in ahead if days not in told]
    return ends_on - timedelta(days=max(ahead)) if ahead else None


def followed_by(cover: Cover, contracts: Iterable[Contracted]) -> Contracted | None:
    """The contract that goes on where a cover ends: of the same part, running longer; the one
    that begins first."""
    going_on = [
        each
        for each in contracts
        if each is not cover.contract and each.ends_on > cover.ends_on and _shares(cover, each)
    ]
    return min(going_on, key=lambda each: (each.starts_on, each.ends_on), default=None)


def is_seamless(cover: Cover, follower: Contracted) -> bool:
    return follower.starts_on <= cover.ends_on + timedelta(days=1)


def _shares(cover: Cover, contract: Contracted) -> bool:
    """Does the contract have all that ends with the cover?"""
    if cover.contract is not None:
        batches, kinds = cover.contract.batches, cover.contract.kinds
    else:
        batches = [cover.batch] if cover.batch else []
        kinds = [cover.asset_kind] if cover.asset_kind else []
    own_batches, own_kinds = set(contract.batches), set(contract.kinds)
    return (not own_batches or (bool(batches) and set(batches) <= own_batches)) and (
        not own_kinds
        or (bool(kinds) and all(k in own_kinds or family(k) in own_kinds for k in kinds))
    )
