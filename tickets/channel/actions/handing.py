"""Handing over, in three steps: take what goes next, hand it (elsewhere), settle what came of it.

What goes into one message is decided, with its id, and committed before it is sent. Whoever takes
holds the channel for a while, so no second worker sends by it; a kill in between leaves the
message to be sent once more under the same id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.channel.models import Channel, Sending
from tickets.channel.queries.routes import addresses_of
from tickets.channel.rules import (
    DIRECT,
    GIVE_UP_AFTER,
    IN_FLIGHT,
    Entry,
    Kind,
    State,
    backoff,
    digest,
    limit_of,
)
from tickets.channel.wire import Outcome, Parcel, Told
from tickets.staff.models import Person

AT_ONCE = 8  # to people; a robot gets one after the other
LOOK_AT = 500  # rows that may become one digest
LOOK_AT_FEW = 50  # where none is made

Row = tuple[Sending, Person]


@dataclass(frozen=True)
class Taken:
    kind: Kind
    settings: dict[str, Any]
    parcels: Sequence[Parcel]


async def take(
    session: AsyncSession, channel_id: int, now: datetime, *, locale: str, more: str
) -> Taken | None:
    """The next message of a robot, or the next few to people; None: nothing now, or somebody
    else is at it."""
    channel = await session.scalar(
        select(Channel)
        .where(
            Channel.id == channel_id,
            Channel.is_active,
            or_(Channel.rests_until.is_(None), Channel.rests_until <= now),
            or_(Channel.held_until.is_(None), Channel.held_until <= now),
        )
        .with_for_update(skip_locked=True)
    )
    if channel is None:
        return None
    found = await session.execute(
        select(Sending, Person)
        .join(Person, Person.id == Sending.person_id)
        .where(
            Sending.channel_id == channel_id,
            Sending.told_in_id.is_(None),
            Sending.state.in_((State.QUEUED, State.TRIED)),
            Sending.retry_at <= now,
        )
        .order_by(Sending.is_urgent.desc(), Sending.seq)
        .limit(LOOK_AT if limit_of(Kind(channel.kind)) else LOOK_AT_FEW)
        .with_for_update(of=Sending)
    )
    rows: list[Row] = [(sending, person) for sending, person in found]
    if not rows:
        return None
    kind = Kind(channel.kind)
    if kind in DIRECT:
        # One that fails is tried with one message, until it takes it.
        parcels = [_to_person(kind, row) for row in rows[: 1 if channel.failing_since else AT_ONCE]]
        carriers = [sending for sending, _ in rows[: len(parcels)]]
    else:
        limits = limit_of(kind)
        free_at = max((limit.free_at(channel.recent, now) for limit in limits), default=now)
        if free_at > now:
            channel.rests_until = free_at
            return None
        free = limits[0].free(channel.recent, now) if limits else len(rows)
        parcel, carrier = _to_group(kind, rows, free, locale, more)
        parcels, carriers = [parcel], [carrier]
        if limits:
            oldest = now - limits[0].within
            channel.recent = [at for at in channel.recent if at > oldest] + [now]
    for sending in carriers:
        sending.state = State.TRIED
        sending.tries += 1
        sending.tried_at = now
        sending.retry_at = now + IN_FLIGHT
    channel.held_until = now + IN_FLIGHT
    await session.flush()
    return Taken(kind, dict(channel.settings), parcels)


def _to_person(kind: Kind, row: Row) -> Parcel:
    sending, person = row
    sending.handed = sending.body
    return Parcel(
        sending.id,
        sending.subject,
        sending.body,
        to=addresses_of(person).get(kind) or "",
        variables=sending.variables,
    )


def _to_group(
    kind: Kind, rows: Sequence[Row], free: int, locale: str, more: str
) -> tuple[Parcel, Sending]:
    """What has been decided before goes out again as it was; else one reason, or, when more of
    them wait than the receiver takes in a minute, all that fit."""
    for sending, _ in rows:
        if sending.handed is not None:
            return _parcel(sending), sending
    entries = _entries(rows)
    chosen = entries if len(entries) > free else entries[:1]
    text, keys = digest(kind, locale, chosen, more)
    by_id = {sending.id: sending for sending, _ in rows}
    told = [by_id[key] for key in keys if isinstance(key, UUID)]
    carrier = told[0]
    carrier.handed = text
    for sending in told[1:]:
        sending.told_in_id = carrier.id
        sending.state = State.TRIED
        sending.tried_at = carrier.tried_at
    return _parcel(carrier), carrier


def _parcel(sending: Sending) -> Parcel:
    return Parcel(
        sending.id, sending.subject, sending.handed or "", variables=dict(sending.variables)
    )


def _entries(rows: Sequence[Row]) -> list[Entry]:
    """Several people told the same are one entry that names them all."""
    same: dict[str, list[Row]] = {}
    for row in rows:
        same.setdefault(row[0].same_as, []).append(row)
    return [
        Entry(
            keys=tuple(sending.id for sending, _ in told),
            subject=told[0][0].subject,
            body=told[0][0].body,
            link=told[0][0].link,
            names=tuple(dict.fromkeys(person.name for _, person in told)),
            is_urgent=any(sending.is_urgent for sending, _ in told),
            must_answer=any(sending.must_answer for sending, _ in told),
        )
        for told in same.values()
    ]


async def settle(
    session: AsyncSession, channel_id: int, carrier_id: UUID, outcome: Outcome, now: datetime
) -> State:
    """What the receiver said, kept on all that went out together and on the channel."""
    channel = (
        await session.execute(
            select(Channel)
            .where(Channel.id == channel_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    ).scalar_one()
    carrier = (
        await session.execute(
            select(Sending)
            .where(Sending.id == carrier_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    ).scalar_one()
    told: dict[str, Any] = {"why": outcome.why, "tried_at": now}
    if outcome.told is Told.ACCEPTED:
        told |= {"state": State.ACCEPTED, "accepted_at": now}
    elif outcome.told is Told.REFUSED:
        told |= {"state": State.REFUSED}
    elif now - carrier.from_at >= GIVE_UP_AFTER:
        told |= {"state": State.GIVEN_UP}
    else:
        # Where the channel is to blame it rests, and the message keeps its place in the queue.
        wait = backoff(carrier.tries, outcome.retry_after)
        told |= {"state": State.TRIED, "retry_at": now if outcome.is_of_channel else now + wait}
    await session.execute(
        update(Sending)
        .where(or_(Sending.id == carrier_id, Sending.told_in_id == carrier_id))
        .values(told)
    )
    _note(channel, outcome, now)
    if outcome.told is Told.AGAIN and outcome.is_of_channel:
        await session.execute(
            update(Sending)
            .where(
                Sending.channel_id == channel_id,
                Sending.state.in_((State.QUEUED, State.TRIED)),
                Sending.from_at <= now - GIVE_UP_AFTER,
            )
            .values(state=State.GIVEN_UP, why=outcome.why, tried_at=now)
        )
    return State(told["state"])


def _note(channel: Channel, outcome: Outcome, now: datetime) -> None:
    if outcome.told is Told.ACCEPTED:
        channel.last_ok_at = now
        channel.failing_since = None
        channel.failed_in_row = 0
        channel.last_error = None
        return
    if outcome.told is Told.REFUSED and not outcome.is_of_channel:
        return  # this message's own trouble: it stands in the log
    channel.last_error = outcome.why
    channel.failing_since = channel.failing_since or now
    if channel.rests_until is not None and channel.rests_until > now:
        return  # several were on their way together: one failure
    channel.failed_in_row += 1
    if outcome.told is Told.AGAIN and outcome.is_of_channel:
        channel.rests_until = now + backoff(channel.failed_in_row, outcome.retry_after)


async def let_go(session: AsyncSession, channel_id: int) -> None:
    await session.execute(update(Channel).where(Channel.id == channel_id).values(held_until=None))
