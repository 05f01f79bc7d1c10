"""Messages owed to somebody."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from tickets.db import Base


class Alert(Base):
    """叫应: what must be heard. It climbs from rung to rung until somebody says that he heard it,
    or nothing is left to be heard (rules.md §5)."""

    __tablename__ = "alert"
    __table_args__ = (
        # A threshold of a clock is called out once, whoever notices it.
        UniqueConstraint("clock_id", "breach_no", "threshold"),
        # The sweep: those that nobody has acknowledged in time.
        Index("ix_alert_climbing", "climbs_at", postgresql_where=text("climbs_at IS NOT NULL")),
        # The ticket page, and acknowledging.
        Index("ix_alert_ticket", "ticket_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    clock_id: Mapped[int] = mapped_column(ForeignKey("clock.id"))
    breach_no: Mapped[int]  # the breach it warns of, or tells
    threshold: Mapped[str]
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"))
    falls_at: Mapped[datetime]
    rung: Mapped[int]  # the highest that has heard it
    climbs_at: Mapped[datetime | None]  # None: heard, or no longer needed
    climbs_every: Mapped[timedelta]
    rounds: Mapped[int] = mapped_column(default=0, server_default="0")  # told to everyone
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class Notice(Base):
    """One message to one person. Written with the fact, sent by the worker, read in the inbox."""

    __tablename__ = "notice"
    __table_args__ = (
        # One notice per clock, breach number, threshold and person, ever (rules.md §5).
        Index(
            "uq_notice_once",
            "clock_id",
            "breach_no",
            "threshold",
            "person_id",
            unique=True,
            postgresql_where=text("clock_id IS NOT NULL"),
        ),
        # One notice per event and person, whatever is retried.
        Index("uq_notice_event", "event_id", "person_id", unique=True),
        # The post takes the oldest that is owed.
        Index("ix_notice_owed", "id", postgresql_where=text("sent_at IS NULL")),
        # The inbox, newest first; the count of unread ones on every staff page.
        Index("ix_notice_inbox", "person_id", "id"),
        Index("ix_notice_unread", "person_id", postgresql_where=text("read_at IS NULL")),
        # What was told about a ticket.
        Index("ix_notice_ticket", "ticket_id"),
        # The link in a message, by which it is acknowledged without signing in.
        Index(
            "uq_notice_answer_key",
            "answer_key",
            unique=True,
            postgresql_where=text("answer_key IS NOT NULL"),
        ),
        CheckConstraint("reach IN ('inbox','list','push','urgent','everywhere')", name="reach"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))
    clock_id: Mapped[int | None] = mapped_column(ForeignKey("clock.id"))
    breach_no: Mapped[int | None]
    threshold: Mapped[str | None]
    template: Mapped[str]  # a folder under templates/notice/
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # How far it goes: the inbox; the morning list of a person; also his channels; these at any
    # hour of the night; every channel there is, whatever he chose.
    reach: Mapped[str] = mapped_column(default="inbox", server_default="inbox")
    alert_id: Mapped[int | None] = mapped_column(ForeignKey("alert.id"))
    # What falls on one ticket at one instant is one message to a person: the first carries it,
    # the others name it here.
    falls_at: Mapped[datetime | None]
    told_with_id: Mapped[int | None] = mapped_column(ForeignKey("notice.id"))
    not_before: Mapped[datetime | None]
    answer_key: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    # As it was said, in the person's language: what stands in a dispute.
    subject: Mapped[str | None]
    body: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    retry_at: Mapped[datetime | None]
    last_error: Mapped[str | None]
    read_at: Mapped[datetime | None]
