"""What may be asked about projects."""

from tickets.project.queries.filters import holds_words, within
from tickets.project.queries.project import (
    Listed,
    ProjectPage,
    acceptances_of,
    contacts_of,
    cover_at,
    find,
    find_by_id,
    groups,
    owner_with_contacts,
    terms_at,
    terms_history,
    visible,
)

__all__ = [
    "Listed",
    "ProjectPage",
    "acceptances_of",
    "contacts_of",
    "cover_at",
    "find",
    "find_by_id",
    "groups",
    "holds_words",
    "owner_with_contacts",
    "terms_at",
    "terms_history",
    "visible",
    "within",
]
