"""Taking an asset out of service (拆除), and putting it back."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset import queries
from tickets.asset.actions.history import among, note_many
from tickets.asset.models import Asset, AssetBranch
from tickets.asset.queries.branch import below
from tickets.events import record
from tickets.project.models import Project
from tickets.refusals import Refused
from tickets.staff.rules import Who


async def retire(
    session: AsyncSession,
    who: Who,
    project: Project,
    code: str,
    *,
    with_below: bool = False,
    now: datetime,
) -> Asset:
    """It is there no more; its label and its history stay. What stands in it goes with it when
    that was said, and keeps it there otherwise. The door has locked `project`."""
    asset = await queries.find(session, project.id, code, lock=True)
    if asset.retired_at is not None:
        raise Refused("{code} is retired already.", code=asset.code)
    inside = await _ids_below(session, project, asset, retired_at=None)
    if inside and not with_below:
        raise Refused(
            "{number} still stand in {code}: move them, or retire them with it.",
            code=asset.code,
            number=len(inside),
        )
    await note_many(session, [asset.id, *inside], "retired", by_id=who.id, now=now)
    await _set(session, [asset.id, *inside], now)
    record(
        session,
        "asset.retired",
        at=now,
        project_id=project.id,
        by_id=who.id,
        code=asset.code,
        number=1 + len(inside),
    )
    await session.refresh(asset)
    return asset


async def restore(
    session: AsyncSession,
    who: Who,
    project: Project,
    code: str,
    *,
    with_below: bool = False,
    now: datetime,
) -> Asset:
    """It is there after all. `with_below` brings back what was retired in the same act."""
    asset = await queries.find(session, project.id, code, lock=True)
    if asset.retired_at is None:
        raise Refused("{code} is not retired.", code=asset.code)
    way = [step.id for step in await queries.path(session, asset)][:-1]
    above = await session.scalar(
        select(Asset.code).where(Asset.id.in_(way), Asset.retired_at.is_not(None)).limit(1)
    )
    if above is not None:
        raise Refused(
            "{code} stands in {holder}, which is retired: put that back first.",
            code=asset.code,
            holder=above,
        )
    inside: list[int] = []
    if with_below:
        inside = await _ids_below(session, project, asset, retired_at=asset.retired_at)
    await note_many(session, [asset.id, *inside], "restored", by_id=who.id, now=now)
    await _set(session, [asset.id, *inside], None)
    record(
        session,
        "asset.restored",
        at=now,
        project_id=project.id,
        by_id=who.id,
        code=asset.code,
        number=1 + len(inside),
    )
    await session.refresh(asset)
    return asset


async def _ids_below(
    session: AsyncSession, project: Project, asset: Asset, *, retired_at: datetime | None
) -> list[int]:
    return list(
        await session.scalars(
            select(Asset.id)
            .join(AssetBranch, AssetBranch.asset_id == Asset.id)
            .where(
                AssetBranch.project_id == project.id,
                below(asset.id),
                Asset.retired_at.is_not_distinct_from(retired_at),
            )
        )
    )


async def _set(session: AsyncSession, ids: list[int], retired_at: datetime | None) -> None:
    await session.execute(
        update(Asset)
        .where(Asset.id == among(ids))
        .values(retired_at=retired_at, version=Asset.version + 1)
        .execution_options(synchronize_session=False)
    )
