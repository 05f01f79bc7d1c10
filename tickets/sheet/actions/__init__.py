"""What is done to a sheet: it is sent in, started, called off, carried out."""

from tickets.sheet.actions.carry_out import Cancelled, carry_out
from tickets.sheet.actions.send import call_off, send_in, start
from tickets.sheet.actions.work import break_off, end_cancelled, progress, take_up

__all__ = [
    "Cancelled",
    "break_off",
    "call_off",
    "carry_out",
    "end_cancelled",
    "progress",
    "send_in",
    "start",
    "take_up",
]
