"""The verbs of groups, duties and absences."""

from tickets.rota.actions.absence import add_absence, end_absence
from tickets.rota.actions.calendar import renew_calendar, revoke_calendar
from tickets.rota.actions.duty import give, swap
from tickets.rota.actions.gaps import tell_gaps, tell_of_gap
from tickets.rota.actions.group import add_group, add_member, remove_member, rename_group
from tickets.rota.actions.planning import plan_ahead, plan_turn, replan, replan_for_person
from tickets.rota.actions.told import tell_of_duty

__all__ = [
    "add_absence",
    "add_group",
    "add_member",
    "end_absence",
    "give",
    "plan_ahead",
    "plan_turn",
    "remove_member",
    "rename_group",
    "renew_calendar",
    "replan",
    "replan_for_person",
    "revoke_calendar",
    "swap",
    "tell_gaps",
    "tell_of_duty",
    "tell_of_gap",
]
