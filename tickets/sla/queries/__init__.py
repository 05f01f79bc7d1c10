"""Clocks: of a ticket, of a page of tickets, those just broken; and what they are derived from."""

from tickets.sla.queries.clocks import (
    acts_of,
    acts_of_family,
    all_clocks,
    changes_of,
    clocks_of,
    in_order,
    is_anything_due,
    locked,
    locked_of_many,
    overdue,
    pauses_of_family,
    projects_of,
    unstarted,
)
from tickets.sla.queries.known import (
    Known,
    as_done,
    as_entered,
    derived_of,
    known_of,
    with_change,
)

__all__ = [
    "Known",
    "acts_of",
    "acts_of_family",
    "all_clocks",
    "as_done",
    "as_entered",
    "changes_of",
    "clocks_of",
    "derived_of",
    "in_order",
    "is_anything_due",
    "known_of",
    "locked",
    "locked_of_many",
    "overdue",
    "pauses_of_family",
    "projects_of",
    "unstarted",
    "with_change",
]
