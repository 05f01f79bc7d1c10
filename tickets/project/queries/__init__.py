"""What may be asked about projects."""

from tickets.project.queries.filters import (
    as_pattern,
    escaped,
    holds,
    holds_words,
    patterns_of,
    within,
)
from tickets.project.queries.project import (
    PROMISED,
    Listed,
    ProjectPage,
    acceptances_of,
    contact_of,
    contacts_of,
    cover_at,
    find,
    find_by_id,
    groups,
    promised_in,
    terms_at,
    terms_history,
    visible,
)

__all__ = [
    "PROMISED",
    "Listed",
    "ProjectPage",
    "acceptances_of",
    "as_pattern",
    "contact_of",
    "contacts_of",
    "cover_at",
    "escaped",
    "find",
    "find_by_id",
    "groups",
    "holds",
    "holds_words",
    "patterns_of",
    "promised_in",
    "terms_at",
    "terms_history",
    "visible",
    "within",
]
