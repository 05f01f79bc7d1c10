"""The verbs of a visit, one function each. The clocks are the ticket's to judge."""

from tickets.visit.actions.arrive import arrive
from tickets.visit.actions.make_safe import make_safe
from tickets.visit.actions.repair import repair

__all__ = ["arrive", "make_safe", "repair"]
