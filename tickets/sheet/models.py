"""Sheets that were sent in: what is to become of each, how far it is, how its columns are meant."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from tickets.db import Base


class SheetLoad(Base):
    """One file for one project. The worker that carries it out holds the row locked until all of
    it is written: killed in the middle, nothing is, and another takes it up."""

    __tablename__ = "sheet_load"
    __table_args__ = (
        # The worker takes the oldest that waits.
        Index("ix_sheet_load_waiting", "id", postgresql_where=text("state = 'waiting'")),
        # What was sent in for a project, newest first.
        Index("ix_sheet_load_project", "project_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    what: Mapped[str]  # assets, tickets
    name: Mapped[str]
    size: Mapped[int]
    rows: Mapped[int]
    state: Mapped[str]  # draft, waiting, done, failed, cancelled
    shape: Mapped[str]
    headings: Mapped[list[str]]
    look: Mapped[dict[str, Any]] = mapped_column(default=dict)  # {"first": […], "line": 1}
    columns: Mapped[dict[str, Any]] = mapped_column(default=dict)  # field → column
    wish: Mapped[dict[str, Any]] = mapped_column(default=dict)
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    bad: Mapped[dict[str, Any]] = mapped_column(default=dict)  # {"first": [[row, column, …]]}
    refusal: Mapped[dict[str, Any]] = mapped_column(default=dict)  # {"sentence": …, "places": …}
    sent_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class SheetProgress(Base):
    """Beside the load's own row, which is locked while it is carried out."""

    __tablename__ = "sheet_progress"

    load_id: Mapped[int] = mapped_column(ForeignKey("sheet_load.id"), primary_key=True)
    percent: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    is_cancelled: Mapped[bool] = mapped_column(default=False)


class SheetMapping(Base):
    """How the columns of sheets with these headings were meant the last time."""

    __tablename__ = "sheet_mapping"

    what: Mapped[str] = mapped_column(primary_key=True)
    shape: Mapped[str] = mapped_column(primary_key=True)
    columns: Mapped[dict[str, Any]] = mapped_column(default=dict)
    used_at: Mapped[datetime] = mapped_column(server_default=func.now())
