"""Who pays: every cover against every cause; what a repair must say."""

from datetime import date

import pytest

from tickets.refusals import Invalid
from tickets.sla.rules import Result
from tickets.ticket.rules import CAUSES
from tickets.visit.rules import Found, PartUsed, Pays, checked, payer

FREE, OWNER, THIRD = Pays.FREE, Pays.OWNER, Pays.THIRD_PARTY

TABLE = {
    # cause: warranty, contract, not_accepted_yet, expired
    "C_PRODUCT": (FREE, FREE, FREE, OWNER),
    "C_INSTALL": (FREE, FREE, FREE, OWNER),
    "C_NATURAL": (FREE, FREE, FREE, OWNER),
    "C_FORCE": (FREE, FREE, FREE, OWNER),
    "C_HUMAN": (OWNER, OWNER, FREE, OWNER),
    "C_THEFT": (OWNER, OWNER, FREE, OWNER),
    "C_THIRD": (THIRD, THIRD, THIRD, THIRD),
    "C_SUPPLY": (OWNER, OWNER, OWNER, OWNER),
    "C_UNKNOWN": (FREE, FREE, FREE, OWNER),
}


def test_every_cause_has_its_line() -> None:
    assert set(TABLE) == set(CAUSES)


@pytest.mark.parametrize("cause", TABLE)
def test_the_cover_and_the_cause_say_who_pays(cause: str) -> None:
    covers = ("warranty", "contract", "not_accepted_yet", "expired")
    for decision, pays in zip(covers, TABLE[cause], strict=True):
        told = payer(decision, cause)
        assert (told.labour, told.parts) == (pays, pays), decision
        assert told.reason


def test_a_contract_without_parts_leaves_the_parts_to_the_owner() -> None:
    told = payer("contract", "C_NATURAL", contract_parts=OWNER)
    assert (told.labour, told.parts) == (FREE, OWNER)


def test_a_contract_says_nothing_of_a_warranty() -> None:
    told = payer("warranty", "C_NATURAL", contract_parts=OWNER)
    assert (told.labour, told.parts) == (FREE, FREE)


def test_a_contract_does_not_pay_for_what_a_third_party_did() -> None:
    assert payer("contract", "C_THIRD", contract_parts=OWNER).parts is THIRD


TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("found", "field"),
    [
        (Found("x", cause="C_MAGIC"), "cause"),
        (Found("x"), "cause"),
        (Found("x", cause="C_PRODUCT", result=Result.TEMPORARY), "expires_on"),
        (Found("x", cause="C_PRODUCT", expires_on=TODAY), "expires_on"),
        (Found("x", result=Result.PARTIAL, expires_on=TODAY), "expires_on"),
        (Found("x", result=Result.TEMPORARY, expires_on=date(2026, 11, 23)), "expires_on"),
    ],
)
def test_what_a_repair_cannot_say(found: Found, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        checked(found, TODAY)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("found", "cause"),
    [
        (Found("x", cause="C_PRODUCT", parts=(PartUsed("driver"),)), "C_PRODUCT"),
        (Found("x", result=Result.PARTIAL), "C_UNKNOWN"),
        (Found("x", result=Result.TEMPORARY, expires_on=TODAY), "C_UNKNOWN"),
    ],
)
def test_what_a_repair_may_leave_open(found: Found, cause: str) -> None:
    assert checked(found, TODAY) == cause
