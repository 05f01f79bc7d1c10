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

__all__ = [
    "AssetPage",
    "Step",
    "as_named",
    "by_codes",
    "by_public_id",
    "classes",
    "counts",
    "find",
    "kinds",
    "label",
    "must_be_kinds",
    "page",
    "path",
]
