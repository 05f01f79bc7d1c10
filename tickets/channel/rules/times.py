"""When a message may go: quiet hours, waiting longer after each failure, limits of a minute."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from tickets.channel.rules.kinds import Kind

_MINUTE = timedelta(minutes=1)
_STEPS: Final = (
    timedelta(seconds=5),
    timedelta(seconds=15),
    _MINUTE,
    5 * _MINUTE,
    15 * _MINUTE,
    30 * _MINUTE,
    60 * _MINUTE,
)
# What could not be handed over for so long tells nobody anything any more.
GIVE_UP_AFTER: Final = timedelta(hours=12)
# So long what is being handed over belongs to who hands it over; a sending ends well before.
IN_FLIGHT: Final = timedelta(seconds=40)


def backoff(failures: int, asked_for: timedelta | None = None) -> timedelta:
    """After so many failures in a row; never sooner than the receiver asked for."""
    step = _STEPS[min(max(failures, 1), len(_STEPS)) - 1]
    return min(max(step, asked_for or step), GIVE_UP_AFTER)


def quiet_until(now: datetime, begin: time | None, end: time | None, zone: str) -> datetime | None:
    """The end of the quiet hours that `now` lies in, if it does; they may span midnight."""
    if begin is None or end is None or begin == end:
        return None
    local = now.astimezone(ZoneInfo(zone))
    at = local.time()
    is_quiet = begin <= at < end if begin < end else at >= begin or at < end
    if not is_quiet:
        return None
    day = local.date() + timedelta(days=1 if begin > end and at >= begin else 0)
    return datetime.combine(day, end, ZoneInfo(zone)).astimezone(now.tzinfo)


@dataclass(frozen=True)
class Limit:
    """So many messages in any such stretch of time."""

    number: int
    within: timedelta

    def free(self, recent: Sequence[datetime], now: datetime) -> int:
        return self.number - sum(1 for at in recent if at > now - self.within)

    def free_at(self, recent: Sequence[datetime], now: datetime) -> datetime:
        """When one more may go; now, if at once."""
        counted = sorted(at for at in recent if at > now - self.within)
        if len(counted) < self.number:
            return now
        return counted[-self.number] + self.within


# 20 a minute, 100 a minute and 5 a second (domain.md §6); the stretches are a little longer than
# the receiver's, because what is sent in time may arrive late.
_LIMITS: Final[dict[Kind, tuple[Limit, ...]]] = {
    Kind.WECOM: (Limit(20, timedelta(seconds=65)),),
    Kind.DINGTALK: (Limit(20, timedelta(seconds=65)),),
    Kind.FEISHU: (Limit(100, timedelta(seconds=65)), Limit(5, timedelta(seconds=1.5))),
}

# A test by SMS costs as much as any message, and the receiver is other people's too.
OWN_TESTS: Final = Limit(5, timedelta(minutes=15))


def limit_of(kind: Kind) -> tuple[Limit, ...]:
    return _LIMITS.get(kind, ())
