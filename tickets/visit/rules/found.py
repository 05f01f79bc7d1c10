"""What a repair says: what it was, what was done, with which parts, and what cannot be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from tickets.project.rules import ServiceTerms
from tickets.refusals import Invalid
from tickets.sla.rules import Result
from tickets.ticket.rules import CAUSES
from tickets.visit.rules.payer import UNDETERMINED
from tickets.words import N_

RESULT_LABELS: Final = {
    Result.FIXED: N_("repaired, works again"),
    Result.TEMPORARY: N_("temporary, holds for now"),
    Result.PARTIAL: N_("partly, more to do"),
}


@dataclass(frozen=True)
class PartUsed:
    """A part put in; the old and the new serial number chain what was to what is."""

    name: str
    quantity: Decimal = Decimal(1)
    unit_price: Decimal | None = None
    old_serial: str | None = None
    new_serial: str | None = None


@dataclass(frozen=True)
class Quantity:
    """What technicians measure, and in which unit."""

    label: str
    unit: str


# Offered by the forms; whatever else was measured has the name somebody gives it.
MEASURED: Final[Mapping[str, Quantity]] = {
    "insulation": Quantity(N_("Insulation resistance"), "MΩ"),
    "leakage": Quantity(N_("Leakage current"), "mA"),
    "earth": Quantity(N_("Earth resistance"), "Ω"),
    "voltage": Quantity(N_("Voltage"), "V"),
    "current": Quantity(N_("Current"), "A"),
    "lux": Quantity(N_("Illuminance"), "lx"),
}


@dataclass(frozen=True)
class Measured:
    """A value before the work and one after it; at least one of them."""

    name: str
    unit: str
    before: Decimal | None = None
    after: Decimal | None = None


@dataclass(frozen=True)
class Found:
    """What a repair says besides its instant: what it was, what was done, with which result."""

    work: str
    cause: str | None = None
    result: Result = Result.FIXED
    expires_on: date | None = None
    on_site: bool = False
    parts: tuple[PartUsed, ...] = ()
    measurements: tuple[Measured, ...] = ()
    check_after_dark: bool = False  # repaired by day: somebody looks once it is dark


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
    for number, each in enumerate(found.measurements):
        if each.before is None and each.after is None:
            raise Invalid(f"measurements.{number}", "What was measured, before or after?")
    if found.expires_on is not None and found.expires_on < today:
        raise Invalid("expires_on", "This day is over already.")
    return found.cause or UNDETERMINED


def plain(value: Decimal | None) -> str:
    """A number as it was said: no zeros that nobody measured."""
    return "" if value is None else f"{value.normalize():f}"


def needs_photos(found: Found) -> bool:
    """What the terms ask is asked of a repair on site that is to hold; from afar there is nothing
    to photograph, and of one that is partial the rest is still to come."""
    return found.on_site and found.result is not Result.PARTIAL


def check_photos(terms: ServiceTerms, *, before: int, after: int) -> None:
    """Raises Invalid where there are fewer than the terms ask for."""
    if before < terms.photos_before:
        raise Invalid(
            "photos_before",
            "The terms ask for {needed} photos from before the work; there are {count}.",
            needed=terms.photos_before,
            count=before,
        )
    if after < terms.photos_after:
        raise Invalid(
            "photos_after",
            "The terms ask for {needed} photos from after the work; there are {count}.",
            needed=terms.photos_after,
            count=after,
        )
