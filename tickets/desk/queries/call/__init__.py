"""What the desk asks while somebody is on the phone: who calls, what is there, what is open."""

from tickets.desk.queries.call.around import Around, OpenHere, Registered, around, registered
from tickets.desk.queries.call.found import Named, Suggestion, caller, callers, named_in
from tickets.desk.queries.call.suggested import found

__all__ = [
    "Around",
    "Named",
    "OpenHere",
    "Registered",
    "Suggestion",
    "around",
    "caller",
    "callers",
    "found",
    "named_in",
    "registered",
]
