"""What a project holds: its acceptances and contracts, its terms at an instant, its cover."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import DateTime, Integer, Text, bindparam, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.project import rules
from tickets.project.models import Acceptance, Contract, Project, Terms
from tickets.project.rules import CoverDecision, Installed, ServiceTerms


@dataclass(frozen=True)
class Held:
    """All that decides the cover of one project."""

    acceptances: list[Acceptance] = field(default_factory=list)
    contracts: list[Contract] = field(default_factory=list)

    def decide(self, project: Project, assets: Sequence[Installed], at: datetime) -> CoverDecision:
        return self.decide_on(assets, rules.day_of(at, project.timezone))

    def decide_on(self, assets: Sequence[Installed], day: date) -> CoverDecision:
        return rules.decide_on(self.acceptances, self.contracts, assets, day)

    def covers(self) -> list[rules.Cover]:
        return rules.covers_of(self.acceptances, self.contracts)


# Built once: every call asks them.
_ACCEPTANCES = (
    select(Acceptance)
    .where(Acceptance.project_id.in_(bindparam("project_ids", expanding=True)))
    .order_by(Acceptance.accepted_on, Acceptance.batch)
)
_CONTRACTS = (
    select(Contract)
    .where(Contract.project_id.in_(bindparam("project_ids", expanding=True)))
    .order_by(Contract.starts_on, Contract.id)
)
_TERMS = (
    select(Terms.numbers)
    .where(
        Terms.project_id == bindparam("project_id", type_=Integer()),
        Terms.valid_from <= bindparam("at", type_=DateTime(timezone=True)),
    )
    .order_by(Terms.valid_from.desc())
    .limit(1)
)


async def held_by(session: AsyncSession, project_ids: Sequence[int]) -> dict[int, Held]:
    """Two statements, however many projects; a project that holds nothing is there, too."""
    held = {project_id: Held() for project_id in project_ids}
    if held:
        asked = {"project_ids": list(held)}
        for accepted in await session.scalars(_ACCEPTANCES, asked):
            held[accepted.project_id].acceptances.append(accepted)
        for contract in await session.scalars(_CONTRACTS, asked):
            held[contract.project_id].contracts.append(contract)
    return held


async def held_of(session: AsyncSession, project: Project) -> Held:
    return (await held_by(session, [project.id]))[project.id]


async def cover_at(
    session: AsyncSession, project: Project, assets: Sequence[Installed], at: datetime
) -> CoverDecision:
    """In cover or not, for a report at that instant (rules.md §7)."""
    return (await held_of(session, project)).decide(project, assets, at)


async def cover_on(
    session: AsyncSession, project: Project, assets: Sequence[Installed], day: date
) -> CoverDecision:
    """In cover or not on that day of the project's zone, as is known today."""
    return (await held_of(session, project)).decide_on(assets, day)


async def terms_at(
    session: AsyncSession, project_id: int, at: datetime, own: Mapping[str, Any] | None = None
) -> ServiceTerms:
    """The terms in force at an instant: the newest row that has begun, else the defaults; `own`
    is what a contract promises otherwise."""
    numbers = await session.scalar(_TERMS, {"project_id": project_id, "at": at})
    return ServiceTerms.from_json(own or {}, base=ServiceTerms.from_json(numbers or {}))


class _AcceptedRow(NamedTuple):
    batch: str
    accepted_on: date
    months: int
    months_by_kind: Mapping[str, int]


class _ContractedRow(NamedTuple):
    number: str
    starts_on: date
    ends_on: date
    batches: Sequence[str]
    kinds: Sequence[str]
    labour: str
    parts: str
    terms: Mapping[str, Any]

    @classmethod
    def read(cls, row: Sequence[Any]) -> "_ContractedRow":
        """As `_CONTRACTED` writes it: days are text in JSON."""
        number, starts_on, ends_on, *rest = row
        return cls(number, date.fromisoformat(starts_on), date.fromisoformat(ends_on), *rest)


_CONTRACTED = (
    select(
        cast(
            func.json_agg(
                func.json_build_array(
                    *(Contract.__table__.c[name] for name in _ContractedRow._fields)
                )
            ),
            Text,
        )
    )
    .where(Contract.project_id == bindparam("project_id", type_=Integer()))
    .scalar_subquery()
)
# The terms of an instant and the contracts, once with each acceptance; a project without any has
# one row. Rooms above ask more along.
PROMISED = (
    select(
        _TERMS.scalar_subquery(),
        _CONTRACTED,
        Acceptance.batch,
        Acceptance.accepted_on,
        Acceptance.months,
        Acceptance.months_by_kind,
    )
    .select_from(Project)
    .outerjoin(Acceptance, Acceptance.project_id == Project.id)
    .where(Project.id == bindparam("project_id", type_=Integer()))
    .order_by(Acceptance.accepted_on, Acceptance.batch)
)


def promised_in(
    rows: Sequence[Sequence[Any]], project: Project, assets: Sequence[Installed], at: datetime
) -> tuple[ServiceTerms, CoverDecision]:
    """What a report of that instant is promised, and whether it is in cover."""
    accepted = [_AcceptedRow(*row[2:]) for row in rows if row[2] is not None]
    contracts = [_ContractedRow.read(each) for each in json.loads(rows[0][1] or "[]")]
    cover = rules.decide_cover(accepted, assets, at, project.timezone, contracts)
    terms = ServiceTerms.from_json(rows[0][0] or {})
    return ServiceTerms.from_json(cover.terms, base=terms), cover
