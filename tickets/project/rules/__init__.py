"""What was promised, and until when: service terms, the end of a warranty, who is in cover."""

from tickets.project.rules.cover import (
    FIRST_DAY,
    LAST_DAY,
    MOST_MONTHS,
    STATUTORY_MONTHS,
    Accepted,
    Cover,
    CoverDecision,
    Decision,
    Installed,
    below_statute,
    cover_of,
    covers_of,
    decide_cover,
    said_again,
    warranty_end,
)
from tickets.project.rules.names import CODE, is_timezone
from tickets.project.rules.terms import (
    INSPECTION_QUARTERS,
    REPAIR_FROM,
    SEVERITIES,
    TARGETS,
    ServiceTerms,
    target,
)

__all__ = [
    "CODE",
    "FIRST_DAY",
    "INSPECTION_QUARTERS",
    "LAST_DAY",
    "MOST_MONTHS",
    "REPAIR_FROM",
    "SEVERITIES",
    "STATUTORY_MONTHS",
    "TARGETS",
    "Accepted",
    "Cover",
    "CoverDecision",
    "Decision",
    "Installed",
    "ServiceTerms",
    "below_statute",
    "cover_of",
    "covers_of",
    "decide_cover",
    "is_timezone",
    "said_again",
    "target",
    "warranty_end",
]
