"""Who somebody is, and who holds which role where."""

from tickets.staff.queries.door import AtTheDoor, by_sign_in, by_token, who_is
from tickets.staff.queries.holders import (
    colleague,
    holders,
    id_of,
    in_role,
    names,
    technician_named,
    technicians_for,
)
from tickets.staff.queries.people import (
    KnownToken,
    Place,
    all_tokens,
    by_login,
    check_may_manage,
    find,
    group_names,
    me,
    own_sign_ins,
    people_page,
    places_of,
    project_id_of,
    tokens,
)

__all__ = [
    "AtTheDoor",
    "KnownToken",
    "Place",
    "all_tokens",
    "by_login",
    "by_sign_in",
    "by_token",
    "check_may_manage",
    "colleague",
    "find",
    "group_names",
    "holders",
    "id_of",
    "in_role",
    "me",
    "names",
    "own_sign_ins",
    "people_page",
    "places_of",
    "project_id_of",
    "technician_named",
    "technicians_for",
    "tokens",
    "who_is",
]
