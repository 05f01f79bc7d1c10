"""What a call names and what it is promised, in one statement: every opened ticket asks it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import DateTime, Text, any_, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset.models import Asset
from tickets.asset.queries import as_named
from tickets.db import fixed
from tickets.project.models import Project
from tickets.project.queries import PROMISED, promised_in
from tickets.project.rules import CoverDecision, ServiceTerms
from tickets.rota.queries import duty_person_id


class NamedAsset(NamedTuple):
    """As much of an asset as a new ticket needs."""

    id: int
    code: str
    name: str
    kind: str
    batch: str | None
    is_main: bool


@dataclass(frozen=True)
class Given:
    assets: Sequence[NamedAsset]  # in the order they were named
    terms: ServiceTerms
    cover: CoverDecision
    on_duty_id: int | None  # of the project's service group, now


_COLUMNS = (Asset.__table__.c[name] for name in NamedAsset._fields)
_ASSETS = (
    select(cast(func.json_agg(func.json_build_array(*_COLUMNS)), Text))
    .where(
        Asset.project_id == Project.id,
        Asset.code == any_(bindparam("codes", type_=ARRAY(Text()))),
    )
    .correlate(Project)
    .scalar_subquery()
)
_ON_DUTY = duty_person_id(Project.group_id, bindparam("now", type_=DateTime(timezone=True)))
_GIVEN = fixed(PROMISED.add_columns(_ASSETS, _ON_DUTY))


async def given(
    session: AsyncSession, project: Project, codes: Sequence[str], at: datetime, now: datetime
) -> Given:
    """Of a project one was allowed to find. An unknown asset is `Invalid("assets")`."""
    asked = {"project_id": project.id, "at": at, "codes": list(codes), "now": now}
    rows = (await session.execute(_GIVEN, asked)).all()
    found = [NamedAsset(*each) for each in json.loads(rows[0][-2] or "[]")]
    assets = as_named(codes, {asset.code: asset for asset in found})
    terms, cover = promised_in([row[:-2] for row in rows], project, assets, at)
    return Given(assets, terms, cover, rows[0][-1])
