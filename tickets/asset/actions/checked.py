"""What is written about an asset, checked and put as it is kept."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset import queries
from tickets.asset.models import Asset
from tickets.asset.rules import DATUMS, ip_code, may_stand_in
from tickets.project.models import Project
from tickets.project.rules.kinds import KINDS
from tickets.refusals import Invalid


def columns_of(
    fields: Mapping[str, Any], *, lat: float | None = None, lon: float | None = None
) -> dict[str, Any]:
    """Fields as columns (`parent` stays a code); `lat` and `lon` are those it has already."""
    columns = dict(fields)
    if "kind" in columns and columns["kind"] not in KINDS:
        raise Invalid("kind", "This kind of equipment is not known.")
    if columns.get("ip") is not None:
        columns["ip"] = ip_code(columns["ip"])
        if columns["ip"] is None:
            raise Invalid("ip", "This is not an IP code, as in IP65.")
    if "datum" in columns and columns["datum"] not in DATUMS:
        raise Invalid("datum", "This datum is not known: it is WGS-84 or GCJ-02.")
    if (columns.get("lat", lat) is None) != (columns.get("lon", lon) is None):
        missing = "lat" if columns.get("lat", lat) is None else "lon"
        raise Invalid(missing, "A place has both, latitude and longitude.")
    return columns


async def holder_of(session: AsyncSession, project: Project, code: str, kind: str) -> Asset:
    """What something of that kind is put into."""
    try:
        (holder,) = await queries.by_codes(session, project.id, [code])
    except Invalid as unknown:
        raise Invalid("parent", unknown.sentence, **unknown.places) from None
    must_stand_in(kind, holder.kind)
    if holder.retired_at is not None:
        raise Invalid("parent", "{code} is retired: nothing can be put there.", code=holder.code)
    return holder


def must_stand_in(kind: str, parent_kind: str) -> None:
    if not may_stand_in(kind, parent_kind):
        raise Invalid("parent", "This cannot stand there: areas hold cabinets, cabinets circuits.")
