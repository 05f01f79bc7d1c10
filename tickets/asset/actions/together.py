"""Many assets in one act: a field set, moved, retired, put back. All of it in one transaction.

What the plan keeps as it is (`queries.together`) is left out; the rest is done by statements
over all of it. The door has locked the project, so nothing joins or leaves meanwhile; a single
edit that was begun before finds another version and is refused.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Text, case, func, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset import queries
from tickets.asset.actions.checked import columns_of
from tickets.asset.actions.found_by import found_by
from tickets.asset.actions.history import among, note_many
from tickets.asset.models import Asset
from tickets.asset.queries import Chosen, Plan, together
from tickets.asset.rules import MOST_MATCHING, MOST_TICKED
from tickets.events import record
from tickets.grams import grams
from tickets.project.models import Project
from tickets.refusals import Invalid, Refused
from tickets.staff.rules import Who

_PORTION = 5000  # rows whose search slices are reckoned at once


async def edit_many(
    session: AsyncSession,
    who: Who,
    project: Project,
    chosen: Chosen,
    changes: Mapping[str, Any],
    *,
    expected: int,
    now: datetime,
) -> int:
    """`changes` are fields of `rules.FOR_MANY`; `expected` is the number that was agreed to."""
    columns = checked(changes)
    ids = await _agreed(session, together.edits(project.id, chosen, columns), chosen, expected)
    told: Any = literal({}, JSONB())
    for name, value in columns.items():
        column = getattr(Asset, name)
        pair = func.jsonb_build_array(
            func.to_jsonb(column), func.to_jsonb(literal(value, column.type))
        )
        told = told.op("||")(
            case(
                (
                    column.is_distinct_from(value),
                    func.jsonb_build_object(literal(name, Text()), pair),
                ),
                else_=literal({}, JSONB()),
            )
        )
    await note_many(session, ids, "changed", by_id=who.id, now=now, fields=told)
    await _set(session, ids, columns)
    if "model" in columns:
        await _slice_anew(session, ids)
    record(
        session,
        "asset.changed",
        at=now,
        project_id=project.id,
        by_id=who.id,
        number=len(ids),
        fields=sorted(columns),
    )
    return len(ids)


async def move_many(
    session: AsyncSession,
    who: Who,
    project: Project,
    chosen: Chosen,
    parent: str | None,
    *,
    expected: int,
    now: datetime,
) -> int:
    """`parent` is a code, None the top."""
    holder, plan = await moves(session, project, chosen, parent)
    ids = await _agreed(session, plan, chosen, expected)
    above = Asset.__table__.alias("above")
    before = select(above.c.code).where(above.c.id == Asset.parent_id).scalar_subquery()
    after = literal(holder.code if holder else None, Text())
    told = func.jsonb_build_object(literal("parent", Text()), func.jsonb_build_array(before, after))
    await note_many(session, ids, "moved", by_id=who.id, now=now, fields=told)
    await _set(session, ids, {"parent_id": holder.id if holder else None})
    record(
        session,
        "asset.changed",
        at=now,
        project_id=project.id,
        by_id=who.id,
        number=len(ids),
        fields=["parent"],
    )
    return len(ids)


async def retire_many(
    session: AsyncSession,
    who: Who,
    project: Project,
    chosen: Chosen,
    *,
    with_below: bool,
    expected: int,
    now: datetime,
) -> int:
    plan = together.retirements(project.id, chosen, with_below=with_below)
    ids = await _agreed(session, plan, chosen, expected)
    await note_many(session, ids, "retired", by_id=who.id, now=now)
    await _set(session, ids, {"retired_at": now})
    record(
        session,
        "asset.retired",
        at=now,
        project_id=project.id,
        by_id=who.id,
        number=len(ids),
    )
    return len(ids)


async def restore_many(
    session: AsyncSession,
    who: Who,
    project: Project,
    chosen: Chosen,
    *,
    expected: int,
    now: datetime,
) -> int:
    ids = await _agreed(session, together.restorations(project.id, chosen), chosen, expected)
    await note_many(session, ids, "restored", by_id=who.id, now=now)
    await _set(session, ids, {"retired_at": None})
    record(
        session,
        "asset.restored",
        at=now,
        project_id=project.id,
        by_id=who.id,
        number=len(ids),
    )
    return len(ids)


def checked(changes: Mapping[str, Any]) -> dict[str, Any]:
    """What is to be set, as it is kept; at least one thing."""
    if not changes:
        raise Refused("Nothing is ticked that should change.")
    return columns_of(changes)


async def moves(
    session: AsyncSession, project: Project, chosen: Chosen, parent: str | None
) -> tuple[Asset | None, Plan]:
    """Where to, and what would become of it; the door shows it before it is done."""
    if parent is None:
        return None, together.moves(project.id, chosen, None, ())
    try:
        (holder,) = await queries.by_codes(session, project.id, [parent])
    except Invalid as unknown:
        raise Invalid("parent", unknown.sentence, **unknown.places) from None
    if holder.retired_at is not None:
        raise Invalid("parent", "{code} is retired: nothing can be put there.", code=holder.code)
    way = [step.id for step in await queries.path(session, holder)]
    return holder, together.moves(project.id, chosen, holder, way)


async def _agreed(session: AsyncSession, plan: Plan, chosen: Chosen, expected: int) -> list[int]:
    """The ids, when they are as many as the person saw and no more than one act may touch."""
    if chosen.asked is None and len(chosen.codes) > MOST_TICKED:
        raise Refused(
            "At most {most} can be ticked; take all that match a filter instead.", most=MOST_TICKED
        )
    ids = await together.ids_doing(session, plan)
    if len(ids) > MOST_MATCHING:
        raise Refused("At most {most} can be changed in one act.", most=MOST_MATCHING)
    if len(ids) != expected:
        raise Refused(
            "Meanwhile it would be {number}, not {expected}. Please look at it again.",
            number=len(ids),
            expected=expected,
        )
    if not ids:
        raise Refused("Nothing would change.")
    return ids


async def _set(session: AsyncSession, ids: list[int], columns: Mapping[str, Any]) -> None:
    await session.execute(
        update(Asset)
        .where(Asset.id.in_(among(ids)))
        .values(**columns, version=Asset.version + 1)
        .execution_options(synchronize_session=False)
    )


async def _slice_anew(session: AsyncSession, ids: list[int]) -> None:
    """A model is searched for: what it is found by is reckoned anew, a portion at a time."""
    columns = (Asset.id, Asset.code, Asset.name, Asset.location, Asset.model, Asset.serial)
    for first in range(0, len(ids), _PORTION):
        rows = await session.execute(
            select(*columns).where(Asset.id.in_(among(ids[first : first + _PORTION])))
        )
        await found_by(session, [(id_, grams(*texts)) for id_, *texts in rows])
