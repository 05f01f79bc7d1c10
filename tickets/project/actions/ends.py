"""The ends of a project's covers are rows, so that they can be listed and told."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.project import queries
from tickets.project.models import CoverEnd, CoverTold, Project
from tickets.project.queries import Held
from tickets.project.rules import Ends, day_of, next_telling, warranty_end

# Rooms above that plan by covers (inspections): the app names them, and they follow in the same
# transaction (docs/decisions/0022).
Follower = Callable[[AsyncSession, Project, datetime], Awaitable[object]]
_followers: list[Follower] = []


def follow_covers(*followers: Follower) -> None:
    _followers[:] = followers


Key = tuple[str, int | None, int | None, str | None]


def _ends(held: Held) -> Iterator[tuple[Key, date]]:
    """Each with what it belongs to: what, acceptance, contract, class of equipment."""
    for row in held.acceptances:
        for kind, months in [(None, row.months), *sorted(row.months_by_kind.items())]:
            yield (Ends.WARRANTY, row.id, None, kind), warranty_end(row.accepted_on, months)
        if row.retention_on is not None:
            yield (Ends.RETENTION, row.id, None, None), row.retention_on
    for contract in held.contracts:
        yield (Ends.CONTRACT, None, contract.id, None), contract.ends_on


async def write_ends(session: AsyncSession, project: Project, now: datetime) -> None:
    """What follows from acceptances and contracts, after either has changed. Another last day is
    another series of tellings; the same one goes on where it was."""
    today = day_of(now, project.timezone)
    wanted = dict(_ends(await queries.held_of(session, project)))
    # For the sweep, which may be telling one of them.
    asked = select(CoverEnd).where(CoverEnd.project_id == project.id).order_by(CoverEnd.id)
    rows = await session.scalars(asked.with_for_update().execution_options(populate_existing=True))
    known = {(r.what, r.acceptance_id, r.contract_id, r.asset_kind): r for r in rows}
    for key, row in known.items():
        ends_on = wanted.pop(key, None)
        if ends_on is None:
            await session.execute(delete(CoverEnd).where(CoverEnd.id == row.id))
        elif ends_on != row.ends_on:
            row.ends_on = ends_on
            row.tells_on = next_telling(row.what, ends_on, today, await told(session, row))
    for (what, acceptance_id, contract_id, kind), ends_on in wanted.items():
        await session.execute(
            insert(CoverEnd)
            .values(
                project_id=project.id,
                what=what,
                acceptance_id=acceptance_id,
                contract_id=contract_id,
                asset_kind=kind,
                ends_on=ends_on,
                tells_on=next_telling(what, ends_on, today, ()),
            )
            .on_conflict_do_nothing()
        )
    await session.flush()
    for follow in _followers:
        await follow(session, project, now)


async def told(session: AsyncSession, end: CoverEnd) -> set[int]:
    """The thresholds that were told of this last day."""
    days = await session.scalars(
        select(CoverTold.days).where(
            CoverTold.cover_end_id == end.id, CoverTold.ends_on == end.ends_on
        )
    )
    return set(days)
