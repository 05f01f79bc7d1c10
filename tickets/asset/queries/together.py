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

Condition = Callable[[CTE], ColumnElement[bool]]


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
    same: Condition
    refusals: tuple[tuple[str, Condition], ...] = ()


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
    refusals: list[tuple[str, Condition]] = []
    if "kind" in changes:
        new = rank(changes["kind"])

        def misplaced(_: CTE) -> ColumnElement[bool]:
            above = aliased(Asset)
            return (
                select(above.id).where(above.id == Asset.parent_id, _rank(above.kind) > new)
            ).exists()

        def holds_higher(chosen: CTE) -> ColumnElement[bool]:
            inside = aliased(Asset)
            return (
                select(inside.id).where(
                    inside.parent_id == Asset.id,
                    _rank(inside.kind) < new,
                    inside.id.not_in(select(chosen.c.id)),
                )
            ).exists()

        refusals = [
            (N_("What holds it cannot hold such a kind."), misplaced),
            (N_("It holds what such a kind cannot hold."), holds_higher),
        ]

    def same(_: CTE) -> ColumnElement[bool]:
        return and_(
            *(getattr(Asset, name).is_not_distinct_from(to) for name, to in changes.items())
        )

    return Plan(chosen.ids(project_id), same, tuple(refusals))


def moves(project_id: int, chosen: Chosen, holder: Asset | None, way: Sequence[int]) -> Plan:
    """`way` leads down to the holder. What stands in another chosen one goes along with it."""

    def is_above(_: CTE) -> ColumnElement[bool]:
        return Asset.id.in_(way)

    def goes_along(chosen: CTE) -> ColumnElement[bool]:
        up = _up()
        return (
            select(literal(1)).select_from(up).where(up.column.in_(select(chosen.c.id)))
        ).exists()

    def misplaced(_: CTE) -> ColumnElement[bool]:
        return _rank(Asset.kind) < (rank(holder.kind) if holder else 0)

    return Plan(
        chosen.ids(project_id),
        lambda _: Asset.parent_id.is_not_distinct_from(holder.id if holder else None),
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
        ids = select(AssetBranch.asset_id.label("id")).where(
            AssetBranch.project_id == project_id,
            select(literal(1))
            .select_from(named)
            .where(named.c.id == any_(AssetBranch.way))
            .exists(),
        )

    def still_holds(chosen: CTE) -> ColumnElement[bool]:
        lower, inside = aliased(AssetBranch), aliased(Asset)
        up = AssetBranch.way[1 : func.cardinality(AssetBranch.way) - 1]
        return (
            select(literal(1))
            .select_from(lower)
            .join(inside, inside.id == lower.asset_id)
            .where(
                lower.project_id == project_id,
                lower.way > AssetBranch.way,
                lower.way < func.array_append(up, AssetBranch.asset_id + 1),
                inside.retired_at.is_(None),
                inside.id.not_in(select(chosen.c.id)),
            )
        ).exists()

    return Plan(
        ids,
        lambda _: Asset.retired_at.is_not(None),
        ((N_("Something still stands in it."), still_holds),),
    )


def restorations(project_id: int, chosen: Chosen) -> Plan:
    def held_by_retired(chosen: CTE) -> ColumnElement[bool]:
        up, above = _up(), aliased(Asset)
        return (
            select(literal(1))
            .select_from(up)
            .join(above, above.id == up.column)
            .where(above.retired_at.is_not(None), above.id.not_in(select(chosen.c.id)))
        ).exists()

    return Plan(
        chosen.ids(project_id),
        lambda _: Asset.retired_at.is_(None),
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
    why: ColumnElement[int] = case(
        (plan.same(chosen), _SAME),
        *((refused(chosen), n) for n, (_, refused) in enumerate(plan.refusals, 1)),
        else_=_DOING,
    )
    return (
        select(Asset.id, Asset.code, why.label("why"))
        .join(chosen, chosen.c.id == Asset.id)
        .join(AssetBranch, AssetBranch.asset_id == Asset.id)
    )


def _rank(kind: Any) -> ColumnElement[int]:
    return case(RANKS, value=kind, else_=LOWEST)


def _up() -> Any:
    """What an asset stands in, as rows."""
    way = AssetBranch.way
    return func.unnest(way[1 : func.cardinality(way) - 1]).alias("up")
