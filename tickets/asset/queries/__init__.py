"""What may be asked about what is installed."""

from tickets.asset.queries.assets import (
    AssetPage,
    Step,
    as_named,
    by_codes,
    by_public_id,
    classes,
    counts,
    find,
    kinds,
    label,
    must_be_kinds,
    page,
    path,
)
from tickets.asset.queries.labels import LabelFilter, Labelled, labels, labels_many

__all__ = [
    "AssetPage",
    "LabelFilter",
    "Labelled",
    "Step",
    "as_named",
    "by_codes",
    "by_public_id",
    "classes",
    "counts",
    "find",
    "kinds",
    "label",
    "labels",
    "labels_many",
    "must_be_kinds",
    "page",
    "path",
]
