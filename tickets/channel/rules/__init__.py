"""Channels: what there is, when it may be used, how often, and how much fits in."""

from tickets.channel.rules.digest import Entry, digest, with_links
from tickets.channel.rules.kinds import (
    DIRECT,
    FIELDS,
    KIND_LABELS,
    STATE_LABELS,
    Field,
    Kind,
    State,
    checked,
    goes_by,
    is_on_by_default,
    secrets_of,
)
from tickets.channel.rules.numbers import masked, masked_in
from tickets.channel.rules.saying import Reach, first, furthest
from tickets.channel.rules.times import (
    GIVE_UP_AFTER,
    IN_FLIGHT,
    OWN_TESTS,
    Limit,
    backoff,
    limit_of,
    quiet_until,
)

__all__ = [
    "DIRECT",
    "FIELDS",
    "GIVE_UP_AFTER",
    "IN_FLIGHT",
    "KIND_LABELS",
    "OWN_TESTS",
    "STATE_LABELS",
    "Entry",
    "Field",
    "Kind",
    "Limit",
    "Reach",
    "State",
    "backoff",
    "checked",
    "digest",
    "first",
    "furthest",
    "goes_by",
    "is_on_by_default",
    "limit_of",
    "masked",
    "masked_in",
    "quiet_until",
    "secrets_of",
    "with_links",
]
