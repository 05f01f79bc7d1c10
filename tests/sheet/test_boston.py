"""A real city's places become assets; the point nobody meant is doubted, not stacked."""

import csv
import os
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.project import make_project
from tests.sheet.sheets import brought, workbook
from tickets.asset.models import Asset

SHARED = Path(os.environ.get("TICKETS_SHARED") or Path(__file__).parents[2].parent / "shared")
WHOLE = SHARED / "data/boston/street_light_outages_2015h1.csv"
DEFAULT = (42.3594, -71.0587)
HEADINGS = ("asset", "name", "type", "location", "lat", "lon")


@pytest.mark.skipif(
    not WHOLE.exists() and os.environ.get("CI") != "true", reason=f"{WHOLE} is not there"
)
async def test_each_place_of_a_city_becomes_an_asset(
    session: AsyncSession, as_role: SignedIn
) -> None:
    project = await make_project(session, code="BOS", timezone="America/New_York")
    with WHOLE.open(newline="") as file:
        tickets = list(csv.DictReader(file))
    rows, seen = [], set()
    for ticket in tickets:
        point = (float(ticket["latitude"]), float(ticket["longitude"]))
        if point in seen and point != DEFAULT:
            continue  # another ticket about the same lamp
        seen.add(point)
        place = ticket["location"].strip() or None
        rows.append(
            (f"P-{ticket['case_id']}", place or "street light", "street light", place, *point)
        )
    assert (len(tickets), len(seen)) == (3422, 2153)
    load = await brought(
        session, await as_role("manager"), "BOS", workbook(rows, headings=HEADINGS)
    )
    assert (load.counts["added"], load.counts["bad"]) == (2152 + 572, 0), load.bad
    found = (await session.scalars(select(Asset).where(Asset.project_id == project.id))).all()
    doubted = [asset for asset in found if asset.is_place_doubtful]
    assert len(doubted) == 572
    assert {(asset.lat, asset.lon) for asset in doubted} == {DEFAULT}
    meant = Counter((asset.lat, asset.lon) for asset in found if not asset.is_place_doubtful)
    assert len(meant) == 2152
    assert set(meant.values()) == {1}
