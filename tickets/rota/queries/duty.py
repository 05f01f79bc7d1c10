"""Who is on duty at an instant, who is next, when nobody is."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Integer,
    ScalarSelect,
    bindparam,
    cast,
    exists,
    func,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from tickets.rota import rules
from tickets.rota.models import Absence, Duty, TurnPlan
from tickets.rota.rules import Span
from tickets.staff.models import Person

AHEAD: Final = timedelta(days=60)  # how far one looks for the next on duty
ZONE: Final = "Asia/Shanghai"  # of a group that has duties by hand alone

_duty, _person = aliased(Duty), aliased(Person)
_absence, _plan = aliased(Absence), aliased(TurnPlan)


def _is_there(at: Any) -> ColumnElement[bool]:
    """The person of `_duty` works here and is not away on the group's local day of `at`."""
    zone = (
        select(_plan.timezone)
        .where(_plan.group_id == _duty.group_id)
        .correlate(_duty)
        .scalar_subquery()
    )
    day = cast(func.timezone(func.coalesce(zone, ZONE), at), Date)
    is_away = (
        exists()
        .where(
            _absence.person_id == _duty.person_id, _absence.to_on >= day, _absence.from_on <= day
        )
        .correlate(_duty)
    )
    works_here = (
        exists().where(_person.id == _duty.person_id, _person.retired_at.is_(None)).correlate(_duty)
    )
    return works_here & ~is_away


def duty_person_id(group_id: Any, at: Any) -> ScalarSelect[int]:
    """The id of whoever is on duty, or NULL, for another statement: `group_id` a value or a column
    of it (`Project.group_id`), `at` an instant or a bind of type timestamptz. One probe of
    ix_duty_group: duties never overlap."""
    return (
        select(_duty.person_id)
        .where(_duty.group_id == group_id, _duty.to_at > at, _duty.from_at <= at, _is_there(at))
        .limit(1)
        .correlate_except(_duty)
        .scalar_subquery()
    )


# Built once: whoever opens a ticket asks them.
_AT = bindparam("at", type_=DateTime(timezone=True))
_GROUP = bindparam("group_id", type_=Integer())
_ON_DUTY = select(Person).where(Person.id == duty_person_id(_GROUP, _AT))
_NEXT = (
    select(Person)
    .join(_duty, _duty.person_id == Person.id)
    .where(
        _duty.group_id == _GROUP,
        _duty.to_at > _AT,
        _duty.from_at > _AT,
        _duty.from_at <= bindparam("until", type_=DateTime(timezone=True)),
        _duty.person_id.not_in(bindparam("besides", expanding=True)),
        _is_there(_duty.from_at),
    )
    .order_by(_duty.from_at)
    .limit(1)
)


async def on_duty(session: AsyncSession, group_id: int | None, at: datetime) -> Person | None:
    """Neither who has retired nor who is away on that local day counts."""
    if group_id is None:
        return None
    person: Person | None = await session.scalar(_ON_DUTY, {"group_id": group_id, "at": at})
    return person


async def next_on_duty(
    session: AsyncSession, group_id: int | None, at: datetime, besides: Collection[int] = ()
) -> Person | None:
    """Whose duty begins next after `at`, within 60 days, of somebody not in `besides`."""
    if group_id is None:
        return None
    asked = {"group_id": group_id, "at": at, "until": at + AHEAD, "besides": list(besides)}
    person: Person | None = await session.scalar(_NEXT, asked)
    return person


async def duties(
    session: AsyncSession, group_id: int, from_at: datetime, to_at: datetime
) -> Sequence[Duty]:
    """Those that touch the interval, in order."""
    return (
        await session.scalars(
            select(Duty)
            .where(Duty.group_id == group_id, Duty.to_at > from_at, Duty.from_at < to_at)
            .order_by(Duty.from_at)
        )
    ).all()


async def gaps(
    session: AsyncSession, group_id: int, from_at: datetime, to_at: datetime
) -> list[Span]:
    """When nobody is on duty; nothing is a gap in a group that takes no turns yet."""
    plan = await session.get(TurnPlan, group_id)
    if plan is None:
        return []
    begins = rules.instant_of(plan.begins_on, plan.handover, plan.timezone)
    found = await duties(session, group_id, from_at, to_at)
    spans = [Span(duty.from_at, duty.to_at) for duty in found]
    return rules.gaps(spans, max(from_at, begins), to_at) if begins < to_at else []
