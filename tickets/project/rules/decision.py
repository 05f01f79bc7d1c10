"""Whether a report is in cover, and the sentence that says why (rules.md §7)."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final

from tickets.project.rules.cover import (
    Accepted,
    Contracted,
    Cover,
    Decision,
    Installed,
    best,
    cover_of,
    covers_of,
    day_of,
    rank,
)
from tickets.project.rules.kinds import FAMILIES, KINDS
from tickets.words import N_

# Who pays, in a contract: it is included, or the owner is charged.
FREE: Final = "free"
OWNER: Final = "owner"


@dataclass(frozen=True)
class CoverDecision:
    """`reason` is an English sentence, frozen as it stands; `said_again` finds its translation.

    `labour` and `parts` are what a contract says of them, `terms` what it promises otherwise than
    the project does; they count only under `contract`.
    """

    decision: Decision
    reason: str
    ends_on: date | None
    labour: str = FREE
    parts: str = FREE
    terms: Mapping[str, Any] = field(default_factory=dict)


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
    IN_CONTRACT := N_("Under contract {number}, from {starts_on} to the end of {ends_on}."),
    CONTRACT_OVER := N_("Contract {number} is over: it ran from {starts_on} to {ends_on}."),
    ALL_INCLUDED := N_("Labour and parts are included."),
    LABOUR_INCLUDED := N_("Labour is included, parts are charged."),
    PARTS_INCLUDED := N_("Parts are included, labour is charged."),
    NONE_INCLUDED := N_("Labour and parts are charged."),
)


def decide_cover(
    acceptances: Sequence[Accepted],
    assets: Sequence[Installed],
    at: datetime,
    timezone: str,
    contracts: Sequence[Contracted] = (),
) -> CoverDecision:
    """In cover, or not, for a report at that instant; days are those of the project's zone."""
    return decide_on(acceptances, contracts, assets, day_of(at, timezone))


def decide_on(
    acceptances: Sequence[Accepted],
    contracts: Sequence[Contracted],
    assets: Sequence[Installed],
    day: date,
) -> CoverDecision:
    """In cover, or not, on that day of the project's zone.

    A ticket is covered if any asset it names is; the reason then names those that are not.
    Without assets what is best for the owner decides, of what ends last.
    """
    if not assets:
        return _judged(best(covers_of(acceptances, contracts), day), day)
    each = [(asset, cover_of(acceptances, asset, day, contracts)) for asset in assets]
    _, found = max(each, key=lambda pair: rank(pair[1], day))
    told = _judged(found, day)
    same = [asset.code for asset, cover in each if cover == found]
    out = [asset.code for asset, cover in each if _judged(cover, day).decision is Decision.EXPIRED]
    sentences = [told.reason]
    if len(same) < len(each):
        sentences.append(THIS_APPLIES_TO.format(codes=_listed(same)))
        if told.decision is not Decision.EXPIRED and out:
            sentences.append(NOT_IN_COVER.format(codes=_listed(out)))
    return replace(told, reason="\n".join(sentences))


def _judged(cover: Cover | None, day: date) -> CoverDecision:
    if cover is None:
        return CoverDecision(Decision.NOT_ACCEPTED_YET, NEVER_ACCEPTED, None)
    if cover.contract is not None:
        return _judged_contract(cover.contract, cover.holds(day))
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


def _judged_contract(contract: Contracted, holds: bool) -> CoverDecision:
    days = {
        "number": contract.number,
        "starts_on": contract.starts_on.isoformat(),
        "ends_on": contract.ends_on.isoformat(),
    }
    if not holds:
        return CoverDecision(Decision.EXPIRED, CONTRACT_OVER.format(**days), contract.ends_on)
    reason = f"{IN_CONTRACT.format(**days)}\n{included(contract)}"
    return CoverDecision(
        Decision.CONTRACT,
        reason,
        contract.ends_on,
        contract.labour,
        contract.parts,
        contract.terms,
    )


def included(contract: Contracted) -> str:
    """What the contract includes, as a sentence of the catalogue."""
    return {
        (FREE, FREE): ALL_INCLUDED,
        (FREE, OWNER): LABOUR_INCLUDED,
        (OWNER, FREE): PARTS_INCLUDED,
    }.get((contract.labour, contract.parts), NONE_INCLUDED)


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
