"""What a repair says, and who pays for it (rules.md §7)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from tickets.refusals import Invalid
from tickets.sla.rules import Result
from tickets.ticket.rules import CAUSES
from tickets.words import N_


class Pays(StrEnum):
    FREE = "free"
    OWNER = "owner"
    THIRD_PARTY = "third_party"
    UNDECIDED = "undecided"


PAYS_LABELS: Final = {
    Pays.FREE: N_("free of charge"),
    Pays.OWNER: N_("the owner pays"),
    Pays.THIRD_PARTY: N_("the third party pays"),
    Pays.UNDECIDED: N_("not settled yet"),
}

RESULT_LABELS: Final = {
    Result.FIXED: N_("repaired, works again"),
    Result.TEMPORARY: N_("temporary, holds for now"),
    Result.PARTIAL: N_("partly, more to do"),
}

UNDETERMINED: Final = "C_UNKNOWN"
# Causes no one made: what the warranty is for, force majeure included.
_NOT_MAN_MADE: Final = frozenset({"C_PRODUCT", "C_INSTALL", "C_NATURAL", "C_FORCE"})


@dataclass(frozen=True)
class Payer:
    """Who pays labour and who pays parts; `reason` is a sentence of the catalogue."""

    labour: Pays
    parts: Pays
    reason: str


def payer(
    decision: str,
    cause: str,
    *,
    contract_labour: Pays = Pays.FREE,
    contract_parts: Pays = Pays.FREE,
) -> Payer:
    """The cover decided at the opening and the cause found at the repair, together.

    `contract_labour` and `contract_parts` are what a service contract says of its own
    (包工包料 / 包工不包料); they count only where the cover is that contract.
    """
    if cause == "C_SUPPLY":
        return _both(Pays.OWNER, N_("The supply is not ours: the owner or the power company pays."))
    if cause == "C_THIRD":
        return _both(Pays.THIRD_PARTY, N_("A third party did it: charged to them, quote first."))
    if decision == "not_accepted_yet":
        return _both(Pays.FREE, N_("Not accepted yet: in the builder's care, free."))
    if decision == "expired":
        return _both(Pays.OWNER, N_("Cover has ended: chargeable, quote first."))
    if cause == "C_HUMAN":
        return _both(Pays.OWNER, N_("Man-made: chargeable, quote first."))
    if cause == "C_THEFT":
        return _both(Pays.OWNER, N_("Theft is not covered: chargeable, quote first."))
    if cause == UNDETERMINED:
        return _both(Pays.FREE, N_("The cause is not known yet: free until it is decided."))
    assert cause in _NOT_MAN_MADE
    if decision == "contract":
        return Payer(
            contract_labour, contract_parts, N_("In the service contract and not man-made.")
        )
    return _both(Pays.FREE, N_("In warranty and not man-made: free."))


def _both(pays: Pays, reason: str) -> Payer:
    return Payer(pays, pays, reason)


@dataclass(frozen=True)
class PartUsed:
    """A part put in; the old and the new serial number chain what was to what is."""

    name: str
    quantity: Decimal = Decimal(1)
    unit_price: Decimal | None = None
    old_serial: str | None = None
    new_serial: str | None = None


@dataclass(frozen=True)
class Found:
    """What a repair says besides its instant: what it was, what was done, with which result."""

    work: str
    cause: str | None = None
    result: Result = Result.FIXED
    expires_on: date | None = None
    on_site: bool = False
    parts: tuple[PartUsed, ...] = ()
    check_after_dark: bool = False  # repaired by day: somebody looks once it is dark


@dataclass(frozen=True)
class Stood:
    """Where the phone was; WGS-84 degrees, accuracy in metres."""

    lat: float
    lon: float
    accuracy_m: float | None = None


def checked(found: Found, today: date) -> str:
    """The cause that counts, or the field that cannot be as it is. `today` is the project's."""
    if found.cause is not None and found.cause not in CAUSES:
        raise Invalid("cause", "This cause is not known.")
    if found.result is Result.FIXED and found.cause is None:
        raise Invalid("cause", "What was the cause? Choose “not decided yet” if nobody knows.")
    if found.result is Result.TEMPORARY and found.expires_on is None:
        raise Invalid("expires_on", "A temporary repair needs the day until which it holds.")
    if found.result is not Result.TEMPORARY and found.expires_on is not None:
        raise Invalid("expires_on", "Only a temporary repair has such a day.")
    if found.check_after_dark and found.result is not Result.FIXED:
        raise Invalid("check_after_dark", "Only what is repaired waits for a look after dark.")
    if found.expires_on is not None and found.expires_on < today:
        raise Invalid("expires_on", "This day is over already.")
    return found.cause or UNDETERMINED
