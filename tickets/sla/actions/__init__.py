"""Starting clocks, judging them anew, and noticing what time has broken."""

from tickets.sla.actions.breach import breach_overdue, notice_change
from tickets.sla.actions.judge import record_superseded, rejudge
from tickets.sla.actions.start import first_due, start
from tickets.sla.actions.warn import warn_in_time

__all__ = [
    "breach_overdue",
    "first_due",
    "notice_change",
    "record_superseded",
    "rejudge",
    "start",
    "warn_in_time",
]
