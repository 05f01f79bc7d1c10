"""How an old ticket ended, out of what its row says of repair, closing and status."""

from collections.abc import Mapping
from datetime import datetime

from tickets.refusals import Invalid
from tickets.ticket.rules.codes import Kind, Status
from tickets.ticket.rules.mapping import ColumnMap


def how_it_ended(
    mapping: ColumnMap, kind: Kind, said: str, at: Mapping[str, datetime | None]
) -> tuple[Status, datetime | None, datetime | None]:
    """Where the ticket stands, with the instants of its repair and its closing.

    A file with one of the two columns means both by it, as far as a fault is concerned.
    """
    repaired_at, closed_at = at["repaired_at"], at["closed_at"]
    if "closed_at" not in mapping.columns and said != Status.REPAIRED:
        closed_at = repaired_at
    if said == Status.CANCELLED:
        if closed_at is None:
            raise Invalid("status", "It is cancelled, but does not say when.")
        return Status.CANCELLED, repaired_at if "closed_at" in mapping.columns else None, closed_at
    if "repaired_at" not in mapping.columns and kind is Kind.FAULT:
        repaired_at = closed_at
    if said == Status.REPAIRED:
        if repaired_at is None:
            raise Invalid("status", "It is repaired, but does not say when.")
        return Status.REPAIRED, repaired_at, None
    if said == Status.CLOSED or (not said and closed_at is not None):
        if closed_at is None:
            raise Invalid("status", "It is closed, but does not say when.")
        return Status.CLOSED, repaired_at, closed_at
    if closed_at is not None:
        raise Invalid("status", "It is still open, but says when it was closed.")
    return (Status.REPAIRED if repaired_at else Status.OPEN), repaired_at, None
