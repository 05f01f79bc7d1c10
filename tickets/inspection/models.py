"""The quarterly inspection: its plan, its checklists, what was found, the reports (rules.md §9)."""

from datetime import date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Double,
    ForeignKey,
    Identity,
    Index,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tickets.db import Base


class Checklist(Base):
    """检查清单: one version of a template. Published, it is never changed again; an inspection
    keeps the version it began with."""

    __tablename__ = "checklist"
    __table_args__ = (
        UniqueConstraint("name", "version"),
        # One draft of each at a time.
        Index(
            "uq_checklist_draft", "name", unique=True, postgresql_where=text("published_at IS NULL")
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    version: Mapped[int]
    title_zh: Mapped[str]
    title_en: Mapped[str]
    items: Mapped[list[dict[str, Any]]] = mapped_column(JSONB())
    published_at: Mapped[datetime | None]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Inspection(Base):
    """A quarter of a project: one row, whoever plans it, however often."""

    __tablename__ = "inspection"
    __table_args__ = (
        # Exactly one per project and quarter (lessons.md E14).
        UniqueConstraint("project_id", "anchor", "number"),
        CheckConstraint("state IN ('planned','under_way','signed','handed_over')", name="state"),
        CheckConstraint("not_owed IN ('short','out_of_cover','inspected')", name="not_owed"),
        CheckConstraint("starts_on <= due_on", name="days"),
        # The list and the plan: by last day, as it is shown and paged.
        Index("ix_inspection_due", "due_on", "id"),
        Index("ix_inspection_project", "project_id", "due_on"),
        # The sweep, and what is overdue.
        Index(
            "ix_inspection_remind",
            "remind_on",
            "id",
            postgresql_where=text("not_owed IS NULL AND state <> 'handed_over'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    anchor: Mapped[date]
    number: Mapped[int]
    starts_on: Mapped[date]
    due_on: Mapped[date]
    days: Mapped[int]  # covered ones
    not_owed: Mapped[str | None]
    state: Mapped[str] = mapped_column(default="planned", server_default="planned")
    visit_on: Mapped[date | None]
    note: Mapped[str | None]  # weather and events of the quarter
    suggestions: Mapped[str | None]
    checklist_id: Mapped[int | None] = mapped_column(ForeignKey("checklist.id"))
    rows: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    sampling: Mapped[int] = mapped_column(default=100, server_default="100")  # percent
    left_out: Mapped[int] = mapped_column(default=0, server_default="0")  # lines not drawn
    begun_at: Mapped[datetime | None]
    begun_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    signed_at: Mapped[datetime | None]
    handed_over_at: Mapped[datetime | None]  # of the first report: it meets the quarter
    report_version: Mapped[int] = mapped_column(default=0, server_default="0")
    correction: Mapped[str | None]  # why a new version is being made
    reminded: Mapped[int | None]  # days left, when it was said last
    remind_on: Mapped[date]
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    @property
    def is_kept(self) -> bool:
        """Signed: nothing is written into it any more."""
        return self.state in ("signed", "handed_over")

    @property
    def described(self) -> str:
        """Changes when somebody describes the quarter anew; checking lines leaves it alone."""
        told = (self.note, self.suggestions, sorted(self.rows.items()))
        return sha256(repr(told).encode()).hexdigest()[:16]

    @property
    def is_reported(self) -> bool:
        """A report says its days; they stay, also while a correction of it is being made."""
        return self.is_kept or bool(self.report_version)


class Inspector(Base):
    """Who of the technicians goes there."""

    __tablename__ = "inspector"

    inspection_id: Mapped[int] = mapped_column(ForeignKey("inspection.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)


class Instrument(Base):
    """仪表: what is measured with, and until when its calibration holds."""

    __tablename__ = "instrument"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    model: Mapped[str | None]
    serial: Mapped[str] = mapped_column(unique=True)
    calibrated_until: Mapped[date | None]
    retired_at: Mapped[datetime | None]


class Check(Base):
    """A line of an inspection: one item at one place. `asset_id` is None for the whole project."""

    __tablename__ = "check_line"
    __table_args__ = (
        # The same line told twice, by two phones, is one line.
        UniqueConstraint("inspection_id", "item", "asset_id", postgresql_nulls_not_distinct=True),
        CheckConstraint(
            "verdict IN ('pass','fail','not_applicable','not_accessible')", name="verdict"
        ),
        Index("ix_check_line_asset", "asset_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    inspection_id: Mapped[int] = mapped_column(ForeignKey("inspection.id"))
    item: Mapped[str]
    asset_id: Mapped[int | None] = mapped_column(ForeignKey("asset.id"))
    position: Mapped[int]
    is_extra: Mapped[bool] = mapped_column(default=False, server_default="false")
    verdict: Mapped[str | None]
    values: Mapped[list[float] | None] = mapped_column(ARRAY(Double()))
    limit_row: Mapped[str | None]
    note: Mapped[str | None]  # of what was not accessible: the reason
    instrument_id: Mapped[int | None] = mapped_column(ForeignKey("instrument.id"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime | None]
    received_at: Mapped[datetime | None]


class CheckPhoto(Base):
    __tablename__ = "check_photo"
    __table_args__ = (Index("ix_check_photo_photo", "photo_id"),)

    check_id: Mapped[int] = mapped_column(ForeignKey("check_line.id"), primary_key=True)
    photo_id: Mapped[UUID] = mapped_column(ForeignKey("photo.id"), primary_key=True)


class Finding(Base):
    """缺陷: what failed. Open until its ticket is closed, or somebody says it is settled."""

    __tablename__ = "finding"
    __table_args__ = (
        UniqueConstraint("check_id"),
        Index("ix_finding_project", "project_id", "id"),
        Index("ix_finding_ticket", "ticket_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    inspection_id: Mapped[int] = mapped_column(ForeignKey("inspection.id"), index=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    check_id: Mapped[int] = mapped_column(ForeignKey("check_line.id"))
    severity: Mapped[str]
    is_safety: Mapped[bool]
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))
    found_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]  # without a ticket, or found to be in order again
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    settled_note: Mapped[str | None]


class InspectionReport(Base):
    """检查报告: signed, numbered, never changed again; a correction is a new version that names the
    old one. A trigger refuses to change or delete a row."""

    __tablename__ = "inspection_report"
    __table_args__ = (UniqueConstraint("inspection_id", "version"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    inspection_id: Mapped[int] = mapped_column(ForeignKey("inspection.id"))
    version: Mapped[int]
    number: Mapped[str] = mapped_column(unique=True)
    reason: Mapped[str | None]  # of a correction
    signed_by: Mapped[str]
    signature_id: Mapped[UUID | None] = mapped_column(ForeignKey("photo.id"))
    signed_at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    facts: Mapped[dict[str, Any]]
    checksum: Mapped[str]  # sha256 of the facts as they are kept
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ReportHandover(Base):
    """交付: who received a report, when and how; the first one meets the quarter."""

    __tablename__ = "report_handover"
    __table_args__ = (Index("ix_report_handover_report", "report_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("inspection_report.id"))
    received_by: Mapped[str]
    how: Mapped[str]
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    signature_id: Mapped[UUID | None] = mapped_column(ForeignKey("photo.id"))
    link_hash: Mapped[str | None] = mapped_column(unique=True)
    link_ends_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Upkeep(Base):
    """保养: cleaning, tightening, switching seasons, as dated tasks beside the inspections."""

    __tablename__ = "upkeep"
    __table_args__ = (
        Index("ix_upkeep_due", "due_on", "id", postgresql_where=text("done_on IS NULL")),
        Index("ix_upkeep_project", "project_id", "due_on"),
        CheckConstraint("kind IN ('cleaning','tightening','season','other')", name="kind"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    kind: Mapped[str]
    what: Mapped[str]
    due_on: Mapped[date]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    done_on: Mapped[date | None]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    done_note: Mapped[str | None]
    cancelled_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Training(Base):
    """培训 (P4): a session on the owner's site, with who attended; due 30 days after acceptance."""

    __tablename__ = "training"
    __table_args__ = (Index("ix_training_project", "project_id", "held_on"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    held_on: Mapped[date]
    place: Mapped[str]
    topics: Mapped[list[str]] = mapped_column(ARRAY(Text()))
    trainer: Mapped[str]
    attendees: Mapped[str]  # one a line
    questions: Mapped[str | None]
    sheet_id: Mapped[UUID | None] = mapped_column(ForeignKey("photo.id"))  # the signature sheet
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
