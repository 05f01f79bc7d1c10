"""Where a phone was when somebody arrived."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Stood:
    """Where the phone was; WGS-84 degrees, accuracy in metres."""

    lat: float
    lon: float
    accuracy_m: float | None = None
