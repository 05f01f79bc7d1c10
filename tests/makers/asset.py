"""Installed things for tests."""

from itertools import count

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset.models import Asset
from tickets.grams import grams
from tickets.project.models import Project

_n = count(1)


async def make_asset(
    session: AsyncSession,
    *,
    project: Project,
    code: str | None = None,
    name: str = "Floodlight",
    kind: str = "LUM_FLOOD",
    is_main: bool = False,
    parent: Asset | None = None,
    batch: str | None = None,
    location: str | None = None,
    power_w: float | None = None,
    cct_k: int | None = None,
    ip: str | None = None,
    control: str | None = None,
) -> Asset:
    n = next(_n)
    code = code or f"A{n:04}"
    asset = Asset(
        public_id=f"T{n:09}",
        project_id=project.id,
        parent_id=parent.id if parent else None,
        code=code,
        name=name,
        kind=kind,
        is_main=is_main,
        batch=batch,
        location=location,
        power_w=power_w,
        cct_k=cct_k,
        ip=ip,
        control=control,
        grams=grams(code, name, location),
    )
    session.add(asset)
    await session.flush()
    return asset
