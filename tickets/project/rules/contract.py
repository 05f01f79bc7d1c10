"""维护合同: which days and parts a service contract may name (rules.md §7)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from tickets.project.rules.cover import FIRST_DAY, LAST_DAY
from tickets.project.rules.decision import FREE, OWNER
from tickets.project.rules.terms import ServiceTerms
from tickets.refusals import Invalid
from tickets.words import N_

PAYS: Final[dict[str, str]] = {FREE: N_("included"), OWNER: N_("charged")}


@dataclass(frozen=True)
class ContractTerms:
    """What a contract says. `ends_on` is its last day. No batches: all; no classes: all."""

    starts_on: date
    ends_on: date
    number: str | None = None  # the next free one
    batches: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    labour: str = FREE
    parts: str = FREE
    terms: Mapping[str, Any] = field(default_factory=dict)  # ServiceTerms, as far as they differ
    note: str | None = None


def check_contract(terms: ContractTerms, batches: Iterable[str]) -> None:
    """`batches` are those the project has."""
    for where, day in (("starts_on", terms.starts_on), ("ends_on", terms.ends_on)):
        if not FIRST_DAY <= day <= LAST_DAY:
            raise Invalid(where, "This day cannot be: it is too far away.")
    if terms.ends_on < terms.starts_on:
        raise Invalid("ends_on", "The last day is not before the first.")
    for where, pays in (("labour", terms.labour), ("parts", terms.parts)):
        if pays not in PAYS:
            raise Invalid(where, "This is not one of the known values.")
    ServiceTerms.from_json(terms.terms)
    known = set(batches)
    for batch in terms.batches:
        if batch not in known:
            raise Invalid("batches", "There is no batch {batch} in this project.", batch=batch)


def next_days(ends_on: date) -> tuple[date, date]:
    """Of a renewal: from the day after, for a year; its last day stands before that day's own."""
    starts_on = ends_on + timedelta(days=1)
    try:
        return starts_on, starts_on.replace(year=starts_on.year + 1) - timedelta(days=1)
    except ValueError:  # from a 29 February
        return starts_on, date(starts_on.year + 1, 2, 28)
