"""Who pays for a repair: the cover of the opening and the cause found, together (rules.md §7)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

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
