"""The diary: what happened, to which ticket, when, by whom.

One row serves three readers: the timeline on the ticket page, the auditor, and the
worker, which hands every event once to each of its reactions. An event is recorded in the
transaction that made it true, so it can neither be lost nor invented. It is never changed
(a trigger says so) and holds no name or number of a caller (rules.md §11).
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Text, func, literal_column, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from tickets.db import Base

# Word for word as the index has it; the same key may stand at several lines.
KEY: Final = literal_column("(facts ->> 'key')", Text)


class Event(Base):
    __tablename__ = "event"
    __table_args__ = (
        # The ticket page reads its diary; the auditor reads by time.
        Index("ix_event_ticket", "ticket_id", "id"),
        Index("ix_event_kind", "kind", "happened_at"),
        # The managers' page: phones' news that came late, or by a wrong clock.
        Index("ix_event_flagged", "recorded_at", "id", postgresql_where=text("facts ? 'flags'")),
        # A phone asks what became of what it sent, by the keys it was sent with.
        Index("ix_event_key", KEY, postgresql_where=text("(facts ->> 'key') IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[str]
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    happened_at: Mapped[datetime]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class Unrelayed(Base):
    """The outbox: events the relay has not yet spread to their reactions. A trigger on `event`
    fills it, so that recording cannot forget to; the relay empties it."""

    __tablename__ = "unrelayed"

    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), primary_key=True)


class Delivery(Base):
    """One event owed to one reaction; handled in the transaction that marks it so."""

    __tablename__ = "delivery"
    __table_args__ = (
        # The relay takes the oldest that is owed and due; the second keeps order per ticket.
        Index("ix_delivery_owed", "id", postgresql_where=text("handled_at IS NULL")),
        Index("ix_delivery_ticket", "ticket_id", "id", postgresql_where=text("handled_at IS NULL")),
        Index("uq_delivery_event_reaction", "event_id", "reaction", unique=True),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"))
    reaction: Mapped[str]
    ticket_id: Mapped[int | None]
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    last_error: Mapped[str | None]
    retry_at: Mapped[datetime | None]
    handled_at: Mapped[datetime | None]


def record(
    session: AsyncSession,
    kind: str,
    *,
    at: datetime,
    ticket_id: int | None = None,
    project_id: int | None = None,
    by_id: int | None = None,
    **facts: Any,
) -> Event:
    """`kind` is `noun.verbed`; `at` is when it happened, not when it is written down."""
    event = Event(
        kind=kind,
        ticket_id=ticket_id,
        project_id=project_id,
        by_id=by_id,
        facts=facts,
        happened_at=at,
    )
    session.add(event)
    session.info["events_recorded"] = True
    return event
