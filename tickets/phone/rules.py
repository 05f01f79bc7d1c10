"""What is believed of news that a phone brings late, and of its clock (rules.md §6)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

BELIEVED_FOR: Final = timedelta(hours=72)
SKEW_NOTED: Final = timedelta(minutes=2)

LATE_NEWS: Final = "late_news"
CLOCK_SKEW: Final = "clock_skew"


@dataclass(frozen=True)
class Judged:
    """The instant that counts, how far the phone's clock was behind ours, what the manager sees.

    `skew` is positive for a phone whose clock is slow, None where no phone's clock is known.
    """

    at: datetime
    skew: timedelta | None = None
    flags: tuple[str, ...] = ()


def judged(
    at: datetime | None,
    phone_time: datetime | None,
    received_at: datetime,
    reported_at: datetime,
) -> Judged:
    """When it happened, as far as we believe it.

    Without `phone_time` somebody at a desk says when it was, and there is no 72 h limit; whether
    the instant is possible at all is for the verb to ask. With it, the difference of the two
    clocks is taken off first, and what cannot be believed counts from its delivery.
    """
    if phone_time is None:
        return Judged(at or received_at)
    skew = received_at - phone_time
    flags = [CLOCK_SKEW] if abs(skew) > SKEW_NOTED else []
    corrected = _moved(at, skew) if at is not None else received_at
    if not is_believed(corrected, received_at, reported_at):
        if at is not None:
            flags.insert(0, LATE_NEWS)
        corrected = received_at
    assert corrected is not None
    return Judged(corrected, skew, tuple(flags))


def is_believed(at: datetime | None, received_at: datetime, reported_at: datetime) -> bool:
    """Between the report and the delivery, and not older than 72 h."""
    return at is not None and reported_at <= at <= received_at and received_at - at <= BELIEVED_FOR


def _moved(at: datetime, by: timedelta) -> datetime | None:
    try:
        return at + by
    except OverflowError:  # the year 9999 on a phone's clock is no instant of ours
        return None
