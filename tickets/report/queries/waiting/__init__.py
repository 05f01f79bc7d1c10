"""What a manager is to look at: pauses that wait for his word, news that came late or by a wrong
clock, repairs whose day is over and looks after dark that nobody took."""

from tickets.report.queries.waiting.flagged import Flagged, flagged
from tickets.report.queries.waiting.overdue import Overdue, overdue
from tickets.report.queries.waiting.part import Part
from tickets.report.queries.waiting.pauses import WaitingPause, pauses

__all__ = ["Flagged", "Overdue", "Part", "WaitingPause", "flagged", "overdue", "pauses"]
