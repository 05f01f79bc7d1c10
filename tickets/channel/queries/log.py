"""The list of channels, and what was handed over: by a channel, of a notice, about a ticket."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, column, func, literal_column, or_, select, table
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from tickets.channel.models import Channel, Sending
from tickets.channel.rules import State
from tickets.notice.models import Notice
from tickets.refusals import Forbidden, Missing
from tickets.staff.models import Person
from tickets.staff.rules import Verb, Who
from tickets.words import N_

_CARRIER = aliased(Sending)
_GROUP = table("service_group", column("id"), column("name"))


@dataclass(frozen=True)
class Logged:
    """One line of the log: who was told what, by which channel, and what became of it."""

    sending: Sending
    channel: str
    kind: str
    person: str
    # As it went out, with whatever went out together: of other people and other projects too, so
    # it is read for the channel's administrator alone.
    handed: str | None = None


_Asked = Select[*tuple[Any, ...]]


def _lines() -> _Asked:
    return (
        select(Sending, Channel.name, Channel.kind, Person.name)
        .join(Channel, Channel.id == Sending.channel_id)
        .join(Person, Person.id == Sending.person_id)
    )


def _lines_as_handed() -> _Asked:
    handed = func.coalesce(Sending.handed, _CARRIER.handed)
    return _lines().add_columns(handed).outerjoin(_CARRIER, _CARRIER.id == Sending.told_in_id)


async def _read(session: AsyncSession, asked: _Asked) -> list[Logged]:
    return [Logged(*row) for row in await session.execute(asked)]


def check_may_manage(who: Who) -> None:
    """A channel speaks for the whole house."""
    if not who.scope(Verb.CHANNEL_MANAGE).everywhere:
        raise Forbidden(N_("Your role does not allow this."))


async def by_group(session: AsyncSession) -> list[tuple[int, str]]:
    rows = await session.execute(select(_GROUP.c.id, _GROUP.c.name).order_by(_GROUP.c.name))
    return [(group_id, name) for group_id, name in rows]


async def channels_page(session: AsyncSession) -> list[tuple[Channel, str | None, int]]:
    """Each channel with its group's name and how many messages wait; there are a handful."""
    waits = (
        select(func.count())
        .where(
            Sending.channel_id == Channel.id,
            Sending.told_in_id.is_(None),
            Sending.state.in_(("queued", "tried")),
        )
        .scalar_subquery()
    )
    rows = await session.execute(
        select(Channel, _GROUP.c.name, waits)
        .outerjoin(_GROUP, _GROUP.c.id == Channel.group_id)
        .order_by(Channel.id)
        .limit(200)
    )
    return [(channel, group, waiting) for channel, group, waiting in rows]


async def find(session: AsyncSession, channel_id: int, *, lock: bool = False) -> Channel:
    asked = select(Channel).where(Channel.id == channel_id)
    if lock:
        asked = asked.with_for_update().execution_options(populate_existing=True)
    channel = await session.scalar(asked)
    if channel is None:
        raise Missing(N_("There is no such channel."))
    return channel


async def log_page(
    session: AsyncSession,
    channel_id: int,
    *,
    state: State | None = None,
    before: int | None = None,
    limit: int = 50,
) -> tuple[Sequence[Logged], int | None]:
    """Newest first, and the key of the next page."""
    asked = _lines_as_handed().where(Sending.channel_id == channel_id)
    if state is not None:
        asked = asked.where(Sending.state == state)
    if before is not None:
        asked = asked.where(Sending.seq < before)
    found = await _read(session, asked.order_by(Sending.seq.desc()).limit(limit + 1))
    return found[:limit], found[limit - 1].sending.seq if len(found) > limit else None


async def of_notice(session: AsyncSession, notice_id: int) -> list[Logged]:
    """Each with the notice's own words."""
    return await _read(
        session, _lines().where(Sending.notice_id == notice_id).order_by(Sending.seq).limit(200)
    )


@dataclass(frozen=True)
class ToldOf:
    """A message about a ticket: to whom, and how it went on each channel."""

    id: int
    person: str
    subject: str | None
    sent_at: datetime | None
    read_at: datetime | None
    told_with_id: int | None
    sendings: list[Logged]


async def of_ticket(
    session: AsyncSession, ticket_id: int, *, before: int | None = None, limit: int = 50
) -> tuple[list[ToldOf], int | None]:
    """Newest first; in-app messages too, since the inbox is a channel as well."""
    asked = (
        select(
            Notice.id,
            Person.name,
            Notice.subject,
            Notice.sent_at,
            Notice.read_at,
            Notice.told_with_id,
        )
        .join(Person, Person.id == Notice.person_id)
        .where(Notice.ticket_id == ticket_id)
        .order_by(Notice.id.desc())
        .limit(limit + 1)
    )
    if before is not None:
        asked = asked.where(Notice.id < before)
    found = (await session.execute(asked)).all()
    shown = found[:limit]
    logged: dict[int, list[Logged]] = {}
    lines = _lines().where(Sending.notice_id.in_([row[0] for row in shown])).order_by(Sending.seq)
    for line in await _read(session, lines):
        logged.setdefault(line.sending.notice_id, []).append(line)
    told = [ToldOf(*row, sendings=logged.get(row[0], [])) for row in shown]
    return told, shown[-1][0] if len(found) > limit else None


async def find_sending(session: AsyncSession, sending_id: UUID) -> Sending:
    sending = await session.get(Sending, sending_id)
    if sending is None:
        raise Missing(N_("There is no such message."))
    return sending


def troubles() -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """For the head of every page: the channel that has kept failing longest, and how many
    messages of the last day reached nobody. Both read next to nothing."""
    keeps_failing = or_(
        Channel.failed_in_row >= 3,
        Channel.failing_since < literal_column("clock_timestamp() - interval '10 minutes'"),
    )
    failing = (
        select(Channel.name)
        .where(Channel.is_active, Channel.failing_since.is_not(None), keeps_failing)
        .order_by(Channel.failing_since)
        .limit(1)
        .scalar_subquery()
    )
    unreached = (
        select(func.count())
        .where(
            Sending.state.in_(("refused", "given_up")),
            Sending.tried_at > literal_column("clock_timestamp() - interval '1 day'"),
        )
        .scalar_subquery()
    )
    return failing, unreached
