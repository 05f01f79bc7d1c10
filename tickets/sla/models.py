"""The clocks, and what they are judged by: acts, pauses, severities (rules.md §2, §3)."""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    UniqueConstraint,
    func,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tickets.db import Base


class Clock(Base):
    """One promise running against one cycle of one ticket. Never a column on the ticket.

    What the terms said when it started (`target`, `repair_from`) is frozen here. The
    rest is what `rules.derive` made of acts, pauses and severities; it is stored so that a sweep
    can find what is due by one index.
    """

    __tablename__ = "clock"
    __table_args__ = (
        # One clock per promise, cycle and severity episode (`generation` grows when superseded).
        UniqueConstraint("ticket_id", "cycle", "promise", "generation"),
        CheckConstraint("closed_as IN ('superseded', 'not_needed')", name="closed_as"),
        CheckConstraint("promise IN ('response','arrival','repair','make_safe')", name="promise"),
        # The sweep reads only this index: clocks still open and not yet known broken.
        Index(
            "ix_clock_running",
            "due_at",
            postgresql_where=text("met_at IS NULL AND closed_as IS NULL AND breached_at IS NULL"),
        ),
        # The second sweep: repair clocks that start by themselves when nobody arrives.
        Index(
            "ix_clock_unstarted",
            "starts_by",
            postgresql_where=text("started_at IS NULL AND met_at IS NULL AND closed_as IS NULL"),
        ),
        # The third: repairs that have stood still and are over their time but for that; the
        # owner is owed a substitute all the same.
        Index(
            "ix_clock_paused",
            "id",
            postgresql_where=text(
                "promise = 'repair' AND met_at IS NULL AND closed_as IS NULL"
                " AND (paused_since IS NOT NULL OR paused > '00:00:00'::interval)"
            ),
        ),
        # The fourth: what is to be warned of, and breaches to be brought to mind again.
        Index("ix_clock_warning", "warn_at", postgresql_where=text("warn_at IS NOT NULL")),
        # The managers' page: what is broken, newest first.
        Index(
            "ix_clock_broken", "breached_at", "id", postgresql_where=text("breached_at IS NOT NULL")
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    cycle: Mapped[int] = mapped_column(default=1)
    promise: Mapped[str]
    generation: Mapped[int] = mapped_column(default=1)
    reported_at: Mapped[datetime]
    target: Mapped[timedelta]
    repair_from: Mapped[str] = mapped_column(default="report")
    started_at: Mapped[datetime | None]
    starts_by: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    met_at: Mapped[datetime | None]
    closed_as: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    paused_since: Mapped[datetime | None]
    paused: Mapped[timedelta] = mapped_column(default=timedelta(0), server_default="0 seconds")
    breached_at: Mapped[datetime | None]
    breach_no: Mapped[int] = mapped_column(default=0, server_default="0")
    # The next warning, None when there is none to come; how many are over for this breach number.
    warn_at: Mapped[datetime | None]
    warned: Mapped[int] = mapped_column(default=0, server_default="0")
    first_warning_percent: Mapped[int] = mapped_column(default=50, server_default="50")
    second_warning_percent: Mapped[int] = mapped_column(default=75, server_default="75")
    remind_every: Mapped[timedelta] = mapped_column(
        default=timedelta(hours=24), server_default="24:00:00"
    )
    is_imported: Mapped[bool] = mapped_column(default=False, server_default="false")


class Act(Base):
    """Something somebody of ours did that a clock is judged by; the instant is the one believed."""

    __tablename__ = "act"
    __table_args__ = (
        # Judging reads a ticket's acts in the order they happened.
        Index("ix_act_ticket", "ticket_id", "at"),
        CheckConstraint("kind IN ('response','arrival','repair','made_safe')", name="kind"),
        CheckConstraint("dark_check IN ('waiting','passed','failed')", name="dark_check"),
        # The managers' page: the same, also after it was said once.
        Index(
            "ix_act_watching",
            "ticket_id",
            postgresql_where=text("expires_on IS NOT NULL OR dark_check = 'waiting'"),
        ),
        # The sweep: temporary repairs whose day is over, looks after dark that nobody took.
        Index(
            "ix_act_watched",
            "id",
            postgresql_where=text(
                "watched_at IS NULL AND (expires_on IS NOT NULL OR dark_check = 'waiting')"
            ),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    cycle: Mapped[int] = mapped_column(default=1)
    kind: Mapped[str]
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    skew: Mapped[timedelta | None]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    on_site: Mapped[bool] = mapped_column(default=False)
    result: Mapped[str | None]  # of a repair: fixed, partial, temporary
    expires_on: Mapped[date | None]  # of a temporary repair
    # A phone or a form names the act before it sends it: sent twice, it is one act.
    key: Mapped[UUID | None] = mapped_column(unique=True)
    # 夜间复核: lamps repaired by day wait for a look after dark; failed, it was no repair.
    dark_check: Mapped[str | None]
    checked_at: Mapped[datetime | None]
    # The day over, or the look not taken: said once, at this instant.
    watched_at: Mapped[datetime | None]


class Pause(Base):
    """Time that does not count, by the owner's side or force majeure (rules.md §3)."""

    __tablename__ = "pause"
    __table_args__ = (
        # Judging reads the pauses with the acts.
        Index("ix_pause_ticket", "ticket_id"),
        # An interval that ends before it begins would make a due instant earlier. An empty one is
        # what is left of a pause when a repair turns out to have come before it.
        CheckConstraint("to_at IS NULL OR to_at >= from_at", name="interval"),
        CheckConstraint(
            "reason IN ('no_access','owner_postpones','owner_supply','weather_unsafe','authority',"
            "'quote_pending')",
            name="reason",
        ),
        # Two people pausing one ticket at once: intervals may touch, never overlap.
        ExcludeConstraint(
            (literal_column("int8range(ticket_id, ticket_id, '[]')"), "&&"),
            (literal_column("tstzrange(from_at, to_at)"), "&&"),
            where=text("rejected_at IS NULL"),
            using="gist",
            name="ex_pause_overlap",
        ),
        # The managers' page: pauses that wait for their word, oldest first.
        Index(
            "ix_pause_waiting",
            "received_at",
            "id",
            postgresql_where=text("NOT counts AND rejected_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    reason: Mapped[str]
    evidence: Mapped[str]  # a note; may be empty where a photo says it
    from_at: Mapped[datetime]
    to_at: Mapped[datetime | None]
    # When we were told: a phone's act that is believed was entered when it happened.
    entered_at: Mapped[datetime] = mapped_column(server_default=func.now())
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    skew: Mapped[timedelta | None]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    # Does a manager stand behind it: it was his own entry, or he accepted it.
    accepted_at: Mapped[datetime | None]
    accepted_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    rejected_at: Mapped[datetime | None]
    rejected_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    # What `rules.derive` made of it; false too while it waits for a manager.
    counts: Mapped[bool] = mapped_column(default=True, server_default="true")
    key: Mapped[UUID | None] = mapped_column(unique=True)


class SeverityChange(Base):
    """From an instant on another severity counts; every running clock has a successor from then.

    `generation` names the clocks that begin with it; the first clocks of a cycle are 1.
    """

    __tablename__ = "severity_change"
    __table_args__ = (
        # For two who change it at once, past the ticket's lock: one generation, one change.
        UniqueConstraint("ticket_id", "generation"),
        CheckConstraint("before IN ('S1','S2','S3','S4')", name="before"),
        CheckConstraint("after IN ('S1','S2','S3','S4')", name="after"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    generation: Mapped[int]
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    before: Mapped[str]
    after: Mapped[str]
    reason: Mapped[str]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    # A graver duplicate raised it; undone when that is split off again.
    merge_id: Mapped[int | None] = mapped_column(ForeignKey("merge.id"))
    undone_at: Mapped[datetime | None]
    key: Mapped[UUID | None] = mapped_column(unique=True)
