"""What may be asked about inspections, their plan and their reports."""

from tickets.inspection.queries.beside import (
    Untrained,
    UpkeepRow,
    training,
    trainings,
    untrained,
    upkeep,
)
from tickets.inspection.queries.findings import OpenFinding, inspection_of_finding, open_findings
from tickets.inspection.queries.gathered import gathered
from tickets.inspection.queries.given import (
    Version,
    by_link,
    photo_of_inspection,
    photo_of_report,
    report_of,
    signature_of,
    versions,
)
from tickets.inspection.queries.one import (
    Lined,
    checklist_of,
    find,
    inspectors,
    instruments,
    is_photo_visible,
    lines,
    may_see_lines,
    places_of,
)
from tickets.inspection.queries.plan import (
    Planned,
    Wanted,
    mine,
    page,
    places_of_mine,
    shown,
    standing_of,
)
from tickets.inspection.queries.reports import (
    checklist,
    checklists,
    handovers,
    report,
)
from tickets.inspection.queries.year import Cell, Overdue, YearRow, cells_of, overdue, year

__all__ = [
    "Cell",
    "Lined",
    "OpenFinding",
    "Overdue",
    "Planned",
    "Untrained",
    "UpkeepRow",
    "Version",
    "Wanted",
    "YearRow",
    "by_link",
    "cells_of",
    "checklist",
    "checklist_of",
    "checklists",
    "find",
    "gathered",
    "handovers",
    "inspection_of_finding",
    "inspectors",
    "instruments",
    "is_photo_visible",
    "lines",
    "may_see_lines",
    "mine",
    "open_findings",
    "overdue",
    "page",
    "photo_of_inspection",
    "photo_of_report",
    "places_of",
    "places_of_mine",
    "report",
    "report_of",
    "shown",
    "signature_of",
    "standing_of",
    "training",
    "trainings",
    "untrained",
    "upkeep",
    "versions",
    "year",
]
