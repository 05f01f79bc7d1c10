"""A channel is added, changed, switched off and on; what was refused is tried again."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.channel.models import Channel, Sending
from tickets.channel.queries import find
from tickets.channel.queries.log import find_sending
from tickets.channel.rules import DIRECT, OWN_TESTS, Kind, State, checked
from tickets.channel.wire import Outcome, Told
from tickets.events import Event, record
from tickets.refusals import Invalid, Missing, Refused, TooOften
from tickets.words import N_


async def _check_name(session: AsyncSession, name: str, besides: int = 0) -> None:
    taken = await session.scalar(
        select(Channel.id).where(Channel.name == name, Channel.id != besides)
    )
    if taken is not None:
        raise Invalid("name", N_("There is a channel of this name already."))


async def add(
    session: AsyncSession,
    *,
    kind: Kind,
    name: str,
    group_id: int | None,
    typed: Mapping[str, Any],
    by_id: int,
    now: datetime,
) -> Channel:
    await _check_name(session, name)
    channel = Channel(
        kind=kind,
        name=name,
        group_id=None if kind in DIRECT else group_id,
        settings=checked(kind, typed, {}),
    )
    session.add(channel)
    await session.flush()
    record(session, "channel.added", at=now, by_id=by_id, channel=name, of_kind=kind)
    return channel


async def change(
    session: AsyncSession,
    channel_id: int,
    *,
    name: str,
    group_id: int | None,
    typed: Mapping[str, Any],
    by_id: int,
    now: datetime,
) -> Channel:
    """What was wrong may be right now: it is tried again at once."""
    channel = await find(session, channel_id, lock=True)
    await _check_name(session, name, channel.id)
    kind = Kind(channel.kind)
    channel.settings = checked(kind, typed, channel.settings)
    channel.name = name
    channel.group_id = None if kind in DIRECT else group_id
    _begin_anew(channel)
    record(session, "channel.changed", at=now, by_id=by_id, channel=name, of_kind=kind)
    return channel


async def switch(
    session: AsyncSession, channel_id: int, *, is_active: bool, by_id: int, now: datetime
) -> None:
    """What is queued waits for a channel that is off; nothing new is queued for it."""
    channel = await find(session, channel_id, lock=True)
    if channel.is_active == is_active:
        return
    channel.is_active = is_active
    _begin_anew(channel)
    record(
        session, "channel.changed", at=now, by_id=by_id, channel=channel.name, is_active=is_active
    )


def _begin_anew(channel: Channel) -> None:
    channel.rests_until = None
    channel.failing_since = None
    channel.failed_in_row = 0
    channel.last_error = None


async def begin_own_test(
    session: AsyncSession, channel: Channel, *, by_id: int, now: datetime
) -> None:
    """Somebody tries his own address: one at a time, and no more than the rules allow; counted by
    the diary."""
    key = func.hashtextextended(f"channel.tested {by_id}", 0)
    is_alone = await session.scalar(select(func.pg_try_advisory_xact_lock(key)))
    found = await session.scalars(
        select(Event.happened_at).where(
            Event.kind == "channel.tested",
            Event.by_id == by_id,
            Event.happened_at > now - OWN_TESTS.within,
        )
    )
    wait = OWN_TESTS.free_at(found.all(), now) - now
    if not is_alone or wait > timedelta(0):
        seconds = max(1, ceil(wait.total_seconds()))
        raise TooOften(
            N_("That was many test messages. Try again in {minutes} min."),
            retry_after=seconds,
            minutes=ceil(seconds / 60),
        )
    record(
        session,
        "channel.tested",
        at=now,
        by_id=by_id,
        channel=channel.name,
        of_kind=channel.kind,
    )


async def note_test(
    session: AsyncSession, channel_id: int, outcome: Outcome, now: datetime, *, is_own: bool
) -> None:
    """What a test message showed; it counts for the receiver's limit like any other. One to
    somebody's own address may fail by that address: it says nothing against the channel."""
    channel = await find(session, channel_id, lock=True)
    channel.recent = [*channel.recent[-199:], now]
    if outcome.told is Told.ACCEPTED:
        _begin_anew(channel)
        channel.last_ok_at = now
    elif not is_own and (outcome.is_of_channel or outcome.told is Told.AGAIN):
        channel.last_error = outcome.why
        channel.failing_since = channel.failing_since or now
        channel.failed_in_row += 1


async def try_again(
    session: AsyncSession, channel_id: int, sending_id: UUID, now: datetime
) -> None:
    """Under the same id, with all that went out together, twelve hours from now."""
    sending = await find_sending(session, sending_id)
    if sending.channel_id != channel_id:
        raise Missing(N_("There is no such message."))
    if sending.state not in (State.REFUSED, State.GIVEN_UP):
        raise Refused(N_("This message is on its way or has arrived."))
    carrier = sending.told_in_id or sending.id
    await session.execute(
        update(Sending)
        .where(or_(Sending.id == carrier, Sending.told_in_id == carrier))
        .values(state=State.QUEUED, tries=0, from_at=now, retry_at=now)
    )
