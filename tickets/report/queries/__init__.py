"""What reports ask, over many rooms."""

from tickets.report.queries.verdicts import Verdicts, verdicts

__all__ = ["Verdicts", "verdicts"]
