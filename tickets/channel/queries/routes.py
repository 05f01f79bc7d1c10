"""By which channels a person is reached, as he chose and as he belongs to groups."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from sqlalchemy import column, or_, select, table
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.channel.models import Channel, PersonChannel, QuietHours, Sending
from tickets.channel.rules import DIRECT, Kind, Reach, goes_by, is_on_by_default
from tickets.staff.models import HeldRole, Person

# A room above us, by name: only to know whose robot a group's is.
_MEMBER = table("group_member", column("group_id"), column("person_id"))


@dataclass(frozen=True)
class Route:
    """What there is for one person."""

    channels: Sequence[Channel]
    chosen: Mapping[int, bool]
    addresses: Mapping[Kind, str | None]
    groups: frozenset[int]
    quiet: tuple[time, time] | None

    def of(self, reach: Reach) -> list[Channel]:
        return [
            channel
            for channel in self.channels
            if goes_by(
                reach,
                Kind(channel.kind),
                is_chosen=self.chosen.get(channel.id),
                has_address=bool(self.addresses.get(Kind(channel.kind))),
                group_id=channel.group_id,
                groups=self.groups,
            )
        ]


def addresses_of(person: Person) -> dict[Kind, str | None]:
    return {Kind.EMAIL: person.email, Kind.SMS: person.phone, Kind.VOICE: person.phone}


async def routes(session: AsyncSession, people: Collection[int]) -> dict[int, Route]:
    """For each person who still works here; five small questions for all of them, one where there
    is no channel."""
    channels = (
        await session.scalars(select(Channel).where(Channel.is_active).order_by(Channel.id))
    ).all()
    if not channels or not people:
        return {}
    ids = sorted(people)
    persons = await session.scalars(
        select(Person).where(Person.id.in_(ids), Person.retired_at.is_(None))
    )
    chosen: dict[int, dict[int, bool]] = {}
    said = await session.execute(
        select(PersonChannel.person_id, PersonChannel.channel_id, PersonChannel.is_on).where(
            PersonChannel.person_id.in_(ids)
        )
    )
    for person_id, channel_id, is_on in said:
        chosen.setdefault(person_id, {})[channel_id] = is_on
    groups: dict[int, set[int]] = {}
    members = select(_MEMBER.c.person_id, _MEMBER.c.group_id).where(_MEMBER.c.person_id.in_(ids))
    held = select(HeldRole.person_id, HeldRole.group_id).where(
        HeldRole.person_id.in_(ids), HeldRole.group_id.is_not(None)
    )
    for person_id, group_id in await session.execute(members.union(held)):
        groups.setdefault(person_id, set()).add(group_id)
    quiet = await session.scalars(select(QuietHours).where(QuietHours.person_id.in_(ids)))
    hours = {row.person_id: (row.begins, row.ends) for row in quiet}
    return {
        person.id: Route(
            channels,
            chosen.get(person.id, {}),
            addresses_of(person),
            frozenset(groups.get(person.id, ())),
            hours.get(person.id),
        )
        for person in persons
    }


async def due_channels(session: AsyncSession, now: datetime) -> Sequence[int]:
    """Those by which something waits to go now."""
    waits = select(Sending.id).where(
        Sending.channel_id == Channel.id,
        Sending.told_in_id.is_(None),
        Sending.state.in_(("queued", "tried")),
        Sending.retry_at <= now,
    )
    return (
        await session.scalars(
            select(Channel.id)
            .where(
                Channel.is_active,
                or_(Channel.rests_until.is_(None), Channel.rests_until <= now),
                or_(Channel.held_until.is_(None), Channel.held_until <= now),
                waits.exists(),
            )
            .order_by(Channel.id)
        )
    ).all()


@dataclass(frozen=True)
class MyChannel:
    """One line of a person's choice; `address` is his own, for direct ones."""

    channel: Channel
    is_direct: bool
    address: str | None
    is_on: bool


async def mine(
    session: AsyncSession, person: Person
) -> tuple[list[MyChannel], tuple[time, time] | None]:
    """What reaches him, or would if he had an address; and his quiet hours."""
    route = (await routes(session, [person.id])).get(person.id)
    if route is None:
        hours = await session.get(QuietHours, person.id)
        return [], (hours.begins, hours.ends) if hours else None
    lines = []
    for channel in route.channels:
        kind = Kind(channel.kind)
        if kind not in DIRECT and channel.group_id not in (None, *route.groups):
            continue
        lines.append(
            MyChannel(
                channel,
                kind in DIRECT,
                route.addresses.get(kind),
                route.chosen.get(channel.id, is_on_by_default(kind)),
            )
        )
    return lines, route.quiet
