"""Messages owed to somebody."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from tickets.db import Base


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
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    # As it was said, in the person's language: what stands in a dispute.
    subject: Mapped[str | None]
    body: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    retry_at: Mapped[datetime | None]
    last_error: Mapped[str | None]
    read_at: Mapped[datetime | None]
