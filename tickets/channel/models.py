"""Channels, what people chose of them, and what was handed to whom by which."""

from datetime import datetime, time
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from tickets.db import Base


class Channel(Base):
    """消息通道: a way out of the house. `group_id` names whose robot it is; none: everybody's."""

    __tablename__ = "channel"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('email','wecom','dingtalk','feishu','sms','voice','http')", name="kind"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(unique=True)
    group_id: Mapped[int | None] = mapped_column(ForeignKey("service_group.id"))
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)  # secrets among it
    is_active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    failing_since: Mapped[datetime | None]
    failed_in_row: Mapped[int] = mapped_column(default=0, server_default="0")
    last_error: Mapped[str | None]
    last_ok_at: Mapped[datetime | None]
    # It rests until then: after a failure, or because the receiver's limit is reached.
    rests_until: Mapped[datetime | None]
    # Somebody is handing over by it, until then at most; so no second one does.
    held_until: Mapped[datetime | None]
    # What went by it in the last minute, for the receiver's limits; shared by all workers.
    recent: Mapped[list[datetime]] = mapped_column(
        ARRAY(DateTime(timezone=True)), default=list, server_default="{}"
    )
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PersonChannel(Base):
    """A person has said of a channel whether he wants it."""

    __tablename__ = "person_channel"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), primary_key=True)
    is_on: Mapped[bool]


class QuietHours(Base):
    """免打扰时段: local time of the house, may span midnight."""

    __tablename__ = "quiet_hours"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    begins: Mapped[time]
    ends: Mapped[time]


class Sending(Base):
    """送达记录: one notice by one channel. What went out together has one carrier, whose id is the
    message's id at the receiver; the others name it in `told_in_id` and share its fate."""

    __tablename__ = "sending"
    __table_args__ = (
        # Nothing is handed over twice, whoever says it.
        UniqueConstraint("notice_id", "channel_id"),
        CheckConstraint(
            "state IN ('queued','tried','accepted','refused','given_up')", name="state"
        ),
        # The post takes what is owed by a channel, oldest first.
        Index(
            "ix_sending_owed",
            "channel_id",
            "retry_at",
            postgresql_where=text("state IN ('queued','tried') AND told_in_id IS NULL"),
        ),
        # The log of a channel, newest first, and by state.
        Index("ix_sending_log", "channel_id", "seq"),
        Index("ix_sending_told_in", "told_in_id", postgresql_where=text("told_in_id IS NOT NULL")),
        # The banner: somebody could not be reached.
        Index(
            "ix_sending_failed",
            "tried_at",
            postgresql_where=text("state IN ('refused','given_up')"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    seq: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    told_in_id: Mapped[UUID | None] = mapped_column(ForeignKey("sending.id"))
    is_urgent: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    must_answer: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    # Rows of a group's robot with the same key are one message naming all of them.
    same_as: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    link: Mapped[str | None]
    variables: Mapped[dict[str, Any]] = mapped_column(default=dict)
    handed: Mapped[str | None]  # the text as it went out
    state: Mapped[str] = mapped_column(default="queued", server_default="queued")
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    from_at: Mapped[datetime]  # not before; given up twelve hours after
    retry_at: Mapped[datetime]
    why: Mapped[str | None]
    queued_at: Mapped[datetime]
    tried_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
