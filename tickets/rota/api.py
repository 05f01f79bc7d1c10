"""Who is on duty, and the service groups, for other programs."""

from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from tickets.door import PROBLEMS, DoorRoute, Instant, Now, RoomRouter, Session
from tickets.rota import queries
from tickets.rota.queries import GroupRota
from tickets.staff.models import Person
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs

router = RoomRouter("/api/", route_class=DoorRoute, responses=PROBLEMS, tags=["rota"])
Reader = Annotated[Who, needs(Verb.ROTA_READ)]
GroupId = Annotated[int | None, Query(ge=1, le=2**31 - 1)]


class PersonOut(BaseModel):
    id: int
    name: str
    phone: str | None


class OnDuty(BaseModel):
    """`on_duty` null: nobody is, a gap. `until` is when his duty ends; `next` is somebody else,
    null when nobody follows within four weeks."""

    group_id: int
    group: str
    timezone: str
    on_duty: PersonOut | None
    until: datetime | None
    next: PersonOut | None
    next_from: datetime | None


class RotaOut(BaseModel):
    at: datetime
    items: list[OnDuty]


class GroupOut(BaseModel):
    """`missing`: how many technicians it is short of."""

    id: int
    name: str
    timezone: str
    members: list[PersonOut]
    missing: int


class GroupList(BaseModel):
    items: list[GroupOut]
    next: str | None


def _person(person: Person | None) -> PersonOut | None:
    return PersonOut(id=person.id, name=person.name, phone=person.phone) if person else None


def _standing(group: GroupRota) -> OnDuty:
    return OnDuty(
        group_id=group.id,
        group=group.name,
        timezone=group.zone,
        on_duty=_person(group.on_duty),
        until=group.until,
        next=_person(group.next),
        next_from=group.next_at,
    )


@router.get("/rota")
async def show_rota(
    who: Reader, session: Session, now: Now, group: GroupId = None, at: Instant | None = None
) -> RotaOut:
    """Who is on duty at an instant, now if absent, of one group or of all one may see."""
    instant = at or now
    found = await queries.rotas(session, who, at=instant, now=now, group_id=group)
    return RotaOut(at=instant, items=[_standing(each) for each in found])


@router.get("/groups")
async def list_groups(
    who: Reader,
    session: Session,
    cursor: Annotated[str | None, Query(pattern=r"^[0-9]{1,9}$")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> GroupList:
    groups, following = await queries.groups_seen(session, who, after=int(cursor or 0), limit=limit)
    return GroupList(
        items=[
            GroupOut(
                id=group.id,
                name=group.name,
                timezone=group.zone,
                members=[PersonOut(id=p.id, name=p.name, phone=p.phone) for p in group.members],
                missing=group.missing,
            )
            for group in groups
        ],
        next=str(following) if following else None,
    )
