"""Until when the owner need not pay, and why (rules.md §7)."""

import calendar
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from tickets.project.rules.kinds import FAMILIES, KINDS
from tickets.words import N_

STATUTORY_MONTHS: Final = 24  # 建设工程质量管理条例 art. 40, electrical installation
STATUTE_NOTE: Final = N_(
    "Less than 24 months: the statutory minimum for electrical installation is two years"
    " (Regulation on Quality of Construction Projects, article 40)."
)
FIRST_DAY: Final = date(1980, 1, 1)
LAST_DAY: Final = date(2200, 12, 31)
MOST_MONTHS: Final = 600


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

    kind: str
    starts_on: date
    ends_on: date
    batch: str
    months: int
    asset_kind: str | None = None  # a class of equipment with months of its own

    def holds(self, day: date) -> bool:
        return self.starts_on <= day <= self.ends_on


@dataclass(frozen=True)
class CoverDecision:
    """`reason` is an English sentence, frozen as it stands; `said_again` finds its translation."""

    decision: Decision
    reason: str
    ends_on: date | None


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


def covers_of(acceptances: Iterable[Accepted]) -> list[Cover]:
    """Every warranty of a project: one per batch, one more per class with months of its own."""
    covers: list[Cover] = []
    for accepted in sorted(acceptances, key=lambda a: (a.accepted_on, a.batch)):
        covers.append(_cover(accepted, None))
        covers += [_cover(accepted, kind) for kind in sorted(accepted.months_by_kind)]
    return covers


def _cover(accepted: Accepted, asset_kind: str | None) -> Cover:
    months = accepted.months_by_kind[asset_kind] if asset_kind else accepted.months
    return Cover(
        kind=Decision.WARRANTY,
        starts_on=accepted.accepted_on,
        ends_on=warranty_end(accepted.accepted_on, months),
        batch=accepted.batch,
        months=months,
        asset_kind=asset_kind,
    )


def cover_of(acceptances: Iterable[Accepted], asset: Installed) -> Cover | None:
    """The warranty of one asset: its batch's, with the months of its class.

    The class is the kind itself (`LUM_FLOOD`) or its family (`LUM`). An asset of no named batch
    has the one that ends last.
    """
    family = asset.kind.partition("_")[0]
    found = []
    for accepted in acceptances:
        if asset.batch is None or accepted.batch == asset.batch:
            own = accepted.months_by_kind
            kind = next((name for name in (asset.kind, family) if name in own), None)
            found.append(_cover(accepted, kind))
    return max(found, key=lambda cover: cover.ends_on, default=None)


def below_statute(acceptance: Accepted) -> bool:
    """Does any part have less than the 24 months of art. 40? A note is shown, nothing is barred."""
    return min([acceptance.months, *acceptance.months_by_kind.values()]) < STATUTORY_MONTHS


REASONS: Final = (
    IN_WARRANTY := N_(
        "In warranty: batch {batch} was accepted on {accepted_on}, its {months} months"
        " end with {ends_on}."
    ),
    IN_WARRANTY_OF_CLASS := N_(
        "In warranty: batch {batch} was accepted on {accepted_on}, the {months} months"
        " for {asset_kind} end with {ends_on}."
    ),
    WARRANTY_OVER := N_(
        "Warranty is over: batch {batch} was accepted on {accepted_on}, its {months} months"
        " ended with {ends_on}."
    ),
    WARRANTY_OVER_OF_CLASS := N_(
        "Warranty is over: batch {batch} was accepted on {accepted_on}, the {months} months"
        " for {asset_kind} ended with {ends_on}."
    ),
    ACCEPTED_LATER := N_(
        "Not accepted yet: batch {batch} is accepted on {accepted_on}, the report is of {day}."
        " The builder takes care of it, free of charge."
    ),
    NEVER_ACCEPTED := N_(
        "Not accepted yet: no acceptance is recorded. The builder takes care of it, free of charge."
    ),
    THIS_APPLIES_TO := N_("This holds for {codes}."),
    NOT_IN_COVER := N_("Out of warranty: {codes}."),
)


