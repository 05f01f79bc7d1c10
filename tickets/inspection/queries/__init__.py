"""What may be asked about inspections, their plan and their reports."""

from tickets.inspection.queries.beside import (
    Untrained,
    UpkeepRow,
    training,
    trainings,
    untrained,
    upkeep,
)
from tickets.inspection.queries.gathered import gathered
from tickets.inspection.queries.one import (
    Lined,
    OpenFinding,
    checklist_of,
    find,
    inspection_of_finding,
    inspectors,
    instruments,
    lines,
    open_findings,
    places_of,
)
from tickets.inspection.queries.plan import (
    Planned,
    Wanted,
    YearRow,
    mine,
    page,
    shown,
    standing_of,
    year,
)
from tickets.inspection.queries.reports import (
    checklist,
    checklists,
    handovers,
    report,
    reports,
)

__all__ = [
    "Lined",
    "OpenFinding",
    "Planned",
    "Untrained",
    "UpkeepRow",
    "Wanted",
    "YearRow",
    "checklist",
    "checklist_of",
    "checklists",
    "find",
    "gathered",
    "handovers",
    "inspection_of_finding",
    "inspectors",
    "instruments",
    "lines",
    "mine",
    "open_findings",
    "page",
    "places_of",
    "report",
    "reports",
    "shown",
    "standing_of",
    "training",
    "trainings",
    "untrained",
    "upkeep",
    "year",
]
