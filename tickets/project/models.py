"""What was promised to whom: owners, their people, projects, acceptances, service terms."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tickets.db import Base


class Owner(Base):
    """业主: the party the contractor owes the warranty to."""

    __tablename__ = "owner"
    # Search finds by any part of the name.
    __table_args__ = (Index("ix_owner_grams", "grams", postgresql_using="gin"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    address: Mapped[str | None]
    grams: Mapped[list[str]] = mapped_column(
        default=list, server_default="{}", deferred=True, deferred_raiseload=True
    )
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    contacts: Mapped[list["Contact"]] = relationship(lazy="raise", order_by="Contact.id")


class Contact(Base):
    """Anybody who calls: an owner's named contact (`owner_id`, `is_named`), or a caller met once.

    The only place with a caller's name and number; everything else refers to this row, so that
    blanking it makes the caller anonymous (rules.md §11).
    """

    __tablename__ = "contact"
    __table_args__ = (
        # The same voice on the phone is one row, however often it calls about a project.
        Index(
            "uq_contact_voice",
            text("coalesce(project_id, 0)"),
            text("coalesce(owner_id, 0)"),
            "digits",
            "name",
            unique=True,
        ),
        # The call screen finds people by any part of their number or name.
        Index("ix_contact_grams", "grams", postgresql_using="gin"),
        # The people of a project's owner, on its page and while somebody calls.
        Index("ix_contact_owner", "owner_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("owner.id"))
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"))
    name: Mapped[str]
    phone: Mapped[str]
    digits: Mapped[str]
    title: Mapped[str | None]
    is_named: Mapped[bool] = mapped_column(default=False)
    grams: Mapped[list[str]] = mapped_column(
        default=list, server_default="{}", deferred=True, deferred_raiseload=True
    )
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Project(Base):
    __tablename__ = "project"
    # The call screen and the list find by any part of code, name, address or owner.
    __table_args__ = (Index("ix_project_grams", "grams", postgresql_using="gin"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    owner_id: Mapped[int] = mapped_column(ForeignKey("owner.id"), index=True)
    group_id: Mapped[int | None] = mapped_column(ForeignKey("service_group.id"), index=True)
    timezone: Mapped[str] = mapped_column(default="Asia/Shanghai")
    address: Mapped[str | None]
    hotline: Mapped[str | None]
    grams: Mapped[list[str]] = mapped_column(
        default=list, server_default="{}", deferred=True, deferred_raiseload=True
    )
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    version: Mapped[int] = mapped_column(default=1, server_default="1")

    owner: Mapped[Owner] = relationship(lazy="raise")


class Acceptance(Base):
    """One accepted batch: the day and the months of warranty, per class of equipment where set."""

    __tablename__ = "acceptance"
    __table_args__ = (
        # For two who accept at once: a batch is accepted once.
        UniqueConstraint("project_id", "batch"),
        CheckConstraint("months BETWEEN 1 AND 600", name="months"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    batch: Mapped[str]
    accepted_on: Mapped[date]
    months: Mapped[int] = mapped_column(default=12)
    months_by_kind: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Terms(Base):
    """The service terms of a project from an instant on; a change is a new row (rules.md §2)."""

    __tablename__ = "terms"
    # At any instant exactly one row is in force.
    __table_args__ = (UniqueConstraint("project_id", "valid_from"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    valid_from: Mapped[datetime]
    numbers: Mapped[dict[str, Any]] = mapped_column(default=dict)  # rules.ServiceTerms, as JSON
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
