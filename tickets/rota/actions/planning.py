"""Duties are written some eight weeks ahead, and anew when something changes (rules.md §5)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import Event, record
from tickets.rota import queries, rules
from tickets.rota.models import Duty, ServiceGroup, ToldGap, TurnPlan
from tickets.rota.rules import DAY, Away, Plan, Shift, Span

AHEAD: Final = 8 * 7 * DAY
FRESH: Final = AHEAD - DAY  # the sweep goes on when less than this is written


async def plan_turn(
    session: AsyncSession,
    group_id: int,
    plan: Plan,
    *,
    by_id: int | None = None,
    now: datetime,
) -> TurnPlan:
    """From its first day on, or from now, the duties follow it; those given by hand stay."""
    await queries.find(session, group_id, lock=True)
    rules.check_plan(plan, [person.id for person in await queries.members(session, group_id)])
    given = {
        "turn": plan.turn.value,
        "order": list(plan.order),
        "begins_on": plan.begins_on,
        "handover": plan.handover,
        "timezone": plan.timezone,
    }
    await session.execute(
        insert(TurnPlan)
        .values(group_id=group_id, **given)
        .on_conflict_do_update(index_elements=[TurnPlan.group_id], set_=given)
    )
    await replan(session, group_id, now)
    record(
        session,
        "rota.planned",
        at=now,
        by_id=by_id,
        group_id=group_id,
        turn=plan.turn.value,
        order=list(plan.order),
        begins_on=plan.begins_on.isoformat(),
        handover=plan.handover.isoformat("minutes"),
        timezone=plan.timezone,
    )
    row = await queries.plan_row(session, group_id)
    assert row is not None
    return row


async def replan(session: AsyncSession, group_id: int, now: datetime) -> None:
    """Somebody is away, has left or is back: duties from now on are written anew. The caller
    holds the group's lock, or takes it by this."""
    await queries.find(session, group_id, lock=True)
    row = await queries.plan_row(session, group_id)
    people = {person.id for person in await queries.members(session, group_id)}
    zone = row.timezone if row else queries.ZONE
    duties = await queries.duties_from(session, group_id, now)
    concerned = {*people, *(row.order if row else ()), *(duty.person_id for duty in duties)}
    away = await queries.away(session, concerned, rules.local_day(now, zone) - DAY)
    await _take_away(session, duties, away, people, zone, now)
    if row is None:
        return
    plan = queries.plan_of(row)
    begins = rules.instant_of(plan.begins_on, plan.handover, plan.timezone)
    await _write(
        session,
        group_id,
        plan,
        away,
        gone=concerned - people,
        from_at=max(now, begins),
        until=_horizon(plan, max(now, begins)),
    )
    row.planned_until = _horizon(plan, max(now, begins))
    await note_gap(session, row, now)


def _horizon(plan: Plan, from_at: datetime) -> datetime:
    day = rules.duty_day(plan, from_at) + AHEAD + DAY
    return rules.instant_of(day, plan.handover, plan.timezone)


async def _take_away(
    session: AsyncSession,
    duties: Sequence[Duty],
    away: Sequence[Away],
    people: set[int],
    zone: str,
    now: datetime,
) -> None:
    """Nobody is on duty who is away or has left, whoever gave him the duty; what is past stays."""
    for duty in duties:
        if duty.person_id not in people:
            await cut(session, duty, [Span(now, duty.to_at)])
            continue
        spans = [rules.days_away(a, zone) for a in away if a.person_id == duty.person_id]
        ahead = [Span(max(s.from_at, now), s.to_at) for s in spans if s.to_at > now]
        await cut(session, duty, ahead)


async def cut(session: AsyncSession, duty: Duty, spans: Sequence[Span]) -> None:
    """Take the spans out of a duty: it shrinks, becomes several, or is gone."""
    whole = Shift(duty.from_at, duty.to_at, duty.person_id)
    left = rules.without([whole], spans)
    if left == [whole]:
        return
    if not left:
        await session.delete(duty)
    else:
        duty.from_at, duty.to_at = left[0].from_at, left[0].to_at
    await session.flush()
    for piece in left[1:]:
        session.add(duty_of(duty.group_id, piece, is_by_hand=duty.is_by_hand))
    await session.flush()


