"""What may be asked about what is installed."""

from tickets.asset.queries.assets import (
    as_named,
    by_codes,
    by_public_id,
    classes,
    find,
    kinds,
    label,
    must_be_kinds,
)
from tickets.asset.queries.branch import (
    Branch,
    Branches,
    Step,
    branches,
    counts,
    path,
)
from tickets.asset.queries.history import History, Told, file, files, history
from tickets.asset.queries.labels import LabelFilter, Labelled, labels, labels_many
from tickets.asset.queries.table import (
    SORTS,
    AssetPage,
    Wanted,
    ids_of,
    number_of,
    page,
)
from tickets.asset.queries.together import Chosen, Kept, Outlook, Plan, outlook

__all__ = [
    "SORTS",
    "AssetPage",
    "Branch",
    "Branches",
    "Chosen",
    "History",
    "Kept",
    "LabelFilter",
    "Labelled",
    "Outlook",
    "Plan",
    "Step",
    "Told",
    "Wanted",
    "as_named",
    "branches",
    "by_codes",
    "by_public_id",
    "classes",
    "counts",
    "file",
    "files",
    "find",
    "history",
    "ids_of",
    "kinds",
    "label",
    "labels",
    "labels_many",
    "must_be_kinds",
    "number_of",
    "outlook",
    "page",
    "path",
]
