"""What would become of many chosen assets: which would change, which not, and why not.

A plan is asked twice: for the page that says what will happen, and for the ids it happens to.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    Subquery,
    Text,
    and_,
    any_,
    case,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from tickets.asset.models import Asset, AssetBranch
from tickets.asset.queries.table import Wanted, ids_of
from tickets.asset.rules import LOWEST, RANKS, rank
from tickets.words import N_

_NAMED: Final = 8  # of those that are refused, as examples
_DOING: Final = -1
_SAME: Final = 0

# From the ids that were chosen, the ids of those that are kept. Sets are joined to sets, not asked
# for one by one: they may be two hundred thousand.
Ids = Callable[[CTE], Select[Any]]


@dataclass(frozen=True)
class Chosen:
    """Those ticked, by their codes; or all that match a filter."""

    codes: Sequence[str] = ()
    asked: Wanted | None = None

    def ids(self, project_id: int) -> Select[Any]:
        if self.asked is not None:
            return ids_of(project_id, self.asked)
        return select(Asset.id).where(
            Asset.project_id == project_id,
            Asset.code == any_(literal(list(self.codes), ARRAY(Text()))),
        )


@dataclass(frozen=True)
class Plan:
    """`refusals` come in the order in which they are said; `same` is what is so already."""

    chosen: Select[Any]
    same: ColumnElement[bool]
    refusals: tuple[tuple[str, Ids], ...] = ()


@dataclass(frozen=True)
class Kept:
    """So many stay as they are, for this reason; some of their codes."""

    sentence: str
    number: int
    codes: Sequence[str]


@dataclass(frozen=True)
class Outlook:
    all: int = 0
    doing: int = 0
    same: int = 0
    kept: list[Kept] = field(default_factory=list)


def edits(project_id: int, chosen: Chosen, changes: Mapping[str, Any]) -> Plan:
    """`changes` are columns; a kind must suit what holds it, and what it holds."""
    refusals: list[tuple[str, Ids]] = []
    if "kind" in changes:
        new = rank(changes["kind"])

        def misplaced(chosen: CTE) -> Select[Any]:
            above, own = aliased(Asset), aliased(Asset)
            return (
                select(own.id)
                .join(chosen, chosen.c.id == own.id)
                .join(above, above.id == own.parent_id)
                .where(_rank(above.kind) > new)
            )

        def holds_higher(chosen: CTE) -> Select[Any]:
            inside = aliased(Asset)
            return (
                select(inside.parent_id.label("id"))
                .outerjoin(chosen, chosen.c.id == inside.id)
                .where(
                    inside.project_id == project_id,
                    _rank(inside.kind) < new,
                    chosen.c.id.is_(None),
                    inside.parent_id.is_not(None),
                )
            )

        refusals = [
            (N_("What holds it cannot hold such a kind."), misplaced),
            (N_("It holds what such a kind cannot hold."), holds_higher),
        ]
    same = and_(*(getattr(Asset, name).is_not_distinct_from(to) for name, to in changes.items()))
    return Plan(chosen.ids(project_id), same, tuple(refusals))


def moves(project_id: int, chosen: Chosen, holder: Asset | None, way: Sequence[int]) -> Plan:
    """`way` leads down to the holder. What stands in another chosen one goes along with it."""

    def is_above(chosen: CTE) -> Select[Any]:
        return select(chosen.c.id).where(chosen.c.id.in_(way))

    def goes_along(chosen: CTE) -> Select[Any]:
        steps, other = _steps_above(), chosen.alias("other")
        return (
            select(steps.c.id)
            .join(chosen, chosen.c.id == steps.c.id)
            .join(other, other.c.id == steps.c.holder_id)
        )

    def misplaced(chosen: CTE) -> Select[Any]:
        own = aliased(Asset)
        return (
            select(own.id)
            .join(chosen, chosen.c.id == own.id)
            .where(_rank(own.kind) < (rank(holder.kind) if holder else 0))
        )

    return Plan(
        chosen.ids(project_id),
        Asset.parent_id.is_not_distinct_from(holder.id if holder else None),
        (
            (N_("It cannot stand in itself."), is_above),
            (N_("It stands in another chosen one and goes along with it."), goes_along),
            (N_("It cannot stand there: areas hold cabinets, cabinets circuits."), misplaced),
        ),
    )


def retirements(project_id: int, chosen: Chosen, *, with_below: bool) -> Plan:
    """Nothing is left behind: what stands below goes too, or what holds it stays."""
    ids = chosen.ids(project_id)
    if with_below:
        named = ids.cte("named")
        below = _steps_above(project_id)
        ids = select(below.c.id).join(named, named.c.id == below.c.holder_id)
        ids = select(ids.union(select(named.c.id)).subquery().c.id)

    def still_holds(chosen: CTE) -> Select[Any]:
        steps, inside = _steps_above(project_id), aliased(Asset)
        return (
            select(steps.c.holder_id.label("id"))
            .join(inside, inside.id == steps.c.id)
            .outerjoin(chosen, chosen.c.id == steps.c.id)
            .where(inside.retired_at.is_(None), chosen.c.id.is_(None))
        )

    return Plan(
        ids,
        Asset.retired_at.is_not(None),
        ((N_("Something still stands in it."), still_holds),),
    )


def restorations(project_id: int, chosen: Chosen) -> Plan:
    def held_by_retired(chosen: CTE) -> Select[Any]:
        steps, above, other = _steps_above(), aliased(Asset), chosen.alias("other")
        return (
            select(steps.c.id)
            .join(chosen, chosen.c.id == steps.c.id)
            .join(above, above.id == steps.c.holder_id)
            .outerjoin(other, other.c.id == above.id)
            .where(above.retired_at.is_not(None), other.c.id.is_(None))
        )

    return Plan(
        chosen.ids(project_id),
        Asset.retired_at.is_(None),
        ((N_("What holds it is retired."), held_by_retired),),
    )


async def outlook(session: AsyncSession, plan: Plan) -> Outlook:
    """One statement, whatever the number."""
    seen = _seen(plan).subquery()
    rows = await session.execute(
        select(
            seen.c.why,
            func.count(),
            func.array_agg(aggregate_order_by(seen.c.code, seen.c.code))[1:_NAMED],
        ).group_by(seen.c.why)
    )
    found = {why: (number, codes) for why, number, codes in rows}
    return Outlook(
        all=sum(number for number, _ in found.values()),
        doing=found.get(_DOING, (0, ()))[0],
        same=found.get(_SAME, (0, ()))[0],
        kept=[
            Kept(sentence, *found[n])
            for n, (sentence, _) in enumerate(plan.refusals, 1)
            if n in found
        ],
    )


async def ids_doing(session: AsyncSession, plan: Plan) -> list[int]:
    seen = _seen(plan).subquery()
    return list(await session.scalars(select(seen.c.id).where(seen.c.why == _DOING)))


def _seen(plan: Plan) -> Select[int, str, int]:
    chosen = plan.chosen.cte("chosen")
    kept = [
        select(refused(chosen).subquery().c.id).distinct().subquery(f"kept_{n}")
        for n, (_, refused) in enumerate(plan.refusals, 1)
    ]
    why: ColumnElement[int] = case(
        (plan.same, _SAME),
        *((ids.c.id.is_not(None), n) for n, ids in enumerate(kept, 1)),
        else_=_DOING,
    )
    seen = select(Asset.id, Asset.code, why.label("why")).join(chosen, chosen.c.id == Asset.id)
    for ids in kept:
        seen = seen.outerjoin(ids, ids.c.id == Asset.id)
    return seen


def _rank(kind: Any) -> ColumnElement[int]:
    return case(RANKS, value=kind, else_=LOWEST)


def _steps_above(project_id: int | None = None) -> Subquery:
    """Each asset (`id`) with each that it stands in, at any height (`holder_id`)."""
    branch = aliased(AssetBranch)
    steps = select(
        branch.asset_id.label("id"),
        func.unnest(branch.way[1 : func.cardinality(branch.way) - 1]).label("holder_id"),
    )
    if project_id is not None:
        steps = steps.where(branch.project_id == project_id)
    return steps.subquery()
