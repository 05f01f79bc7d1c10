"""`python -m tests.bench.plan`: the plan of inspections of 500 projects, a page of it."""

import argparse
import asyncio
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from tests.bench import town
from tests.bench.clockwork import alternating
from tests.bench.table import Table, desk, getting, place
from tests.faults.running import sessions_of
from tickets.inspection.actions import replan
from tickets.project.models import Project

PROJECTS = 500
LIMIT = 2


async def planned(url: str) -> int:
    """Every project of the town has its quarters. Gives how many there are."""
    async with sessions_of(url) as sessions, sessions() as session, session.begin():
        now = datetime.now(UTC)
        projects = (await session.scalars(select(Project).order_by(Project.id))).all()
        return sum([await replan(session, project, now) for project in projects])


def measure(table: Table, url: str, folder: Path, times: int) -> None:
    quarters = asyncio.run(planned(url))
    year = datetime.now(UTC).year
    with desk(url, folder) as here:
        bare = getting(here.bare, [f"/plan?year={year}"])
        for what, path in (
            ("plan", "/inspections"),
            ("its next page", "/inspections?after=BJ-050"),
        ):
            ours, limit = alternating(getting(here.person, [path]), bare, times)
            table.pair(
                f"{what}, {PROJECTS} projects, {quarters:,} quarters", ours, limit, LIMIT, ""
            )


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--times", type=int, default=200)
    table = Table()
    with place() as (url, folder):
        size = town.Size(2_000, 500, 2_000, PROJECTS)
        asyncio.run(town.build(url, datetime.now(UTC), size))
        measure(table, url, folder, asked.parse_args().times)


if __name__ == "__main__":
    main()
