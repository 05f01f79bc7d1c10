"""Instants as other people write them: formats, zones, hours that come twice or never."""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tickets.project.rules import FIRST_DAY, LAST_DAY


def local_time(written: str, formats: Sequence[str]) -> datetime | None:
    """By the first format that fits: a `strptime` pattern, or `iso`."""
    for shape in formats:
        try:
            found = _by(shape, written)
        except ValueError:
            continue
        return found if FIRST_DAY < found.date() < LAST_DAY else None
    return None


def _by(shape: str, written: str) -> datetime:
    if shape != "iso":
        return datetime.strptime(written, shape)  # noqa: DTZ007  # the zone is the mapping's
    if len(written) <= 10:
        raise ValueError  # a bare day says no hour; whoever means midnight names the format
    return datetime.fromisoformat(written)


def in_zone(local: datetime, zone: ZoneInfo, after: datetime | None) -> datetime | None:
    """An hour that comes twice is meant the first time, unless that lies before `after`, the
    report; None for one that the clocks skipped. An instant with its own offset stays."""
    if local.tzinfo is not None:
        return local.astimezone(UTC)
    first = local.replace(tzinfo=zone).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) != local:
        return None
    second = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return second if after is not None and first < after <= second else first
