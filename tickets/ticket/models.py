"""A fault or a wish, from the call to the closing."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

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


class Ticket(Base):
    __tablename__ = "ticket"
    __table_args__ = (
        # The board: open tickets, the one that breaks next first, paged by key.
        Index("ix_ticket_board", "breaks_at", "id", postgresql_where=text("is_open")),
        # The list of everything, soonest due first.
        Index("ix_ticket_due", "breaks_at", "id"),
        # The board's strip: how many dangers are open.
        Index("ix_ticket_danger", "id", postgresql_where=text("is_open AND severity = 'S1'")),
        # What is open in a project, on its page and while somebody calls about it.
        Index("ix_ticket_project", "project_id", "reported_at"),
        # The technician's round.
        Index("ix_ticket_round", "technician_id", "breaks_at", postgresql_where=text("is_open")),
        # Search by a caller's name or number.
        Index("ix_ticket_reporter", "reporter_id"),
        # Search: any two Chinese characters, any three of a code or number.
        Index("ix_ticket_grams", "grams", postgresql_using="gin"),
        # The same for what is open: the board, and the beginning of every list. Every search reads
        # through what waits to be sorted into the index, so only little may wait.
        Index(
            "ix_ticket_open_grams",
            "grams",
            postgresql_using="gin",
            postgresql_with={"gin_pending_list_limit": 256},
            postgresql_where=text("is_open"),
        ),
        Index("ix_ticket_open_reporter", "reporter_id", postgresql_where=text("is_open")),
        # The duplicates of a ticket, whose acts and pauses are judged with its own.
        Index(
            "ix_ticket_merged",
            "merged_into_id",
            postgresql_where=text("merged_into_id IS NOT NULL"),
        ),
        # The call-backs that wait: promised ones first, then the oldest repair; paged by key.
        Index(
            "ix_ticket_to_ask",
            "call_promised_at",
            "ask_at",
            "id",
            postgresql_where=text("ask_at IS NOT NULL"),
        ),
        # How many of them are due, on every page of the staff.
        Index("ix_ticket_ask", "ask_at", postgresql_where=text("ask_at IS NOT NULL")),
        # Those who were asked, and are still to be closed.
        Index(
            "ix_ticket_to_close",
            "id",
            postgresql_where=text("is_open AND status = 'repaired' AND ask_at IS NULL"),
        ),
        # The board's filter: what the owner urges us about.
        Index(
            "ix_ticket_urged",
            "breaks_at",
            "id",
            postgresql_where=text("is_open AND reminders > 0"),
        ),
        # What followed a ticket, on its page.
        Index("ix_ticket_follows", "follows_id", postgresql_where=text("follows_id IS NOT NULL")),
        # An import run twice is one import.
        UniqueConstraint("project_id", "external_ref"),
        # For whoever writes past the rules: a word no page knows is not kept.
        CheckConstraint(
            "status IN ('open','answered','on_site','repaired','closed','cancelled','merged')",
            name="status",
        ),
        CheckConstraint("severity IN ('S1','S2','S3','S4')", name="severity"),
        CheckConstraint("kind IN ('fault','request','consultation','complaint')", name="kind"),
        CheckConstraint("main_equipment IN ('yes','no','unknown')", name="main_equipment"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    kind: Mapped[str] = mapped_column(default="fault")
    fault: Mapped[str | None]
    severity: Mapped[str]
    main_equipment: Mapped[str] = mapped_column(default="unknown")
    description: Mapped[str]
    place: Mapped[str | None]  # where it is, as the caller says it
    channel: Mapped[str] = mapped_column(default="phone")
    reporter_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    reported_at: Mapped[datetime]  # of the present cycle
    received_at: Mapped[datetime]
    # Its own report, where a duplicate that was reported earlier has moved `reported_at`.
    own_reported_at: Mapped[datetime | None]
    cycle: Mapped[int] = mapped_column(default=1)
    status: Mapped[str] = mapped_column(default="open")
    is_open: Mapped[bool] = mapped_column(default=True)
    # When the next of its promises breaks; NOTHING_BREAKS when none is left. For the board.
    breaks_at: Mapped[datetime]
    # Since when its clocks stand still by a pause that counts; for the board.
    paused_since: Mapped[datetime | None]
    technician_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    expected_at: Mapped[datetime | None]  # when we told the reporter that somebody comes
    departed_at: Mapped[datetime | None]  # 已出发: whose ticket it is, is on his way
    appointment_at: Mapped[datetime | None]  # 预约: the latest, until somebody has come
    # 回访: from when on the owner is to be asked whether it works; None: nobody need ask.
    ask_at: Mapped[datetime | None]
    # 承诺回电: the earliest call we promised and have not made; its rows are `call_promise`.
    call_promised_at: Mapped[datetime | None]
    # 催办: how often the owner urged us in the present cycle.
    reminders: Mapped[int] = mapped_column(default=0, server_default="0")
    last_reminded_at: Mapped[datetime | None]
    opened_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    key: Mapped[UUID | None] = mapped_column(unique=True)
    external_ref: Mapped[str | None]
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))
    # The same fault again, too late to reopen the old ticket.
    follows_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))
    flags: Mapped[list[str]] = mapped_column(default=list, server_default="{}")

    cover: Mapped[str]  # decided when opened, frozen (rules.md §7)
    cover_reason: Mapped[str]
    cover_ends_on: Mapped[date | None]
    # Who pays what under the contract; counts only where the cover is one.
    cover_labour: Mapped[str] = mapped_column(default="free", server_default="free")
    cover_parts: Mapped[str] = mapped_column(default="free", server_default="free")
    # What that contract promises otherwise than the project does, as its clocks began with it.
    own_terms: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    payer_labour: Mapped[str] = mapped_column(default="undecided")
    payer_parts: Mapped[str] = mapped_column(default="undecided")
    payer_reason: Mapped[str | None]
    cause: Mapped[str | None]

    closed_at: Mapped[datetime | None]
    # When we were told that it was cancelled or not ours: no clock runs any more.
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    confirmed_by: Mapped[str | None]
    grams: Mapped[list[str]] = mapped_column(
        default=list, server_default="{}", deferred=True, deferred_raiseload=True
    )
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PastCycle(Base):
    """A cycle that a recurrence has ended; the present one stands on the ticket (rules.md §4)."""

    __tablename__ = "past_cycle"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    cycle: Mapped[int] = mapped_column(primary_key=True)
    reported_at: Mapped[datetime]
    own_reported_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    severity: Mapped[str]  # when it began
    cover: Mapped[str]
    cover_reason: Mapped[str]
    cover_ends_on: Mapped[date | None]
    # Who pays what under the contract; counts only where the cover is one.
    cover_labour: Mapped[str] = mapped_column(default="free", server_default="free")
    cover_parts: Mapped[str] = mapped_column(default="free", server_default="free")
    # What that contract promises otherwise than the project does, as its clocks began with it.
    own_terms: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    payer_labour: Mapped[str]
    payer_parts: Mapped[str]
    payer_reason: Mapped[str | None]
    cause: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str | None]


class Merge(Base):
    """并案: a duplicate joined to the ticket that survives, until it is split off again."""

    __tablename__ = "merge"
    __table_args__ = (
        # For two who merge one ticket at once: it is joined to one other at most.
        Index(
            "uq_merge_duplicate",
            "duplicate_id",
            unique=True,
            postgresql_where=text("split_at IS NULL"),
        ),
        CheckConstraint("duplicate_id <> survivor_id", name="two"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    duplicate_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    survivor_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    at: Mapped[datetime]
    reason: Mapped[str | None]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    split_at: Mapped[datetime | None]
    split_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class TicketAsset(Base):
    """What the ticket is about; any number of assets, or none."""

    __tablename__ = "ticket_asset"
    # The asset's page, and the list by asset: which tickets were about it.
    __table_args__ = (Index("ix_ticket_asset_asset", "asset_id"),)

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id"), primary_key=True)


class TicketPhoto(Base):
    """A photo or signature that belongs to an act on a ticket (`opening`, `arrival`, …)."""

    __tablename__ = "ticket_photo"
    # May this person see this photo? Asked from the photo's side.
    __table_args__ = (Index("ix_ticket_photo_photo", "photo_id"),)

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    photo_id: Mapped[UUID] = mapped_column(ForeignKey("photo.id"), primary_key=True)
    act: Mapped[str]


class CallBack(Base):
    """回访: we asked the owner whether it works."""

    __tablename__ = "call_back"
    __table_args__ = (
        # The ticket page, and closing, which counts the tries.
        Index("ix_call_back_ticket", "ticket_id"),
        CheckConstraint("outcome IN ('works','does_not','not_reached')", name="outcome"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    cycle: Mapped[int]
    at: Mapped[datetime]
    outcome: Mapped[str]
    rating: Mapped[int | None]
    note: Mapped[str | None]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    # Whom we asked, where merged tickets had several callers; None is the ticket's own.
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))


class CallPromise(Base):
    """承诺回电: we told a caller when we call him."""

    __tablename__ = "call_promise"
    __table_args__ = (
        # The ticket page, and whatever keeps a promise: those of the ticket.
        Index("ix_call_promise_ticket", "ticket_id"),
        # The page of call-backs: promises not kept yet, the next first.
        Index(
            "ix_call_promise_open",
            "at",
            "id",
            postgresql_where=text("kept_at IS NULL AND lapsed_at IS NULL"),
        ),
        # The sweep: the promised instant has come, or ten minutes more have gone.
        Index("ix_call_promise_watch", "watch_at", postgresql_where=text("watch_at IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    # To whom; None is the ticket's own caller.
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    at: Mapped[datetime]
    note: Mapped[str | None]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    kept_at: Mapped[datetime | None]
    kept_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    lapsed_at: Mapped[datetime | None]  # the ticket ended first: nobody waits for it any more
    reminded_at: Mapped[datetime | None]  # when whoever promised was told that it is time
    watch_at: Mapped[datetime | None]  # when the sweep looks next; None: no more
    # A form names it before it sends it: sent twice, it is one promise.
    key: Mapped[UUID | None] = mapped_column(unique=True)


class TicketNumber(Base):
    """The last number of a day's references; the row's lock makes them gapless."""

    __tablename__ = "ticket_number"

    day: Mapped[date] = mapped_column(primary_key=True)
    last: Mapped[int]
