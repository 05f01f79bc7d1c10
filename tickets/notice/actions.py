"""Owing somebody a message, and reading it."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import Event
from tickets.notice.models import Alert, Notice
from tickets.staff.models import Person
from tickets.staff.rules import Who


async def write(
    session: AsyncSession,
    event: Event,
    *,
    to: Iterable[Person],
    facts: dict[str, Any],
    threshold: str | None = None,
    clock_id: int | None = None,
    breach_no: int | None = None,
    reach: str = "inbox",
    alert: Alert | None = None,
    falls_at: datetime | None = None,
    not_before: datetime | None = None,
) -> None:
    """One notice per person; what was owed already is not owed again (the keys say what counts).

    `reach` is how far it goes (models.Notice); with an `alert` the message carries a key by which
    it is acknowledged. What has one `falls_at` on one ticket is one message.
    """
    rows = [
        {
            "event_id": event.id,
            "person_id": person_id,
            "ticket_id": event.ticket_id,
            "clock_id": clock_id,
            "breach_no": breach_no,
            "threshold": threshold,
            "template": event.kind,
            "facts": facts,
            "reach": reach,
            "alert_id": alert.id if alert else None,
            "falls_at": falls_at,
            "not_before": not_before,
            "answer_key": token_urlsafe(18) if alert else None,
        }
        for person_id in dict.fromkeys(person.id for person in to)
    ]
    if rows:
        await session.execute(insert(Notice).values(rows).on_conflict_do_nothing())


async def raise_alert(
    session: AsyncSession,
    event: Event,
    *,
    clock_id: int,
    breach_no: int,
    threshold: str,
    falls_at: datetime,
    every: timedelta,
) -> Alert | None:
    """None where it was raised before: a threshold of a clock is called out once."""
    return await session.scalar(
        insert(Alert)
        .values(
            ticket_id=event.ticket_id,
            clock_id=clock_id,
            breach_no=breach_no,
            threshold=threshold,
            event_id=event.id,
            falls_at=falls_at,
            rung=0,
            climbs_at=event.recorded_at + every,
            climbs_every=every,
        )
        .on_conflict_do_nothing()
        .returning(Alert)
    )


async def acknowledge(
    session: AsyncSession,
    ticket_id: int,
    *,
    by_id: int,
    now: datetime,
    by_link: Notice | None = None,
    upto: int | None = None,
) -> Sequence[Alert]:
    """Heard: what this ticket still calls out climbs no further. Gives what was open. By the link
    of a message nobody has heard what was called out after it; on a page that is old, no more than
    `upto`, the newest alert that stood there."""
    asked = select(Alert).where(Alert.ticket_id == ticket_id, Alert.acknowledged_at.is_(None))
    if upto is not None:
        asked = asked.where(Alert.id <= upto)
    if by_link is not None:
        asked = asked.join(Event, Event.id == Alert.event_id).where(
            Alert.falls_at <= by_link.sent_at,
            # Two clocks: that of the database, and that of whoever sent. Its own it always tells.
            or_(Alert.id == by_link.alert_id, Event.recorded_at <= by_link.sent_at),
        )
    alerts = (await session.scalars(asked.order_by(Alert.id).with_for_update(of=Alert))).all()
    for alert in alerts:
        alert.acknowledged_at = now
        alert.acknowledged_by_id = by_id
        alert.climbs_at = None
    await session.execute(
        update(Notice)
        .where(
            Notice.person_id == by_id,
            Notice.read_at.is_(None),
            Notice.sent_at.is_not(None),
            Notice.alert_id.in_([alert.id for alert in alerts]),
        )
        .values(read_at=now)
    )
    return alerts


async def read(session: AsyncSession, notice: Notice, now: datetime) -> None:
    """The first reading counts."""
    notice.read_at = notice.read_at or now


async def read_upto(session: AsyncSession, who: Who, newest: int, now: datetime) -> None:
    await session.execute(
        update(Notice)
        .where(
            Notice.person_id == who.id,
            Notice.read_at.is_(None),
            Notice.sent_at.is_not(None),
            Notice.id <= newest,
        )
        .values(read_at=now)
    )
