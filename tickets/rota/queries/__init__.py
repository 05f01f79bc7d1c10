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
from tickets.rota.queries.plan import (
    absence,
    away,
    calendar_secret,
    duties_from,
    groups_of,
    members,
    name_of,
    plan_of,
    plan_row,
    zone_of,
)

__all__ = [
    "AHEAD",
    "ZONE",
    "Group",
    "absence",
    "away",
    "calendar_secret",
    "duties",
    "duties_from",
    "duty_person_id",
    "find",
    "gaps",
    "groups_of",
    "groups_page",
    "members",
    "name_of",
    "next_on_duty",
    "on_duty",
    "plan_of",
    "plan_row",
    "zone_of",
]
