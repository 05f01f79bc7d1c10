"""Reactions of the worker that tell people; they only write notices, `workers/post.py` sends."""

from tickets.ticket.actions.tell.changes import (
    tell_of_recurrence,
    tell_of_rejected_pause,
    tell_of_repair,
    tell_of_rise,
    tell_of_waiting_pause,
)
from tickets.ticket.actions.tell.ladder import acknowledge, climb
from tickets.ticket.actions.tell.promises import (
    tell_of_assignment,
    tell_of_breach,
    tell_of_debt,
    tell_of_opening,
    tell_of_warning,
    tell_of_withdrawal,
)

__all__ = [
    "acknowledge",
    "climb",
    "tell_of_assignment",
    "tell_of_breach",
    "tell_of_debt",
    "tell_of_opening",
    "tell_of_recurrence",
    "tell_of_rejected_pause",
    "tell_of_repair",
    "tell_of_rise",
    "tell_of_waiting_pause",
    "tell_of_warning",
    "tell_of_withdrawal",
]
