"""A person says by which channels he wants to be told, and when not."""

from collections.abc import Collection
from datetime import time

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.channel.models import PersonChannel, QuietHours
from tickets.channel.queries import mine
from tickets.refusals import Invalid
from tickets.staff.models import Person
from tickets.words import N_


async def choose(
    session: AsyncSession,
    person: Person,
    *,
    channels: Collection[int],
    begins: time | None,
    ends: time | None,
) -> None:
    """Of the channels shown to him, those he ticked; no hours mean none are quiet."""
    if (begins is None) != (ends is None):
        raise Invalid("begins", N_("Quiet hours need a beginning and an end."))
    lines, _ = await mine(session, person)
    for line in lines:
        row = insert(PersonChannel).values(
            person_id=person.id, channel_id=line.channel.id, is_on=line.channel.id in channels
        )
        await session.execute(
            row.on_conflict_do_update(
                index_elements=["person_id", "channel_id"], set_={"is_on": row.excluded.is_on}
            )
        )
    hours = await session.get(QuietHours, person.id)
    if begins is None or ends is None:
        if hours is not None:
            await session.delete(hours)
    elif hours is None:
        session.add(QuietHours(person_id=person.id, begins=begins, ends=ends))
    else:
        hours.begins, hours.ends = begins, ends
