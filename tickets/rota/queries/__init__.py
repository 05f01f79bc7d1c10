"""Questions about groups, duties and absences."""

from tickets.rota.queries.duty import (
    AHEAD,
    ZONE,
    duties,
    duty_person_id,
    gaps,
    next_on_duty,
    on_duty,
)
from tickets.rota.queries.group import Group, find, groups_page

__all__ = [
    "AHEAD",
    "ZONE",
    "Group",
    "duties",
    "duty_person_id",
    "find",
    "gaps",
    "groups_page",
    "next_on_duty",
    "on_duty",
]
