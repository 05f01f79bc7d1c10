"""Who is away, and for whom one may say so; a person's own calendar."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.refusals import Forbidden, Missing
from tickets.rota.models import Absence, CalendarKey, Duty, GroupMember, ServiceGroup
from tickets.rota.queries.calendar import seen_in
from tickets.staff.models import Person
from tickets.staff.rules import Verb, Who
from tickets.words import N_


@dataclass(frozen=True)
class KnownAbsence:
    absence: Absence
    person: Person
    is_mine: bool  # to end: one's own, or of a group one leads


async def absences_page(
    session: AsyncSession, who: Who, today: date, *, limit: int = 100
) -> list[KnownAbsence]:
    """Those that have not ended, of the members of groups one may see and of oneself."""
    seen = (
        select(GroupMember.person_id)
        .join(ServiceGroup, ServiceGroup.id == GroupMember.group_id)
        .where(seen_in(who.scope(Verb.ROTA_READ)))
    )
    rows = await session.execute(
        select(Absence, Person)
        .join(Person, Person.id == Absence.person_id)
        .where(
            Absence.to_on >= today,
            Absence.to_on >= Absence.from_on,
            or_(Absence.person_id.in_(seen), Absence.person_id == who.id),
        )
        .order_by(Absence.from_on, Absence.id)
        .limit(limit)
    )
    led = {person.id for person in await led_by(session, who)}
    return [
        KnownAbsence(absence, person, person.id == who.id or person.id in led)
        for absence, person in rows.all()
    ]


async def led_by(session: AsyncSession, who: Who) -> Sequence[Person]:
    """For whom one may enter an absence: the members of groups one leads; everywhere, all."""
    scope = who.scope(Verb.ROTA_WRITE)
    members = select(GroupMember.person_id)
    if not scope.everywhere:
        members = members.where(GroupMember.group_id.in_(scope.groups))
    return (
        await session.scalars(
            select(Person)
            .where(Person.id.in_(members), Person.retired_at.is_(None))
            .order_by(Person.id)
        )
    ).all()


async def check_may_enter(session: AsyncSession, who: Who, person_id: int) -> None:
    """One's own absence, or that of somebody whose group one leads."""
    if person_id == who.id:
        return
    if person_id not in {person.id for person in await led_by(session, who)}:
        raise Forbidden(N_("You may enter your own absence; another's is entered by a lead."))


async def duties_of_secret(
    session: AsyncSession, secret: str, from_at: datetime
) -> tuple[Person, list[tuple[Duty, str]]]:
    """Whose calendar it is, and his duties with their groups."""
    person = await session.scalar(
        select(Person)
        .join(CalendarKey, CalendarKey.person_id == Person.id)
        .where(CalendarKey.secret == secret, Person.retired_at.is_(None))
    )
    if person is None:
        raise Missing(N_("There is nothing here."))
    rows = await session.execute(
        select(Duty, ServiceGroup.name)
        .join(ServiceGroup, ServiceGroup.id == Duty.group_id)
        .where(Duty.person_id == person.id, Duty.to_at > from_at)
        .order_by(Duty.from_at)
        .limit(500)
    )
    return person, [(row[0], row[1]) for row in rows.all()]
