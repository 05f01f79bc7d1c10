"""The rota as one looks at it: four weeks of every group one may see, and who is on duty."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from sqlalchemy import ColumnElement, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.project.models import Project
from tickets.refusals import Forbidden, Missing
from tickets.rota import rules
from tickets.rota.models import Absence, Duty, GroupMember, ServiceGroup, TurnPlan
from tickets.rota.queries.duty import ZONE, duty_person_id
from tickets.rota.rules import DAY, Shift, Span, missing
from tickets.staff.models import Person
from tickets.staff.rules import Scope, Verb, Who
from tickets.words import N_

WEEKS: Final = 4
MOST: Final = 50  # groups on one page
COLOURS: Final = 8


@dataclass(frozen=True)
class Piece:
    """Part of a day; `person` None is a gap."""

    from_at: datetime
    to_at: datetime
    person: Person | None
    is_whole: bool
    is_next_day: bool = False  # after midnight, before the handover
    is_by_hand: bool = False


@dataclass(frozen=True)
class Day:
    """From the handover of `on` to the next day's."""

    on: date
    is_today: bool
    is_past: bool
    pieces: Sequence[Piece]
    away: Sequence[Person]


@dataclass
class GroupRota:
    id: int
    name: str
    plan: TurnPlan | None
    on_duty: Person | None = None
    until: datetime | None = None
    next: Person | None = None
    next_at: datetime | None = None
    members: list[Person] = field(default_factory=list)
    days: list[Day] = field(default_factory=list)
    duties: list[Duty] = field(default_factory=list)
    people: dict[int, Person] = field(default_factory=dict)

    @property
    def zone(self) -> str:
        return self.plan.timezone if self.plan else ZONE

    @property
    def missing(self) -> int:
        return missing(len(self.members))

    @property
    def is_empty(self) -> bool:
        return self.plan is None and not self.duties

    def colour(self, person: Person) -> int:
        """The same for a person on the whole page; the name always stands beside it."""
        ids = [one.id for one in self.members]
        return (ids.index(person.id) if person.id in ids else person.id) % COLOURS


def seen_in(scope: Scope) -> ColumnElement[bool]:
    """The groups of one's role, and those of one's projects."""
    if scope.everywhere:
        return true()
    found = []
    if scope.groups:
        found.append(ServiceGroup.id.in_(sorted(scope.groups)))
    if scope.projects:
        of_projects = select(Project.group_id).where(Project.id.in_(sorted(scope.projects)))
        found.append(ServiceGroup.id.in_(of_projects))
    return or_(false(), *found)


def may_write(who: Who, group_id: int) -> bool:
    return who.may_for(Verb.ROTA_WRITE, None, group_id)


async def check_may_write(session: AsyncSession, who: Who, group_id: int) -> None:
    """What one may not see is missing; what one only sees is not changed."""
    seen = select(ServiceGroup.id).where(
        ServiceGroup.id == group_id, seen_in(who.scope(Verb.ROTA_READ))
    )
    if await session.scalar(seen) is None:
        raise Missing(N_("There is no such service group."))
    if not may_write(who, group_id):
        raise Forbidden(N_("The rota of this group is made by its leads."))


async def rotas(
    session: AsyncSession,
    who: Who,
    *,
    at: datetime,
    now: datetime,
    group_id: int | None = None,
    zone: str = ZONE,
) -> list[GroupRota]:
    """Who is on duty at `at`, and four weeks from its Monday; five statements for any number."""
    asked = (
        select(ServiceGroup, TurnPlan, duty_person_id(ServiceGroup.id, at))
        .outerjoin(TurnPlan, TurnPlan.group_id == ServiceGroup.id)
        .where(seen_in(who.scope(Verb.ROTA_READ)))
        .order_by(ServiceGroup.id)
        .limit(MOST)
    )
    if group_id is not None:
        asked = asked.where(ServiceGroup.id == group_id)
    rows = (await session.execute(asked)).all()
    groups = {group.id: GroupRota(group.id, group.name, plan) for group, plan, _ in rows}
    on_duty = {group.id: person_id for group, _, person_id in rows}
    if group_id is not None and not groups:
        raise Missing(N_("There is no such service group."))
    monday = rules.local_day(at, zone)
    monday -= monday.weekday() * DAY
    around = Span(
        rules.instant_of(monday - DAY, time(0), zone),
        rules.instant_of(monday + (WEEKS * 7 + 2) * DAY, time(0), zone),
    )
    await _fill(session, groups, around)
    away = await _away(session, groups, monday)
    for group in groups.values():
        person_id = on_duty[group.id]
        _stand(group, at, person_id)
        if not group.is_empty:
            group.days = _days(group, monday, now, away)
    return list(groups.values())


