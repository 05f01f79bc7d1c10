"""What is believed of news that a phone brings late, and of its clock (rules.md §6)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tickets.refusals import Invalid

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


@dataclass(frozen=True)
class Interval:
    """A stretch of time as a phone or a desk tells it, and when we count it as told."""

    from_at: datetime
    to_at: datetime | None
    entered_at: datetime
    skew: timedelta | None = None
    flags: tuple[str, ...] = ()


def judged_interval(
    at: datetime | None,
    from_at: datetime | None,
    to_at: datetime | None,
    phone_time: datetime | None,
    *,
    received_at: datetime,
    reported_at: datetime,
) -> Interval:
    """[from_at, to_at) as far as we believe it; without `from_at` it begins at `at`, or now.

    An act of a phone that is believed was entered when it happened, whenever it was delivered;
    at a desk it is entered when we hear it. A phone's interval that lies outside the report and
    the delivery is refused: half of it would be a guess.
    """
    if phone_time is None:
        return Interval(from_at or at or received_at, to_at, received_at)
    moment = judged(at, phone_time, received_at, reported_at)
    assert moment.skew is not None
    begins = _moved(from_at, moment.skew) if from_at is not None else moment.at
    ends = _moved(to_at, moment.skew) if to_at is not None else None
    for field, said, told in (("from", from_at, begins), ("to", to_at, ends)):
        if said is not None and not is_believed(told, received_at, reported_at):
            raise Invalid(
                field, "This is too long ago, or not possible: ask the desk to enter the pause."
            )
    assert begins is not None
    return Interval(begins, ends, moment.at, moment.skew, moment.flags)


def is_believed(at: datetime | None, received_at: datetime, reported_at: datetime) -> bool:
    """Between the report and the delivery, and not older than 72 h."""
    return at is not None and reported_at <= at <= received_at and received_at - at <= BELIEVED_FOR


def _moved(at: datetime, by: timedelta) -> datetime | None:
    try:
        return at + by
    except OverflowError:  # the year 9999 on a phone's clock is no instant of ours
        return None
