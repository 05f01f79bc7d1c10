"""The verbs of a visit, one function each. The clocks are the ticket's to judge."""

from tickets.visit.actions.appoint import appoint, tell_of_appointment, watch_appointments
from tickets.visit.actions.arrive import arrive
from tickets.visit.actions.depart import depart
from tickets.visit.actions.make_safe import make_safe
from tickets.visit.actions.repair import repair
from tickets.visit.actions.sign import sign
from tickets.visit.actions.upload import begin_upload, drop_upload, push_piece

__all__ = [
    "appoint",
    "arrive",
    "begin_upload",
    "depart",
    "drop_upload",
    "make_safe",
    "push_piece",
    "repair",
    "sign",
    "tell_of_appointment",
    "watch_appointments",
]