async def _fill(session: AsyncSession, groups: dict[int, GroupRota], around: Span) -> None:
    """Duties, members and their names."""
    duties = await session.scalars(
        select(Duty)
        .where(Duty.group_id.in_(groups), Duty.to_at > around.from_at, Duty.from_at < around.to_at)
        .order_by(Duty.from_at)
    )
    for duty in duties:
        groups[duty.group_id].duties.append(duty)
    of_duties = {duty.person_id for group in groups.values() for duty in group.duties}
    found = await session.execute(
        select(Person, GroupMember.group_id)
        .outerjoin(
            GroupMember,
            (GroupMember.person_id == Person.id) & GroupMember.group_id.in_(groups),
        )
        .where(or_(GroupMember.group_id.is_not(None), Person.id.in_(of_duties)))
        .order_by(Person.id)
    )
    for person, member_of in found.all():
        for group in groups.values():
            group.people[person.id] = person
        if member_of is not None and person.retired_at is None:
            groups[member_of].members.append(person)


async def _away(
    session: AsyncSession, groups: dict[int, GroupRota], monday: date
) -> Sequence[Absence]:
    members = {person.id for group in groups.values() for person in group.members}
    last = monday + WEEKS * 7 * DAY
    return (
        await session.scalars(
            select(Absence)
            .where(Absence.person_id.in_(members), Absence.to_on >= monday, Absence.from_on <= last)
            .order_by(Absence.person_id)
        )
    ).all()


def _stand(group: GroupRota, at: datetime, person_id: int | None) -> None:
    """Who is on duty at the instant, until when, and who comes after."""
    group.on_duty = group.people.get(person_id) if person_id is not None else None
    shifts = rules.joined(Shift(d.from_at, d.to_at, d.person_id) for d in group.duties)
    for shift in shifts:
        if shift.from_at <= at < shift.to_at and shift.person_id == person_id:
            group.until = shift.to_at
        if shift.from_at > at and shift.person_id != person_id:
            group.next, group.next_at = group.people.get(shift.person_id), shift.from_at
            return


def _days(group: GroupRota, monday: date, now: datetime, absences: Sequence[Absence]) -> list[Day]:
    handover = group.plan.handover if group.plan else time(8)
    begins = (
        rules.instant_of(group.plan.begins_on, handover, group.zone)
        if group.plan
        else now + timedelta(days=10_000)
    )
    # Nobody promised a duty before the first was written.
    begins = max(begins, min([now, *(duty.from_at for duty in group.duties[:1])]))
    days: list[Day] = []
    for n in range(WEEKS * 7):
        on = monday + n * DAY
        from_at = rules.instant_of(on, handover, group.zone)
        to_at = rules.instant_of(on + DAY, handover, group.zone)
        pieces = [
            Piece(
                max(d.from_at, from_at),
                min(d.to_at, to_at),
                group.people[d.person_id],
                d.from_at <= from_at and d.to_at >= to_at,
                rules.local_day(max(d.from_at, from_at), group.zone) > on,
                d.is_by_hand,
            )
            for d in group.duties
            if d.from_at < to_at and d.to_at > from_at
        ]
        spans = [Span(piece.from_at, piece.to_at) for piece in pieces]
        planned_until = group.plan.planned_until if group.plan else None
        ends = min(to_at, planned_until) if planned_until else to_at
        starts = max(from_at, begins)
        for gap in rules.gaps(spans, starts, ends) if starts < ends else ():
            whole = gap.from_at <= from_at and gap.to_at >= to_at
            is_next = rules.local_day(gap.from_at, group.zone) > on
            pieces.append(Piece(gap.from_at, gap.to_at, None, whole, is_next))
        away = [
            group.people[a.person_id]
            for a in absences
            if a.from_on <= on <= a.to_on and any(m.id == a.person_id for m in group.members)
        ]
        days.append(
            Day(
                on,
                rules.local_day(now, group.zone) == on,
                to_at <= now,
                sorted(pieces, key=lambda piece: piece.from_at),
                away,
            )
        )
    return days


async def groups_seen(
    session: AsyncSession, who: Who, *, after: int, limit: int
) -> tuple[list[GroupRota], int | None]:
    """Groups one may see with their members, by key; two statements."""
    rows = (
        await session.execute(
            select(ServiceGroup, TurnPlan)
            .outerjoin(TurnPlan, TurnPlan.group_id == ServiceGroup.id)
            .where(seen_in(who.scope(Verb.ROTA_READ)), ServiceGroup.id > after)
            .order_by(ServiceGroup.id)
            .limit(limit + 1)
        )
    ).all()
    groups = {group.id: GroupRota(group.id, group.name, plan) for group, plan in rows[:limit]}
    named = await session.execute(
        select(GroupMember.group_id, Person)
        .join(Person, Person.id == GroupMember.person_id)
        .where(GroupMember.group_id.in_(groups), Person.retired_at.is_(None))
        .order_by(Person.id)
    )
    for row in named.all():
        groups[row[0]].members.append(row[1])
    return list(groups.values()), rows[limit - 1][0].id if len(rows) > limit else None