def duty_of(group_id: int, shift: Shift, *, is_by_hand: bool = False) -> Duty:
    return Duty(
        group_id=group_id,
        person_id=shift.person_id,
        from_at=shift.from_at,
        to_at=shift.to_at,
        is_by_hand=is_by_hand,
    )


async def _write(
    session: AsyncSession,
    group_id: int,
    plan: Plan,
    away: Sequence[Away],
    *,
    gone: set[int],
    from_at: datetime,
    until: datetime,
) -> None:
    """Duties by hand stay; the others from `from_at` on are those of the plan. What is right
    already is left as it is."""
    found = await queries.duties_from(session, group_id, from_at - timedelta(microseconds=1))
    by_hand = [Span(duty.from_at, duty.to_at) for duty in found if duty.is_by_hand]
    first, last = rules.duty_day(plan, from_at), rules.duty_day(plan, until)
    planned = rules.turns(plan, away, first, last, gone=gone)
    wanted = rules.without(rules.within(planned, from_at, until), by_hand)
    running = next((d for d in found if not d.is_by_hand and d.from_at < from_at), None)
    ends_at = from_at
    if running and wanted and wanted[0] == Shift(from_at, wanted[0].to_at, running.person_id):
        ends_at = wanted.pop(0).to_at
    for duty in found:
        shift = Shift(duty.from_at, duty.to_at, duty.person_id)
        if duty.is_by_hand or duty is running:
            continue
        if shift in wanted:
            wanted.remove(shift)
        else:
            await session.delete(duty)
    if running and running.to_at > ends_at:
        running.to_at = ends_at
    await session.flush()  # what overlaps must be gone before the new ones come
    if running and running.to_at < ends_at:
        running.to_at = ends_at
    session.add_all(duty_of(group_id, shift) for shift in wanted)
    await session.flush()


async def note_gap(session: AsyncSession, row: TurnPlan, now: datetime) -> list[Span]:
    """Keep the first gap ahead with the plan; gives all of them, the running one whole. The caller
    holds the group's lock."""
    begins = rules.instant_of(row.begins_on, row.handover, row.timezone)
    until = row.planned_until or now
    spans = [
        Span(d.from_at, d.to_at) for d in await queries.duties_from(session, row.group_id, now)
    ]
    open_ = rules.gaps(spans, max(now, begins), until) if begins < until else []
    if open_ and open_[0].from_at == now:
        last = await session.scalar(
            select(func.max(Duty.to_at)).where(Duty.group_id == row.group_id, Duty.to_at <= now)
        )
        open_[0] = Span(max(last or begins, begins), open_[0].to_at)
    row.gap_from_at = open_[0].from_at if open_ else None
    row.gap_to_at = open_[0].to_at if open_ else None
    await session.flush()
    was_told = await queries.told_gaps(session, row.group_id)
    if (is_told := rules.shared(was_told, open_)) != was_told:
        await keep_told(session, row.group_id, is_told)
    return open_


async def keep_told(session: AsyncSession, group_id: int, gaps: Sequence[Span]) -> None:
    """What was told, as far as it is open still: filled, it is news when it falls open again."""
    await session.execute(delete(ToldGap).where(ToldGap.group_id == group_id))
    if gaps:
        await session.execute(
            insert(ToldGap),
            [{"group_id": group_id, "from_at": g.from_at, "to_at": g.to_at} for g in gaps],
        )


async def plan_ahead(session: AsyncSession, now: datetime, limit: int) -> int:
    """The sweep: plans of which less than eight weeks are written. Two workers never take one
    group at once; one that comes after finds nothing left to write."""
    waiting = (
        await session.scalars(
            select(ServiceGroup.id)
            .join(TurnPlan, TurnPlan.group_id == ServiceGroup.id)
            .where(func.coalesce(TurnPlan.planned_until, now) < now + FRESH)
            .order_by(ServiceGroup.id)
            .limit(limit)
            .with_for_update(of=ServiceGroup, skip_locked=True)
        )
    ).all()
    for group_id in waiting:
        await replan(session, group_id, now)
    return len(waiting)


async def replan_for_person(session: AsyncSession, event: Event) -> None:
    """Somebody has retired, or is back: his groups plan without him, or with him again."""
    for group_id in await queries.groups_of(session, event.facts["person_id"]):
        await replan(session, group_id, event.happened_at)