def decide_cover(
    acceptances: Sequence[Accepted], assets: Sequence[Installed], at: datetime, timezone: str
) -> CoverDecision:
    """In cover, or not, for a report at that instant; days are those of the project's zone.

    A ticket is covered if any asset it names is; the reason then names those that are not.
    Without assets the warranty that ends last decides.
    """
    day = day_of(at, timezone)
    if not assets:
        covers = covers_of(acceptances)
        return _judged(max(covers, key=lambda c: _rank(c, day), default=None), day)
    each = [(asset, cover_of(acceptances, asset)) for asset in assets]
    _, best = max(each, key=lambda pair: _rank(pair[1], day))
    told = _judged(best, day)
    same = [asset.code for asset, cover in each if cover == best]
    out = [asset.code for asset, cover in each if _judged(cover, day).decision is Decision.EXPIRED]
    sentences = [told.reason]
    if len(same) < len(each):
        sentences.append(THIS_APPLIES_TO.format(codes=_listed(same)))
        if told.decision is not Decision.EXPIRED and out:
            sentences.append(NOT_IN_COVER.format(codes=_listed(out)))
    return CoverDecision(told.decision, "\n".join(sentences), told.ends_on)


def _rank(cover: Cover | None, day: date) -> tuple[int, date]:
    """What is best for the owner first: in warranty, then not yet accepted, then the last over."""
    if cover is None:
        return 1, date.min
    if cover.holds(day):
        return 2, cover.ends_on
    return (1 if day < cover.starts_on else 0), cover.ends_on


def _judged(cover: Cover | None, day: date) -> CoverDecision:
    if cover is None:
        return CoverDecision(Decision.NOT_ACCEPTED_YET, NEVER_ACCEPTED, None)
    places = {
        "batch": cover.batch,
        "accepted_on": cover.starts_on.isoformat(),
        "months": cover.months,
        "ends_on": cover.ends_on.isoformat(),
        "asset_kind": cover.asset_kind,
        "day": day.isoformat(),
    }
    if day < cover.starts_on:
        return CoverDecision(
            Decision.NOT_ACCEPTED_YET, ACCEPTED_LATER.format(**places), cover.ends_on
        )
    if cover.holds(day):
        sentence = IN_WARRANTY_OF_CLASS if cover.asset_kind else IN_WARRANTY
        return CoverDecision(Decision.WARRANTY, sentence.format(**places), cover.ends_on)
    sentence = WARRANTY_OVER_OF_CLASS if cover.asset_kind else WARRANTY_OVER
    return CoverDecision(Decision.EXPIRED, sentence.format(**places), cover.ends_on)


def _listed(codes: Sequence[str], most: int = 10) -> str:
    shown = ", ".join(codes[:most])
    return shown if len(codes) <= most else f"{shown} … (+{len(codes) - most})"


def _shape(sentence: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", sentence)
    return re.compile(
        "".join(f"(?P<{p}>.+)" if i % 2 else re.escape(p) for i, p in enumerate(parts))
    )


_SHAPES: Final = [(sentence, _shape(sentence)) for sentence in REASONS]


def said_again(reason: str, say: Callable[..., str]) -> str:
    """A frozen reason in the reader's language: `said_again(ticket.cover_reason, _)`.

    The sentence was frozen in English because a dispute needs what was said; its translation is
    found by its shape. A sentence of an older wording is shown as it was frozen.
    """
    said = []
    for line in reason.split("\n"):
        for sentence, shape in _SHAPES:
            if found := shape.fullmatch(line):
                places = found.groupdict()
                if kind := places.get("asset_kind"):
                    places["asset_kind"] = say(KINDS.get(kind) or FAMILIES.get(kind) or kind)
                said.append(say(sentence, **places))
                break
        else:
            said.append(line)
    return " ".join(said)
