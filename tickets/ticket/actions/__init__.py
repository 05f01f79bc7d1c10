"""The verbs of a ticket, one function each."""

from tickets.ticket.actions.absence import (
    hand_over_absences,
    hand_over_at_absence,
    tell_of_absence,
)
from tickets.ticket.actions.act import attach, perform
from tickets.ticket.actions.check import check_after_dark, watch_repairs
from tickets.ticket.actions.closing import call_back, cancel, close
from tickets.ticket.actions.desk import add_call, answer, assign, decide_main, note
from tickets.ticket.actions.grade import change_severity
from tickets.ticket.actions.hand_back import hand_back
from tickets.ticket.actions.merge import merge, merge_many
from tickets.ticket.actions.opening import open_ticket, open_with_clocks
from tickets.ticket.actions.pause import accept_pause, end_pause, pause, reject_pause
from tickets.ticket.actions.promise import keep_call, promise_call, watch_calls
from tickets.ticket.actions.recur import recur
from tickets.ticket.actions.remind import remind
from tickets.ticket.actions.split import split
from tickets.ticket.actions.tell import (
    acknowledge,
    climb,
    tell_of_assignment,
    tell_of_breach,
    tell_of_debt,
    tell_of_opening,
    tell_of_recurrence,
    tell_of_rejected_pause,
    tell_of_repair,
    tell_of_rise,
    tell_of_waiting_pause,
    tell_of_warning,
    tell_of_withdrawal,
)
from tickets.ticket.actions.tell.urged import (
    tell_of_call_due,
    tell_of_hand_back,
    tell_of_missed_call,
    tell_of_reminder,
)
from tickets.ticket.actions.together import Do, each_alone

__all__ = [
    "Do",
    "accept_pause",
    "acknowledge",
    "add_call",
    "answer",
    "assign",
    "attach",
    "call_back",
    "cancel",
    "change_severity",
    "check_after_dark",
    "climb",
    "close",
    "decide_main",
    "each_alone",
    "end_pause",
    "hand_back",
    "hand_over_absences",
    "hand_over_at_absence",
    "keep_call",
    "merge",
    "merge_many",
    "note",
    "open_ticket",
    "open_with_clocks",
    "pause",
    "perform",
    "promise_call",
    "recur",
    "reject_pause",
    "remind",
    "split",
    "tell_of_absence",
    "tell_of_assignment",
    "tell_of_breach",
    "tell_of_call_due",
    "tell_of_debt",
    "tell_of_hand_back",
    "tell_of_missed_call",
    "tell_of_opening",
    "tell_of_recurrence",
    "tell_of_rejected_pause",
    "tell_of_reminder",
    "tell_of_repair",
    "tell_of_rise",
    "tell_of_waiting_pause",
    "tell_of_warning",
    "tell_of_withdrawal",
    "watch_calls",
    "watch_repairs",
]
