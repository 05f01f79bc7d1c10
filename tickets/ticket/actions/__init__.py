"""The verbs of a ticket, one function each."""

from tickets.ticket.actions.act import attach, perform
from tickets.ticket.actions.closing import call_back, cancel, close
from tickets.ticket.actions.desk import add_call, answer, assign, decide_main, note
from tickets.ticket.actions.opening import open_ticket, open_with_clocks
from tickets.ticket.actions.tell import (
    tell_of_assignment,
    tell_of_breach,
    tell_of_danger,
    tell_of_debt,
    tell_of_withdrawal,
)

__all__ = [
    "add_call",
    "answer",
    "assign",
    "attach",
    "call_back",
    "cancel",
    "close",
    "decide_main",
    "note",
    "open_ticket",
    "open_with_clocks",
    "perform",
    "tell_of_assignment",
    "tell_of_breach",
    "tell_of_danger",
    "tell_of_debt",
    "tell_of_withdrawal",
]
