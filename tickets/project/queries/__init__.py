"""What may be asked about projects."""

from tickets.project.queries.filters import holds_words, within
from tickets.project.queries.project import (
    Listed,
    ProjectPage,
    acceptances_of,
    contact_of,
    contacts_of,
    cover_at,
    find,
    find_by_id,
    groups,
    terms_at,
    terms_history,
    visible,
)

__all__ = [
    "Listed",
    "ProjectPage",
    "acceptances_of",
    "contact_of",
    "contacts_of",
    "cover_at",
    "find",
    "find_by_id",
    "groups",
    "holds_words",
    "terms_at",
    "terms_history",
    "visible",
    "within",
]
