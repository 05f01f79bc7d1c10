"""What a project was promised: how fast, counted from when (rules.md §2)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from tickets.refusals import Invalid

LONGEST: Final = timedelta(days=3650)
SEVERITIES: Final = ("S1", "S2", "S3", "S4")

# A promise, what its target is called outside (contract.md), and the unit of that number.
TARGETS: Final[Mapping[str, tuple[str, timedelta]]] = {
    "response": ("response_minutes", timedelta(minutes=1)),
    "arrival": ("arrival_hours", timedelta(hours=1)),
    "repair": ("repair_hours", timedelta(hours=1)),
    "make_safe": ("make_safe_minutes", timedelta(minutes=1)),
}
REPAIR_FROM: Final = ("report", "arrival")
INSPECTION_QUARTERS: Final = ("acceptance", "calendar")
# When somebody is warned, and how soon he must have heard it (rules.md §5): name outside, least,
# most.
LADDER: Final[Mapping[str, tuple[int, int]]] = {
    "first_warning_percent": (1, 98),
    "second_warning_percent": (2, 99),
    "remind_hours": (1, 168),
    "acknowledge_minutes": (1, 120),
}
# What the owner asks of a visit: how many photos of before and after the work, and how near to
# the asset an arrival is believed to be there, in metres.
FIELD: Final[Mapping[str, tuple[int, int]]] = {
    "photos_before": (0, 20),
    "photos_after": (0, 20),
    "arrival_radius_m": (20, 20_000),
    # Of the luminaires, how many of a hundred are looked at each quarter (rules.md §9).
    "sampling_percent": (1, 100),
}
WHOLE: Final = {**LADDER, **FIELD}


@dataclass(frozen=True)
class ServiceTerms:
    """What a project was promised. The defaults are those of the after-sales plan (P8)."""

    response: timedelta = timedelta(minutes=60)
    arrival: timedelta = timedelta(hours=48)
    repair: timedelta = timedelta(hours=48)
    make_safe: timedelta = timedelta(hours=2)
    repair_from: str = "report"
    inspection_quarters: str = "acceptance"
    first_warning_percent: int = 50
    second_warning_percent: int = 75
    remind_hours: int = 24
    acknowledge_minutes: int = 10
    photos_before: int = 0
    photos_after: int = 0
    arrival_radius_m: int = 200
    sampling_percent: int = 100
    # Other targets for one severity: {"S1": {"arrival": 4 h}}.
    severities: Mapping[str, Mapping[str, timedelta]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        own = {promise: getattr(self, promise) for promise in TARGETS}
        return {
            **_numbers(own),
            "repair_from": self.repair_from,
            "inspection_quarters": self.inspection_quarters,
            **{name: getattr(self, name) for name in WHOLE},
            "severities": {name: _numbers(targets) for name, targets in self.severities.items()},
        }

    @classmethod
    def from_json(
        cls, numbers: Mapping[str, Any], *, base: "ServiceTerms | None" = None
    ) -> "ServiceTerms":
        """The contract's names; what is absent or null stays as in `base` (the defaults).

        Raises `Invalid` naming the field (`terms.arrival_hours`).
        """
        base = base or cls()
        known = {outside for outside, _ in TARGETS.values()}
        known |= {"repair_from", "inspection_quarters", "severities", *WHOLE}
        for name in numbers:
            if name not in known:
                raise Invalid(f"terms.{name}", "This field is not known here.")
        targets = {promise: getattr(base, promise) for promise in TARGETS}
        targets |= _targets(numbers, "terms")
        severities = {name: dict(own) for name, own in base.severities.items()}
        given = numbers.get("severities")
        if given is not None:
            if not isinstance(given, Mapping):
                raise Invalid("terms.severities", "This is not one of the known values.")
            severities = {}
            for name, own in given.items():
                where = f"terms.severities.{name}"
                if name not in SEVERITIES or not isinstance(own, Mapping):
                    raise Invalid(where, "This is not one of the known values.")
                for key in own:
                    if key not in {outside for outside, _ in TARGETS.values()}:
                        raise Invalid(f"{where}.{key}", "This field is not known here.")
                if of_severity := _targets(own, where):
                    severities[name] = of_severity
        whole: dict[str, Any] = _whole(numbers, base)
        return cls(
            **targets,
            repair_from=_one_of(numbers, "repair_from", REPAIR_FROM, base.repair_from),
            inspection_quarters=_one_of(
                numbers, "inspection_quarters", INSPECTION_QUARTERS, base.inspection_quarters
            ),
            severities=severities,
            **whole,
        )


def _numbers(targets: Mapping[str, timedelta]) -> dict[str, int | float]:
    named: dict[str, int | float] = {}
    for promise, length in targets.items():
        outside, unit = TARGETS[promise]
        number = length / unit
        named[outside] = int(number) if number.is_integer() else number
    return named


def _targets(numbers: Mapping[str, Any], where: str) -> dict[str, timedelta]:
    """Hours may be fractional; a target is a whole number of minutes, at least one."""
    targets: dict[str, timedelta] = {}
    for promise, (outside, unit) in TARGETS.items():
        number = numbers.get(outside)
        if number is None:
            continue
        at = f"{where}.{outside}"
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise Invalid(at, "This is not a number.")
        if not math.isfinite(number) or number <= 0:
            raise Invalid(at, "This must be more than {gt}.", gt=0)
        if number > LONGEST / unit:
            raise Invalid(at, "This must be at most {le}.", le=int(LONGEST / unit))
        minutes = round(number * (unit / timedelta(minutes=1)), 6)
        if not float(minutes).is_integer():
            raise Invalid(at, "Targets are whole minutes.")
        targets[promise] = timedelta(minutes=int(minutes))
    return targets


def _whole(numbers: Mapping[str, Any], base: ServiceTerms) -> dict[str, int]:
    """Whole numbers; the second warning comes after the first."""
    made: dict[str, int] = {}
    for name, (least, most) in WHOLE.items():
        number = numbers.get(name)
        if number is None:
            made[name] = getattr(base, name)
            continue
        if isinstance(number, bool) or not isinstance(number, int | float) or number % 1:
            raise Invalid(f"terms.{name}", "This is not a whole number.")
        if number < least:
            raise Invalid(f"terms.{name}", "This must be at least {ge}.", ge=least)
        if number > most:
            raise Invalid(f"terms.{name}", "This must be at most {le}.", le=most)
        made[name] = int(number)
    if made["second_warning_percent"] <= made["first_warning_percent"]:
        raise Invalid("terms.second_warning_percent", "The second warning comes after the first.")
    return made


def _one_of(numbers: Mapping[str, Any], name: str, known: Sequence[str], else_: str) -> str:
    value = numbers.get(name)
    if value is None:
        return else_
    if value not in known:
        raise Invalid(f"terms.{name}", "This is not one of the known values.")
    return str(value)


def target(terms: ServiceTerms, promise: str, severity: str) -> timedelta:
    """How long the promise may take: what the terms say of this severity, else of all."""
    own = terms.severities.get(severity, {}).get(promise)
    length: timedelta = own if own is not None else getattr(terms, promise)
    return length
