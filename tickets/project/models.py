"""What was promised to whom: owners, their people, projects, acceptances, contracts, terms."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Numeric,
    UniqueConstraint,
    func,
    text,
)
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
    retention_on: Mapped[date | None]  # 质保金: the owner pays back what he retained
    retention_amount: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Contract(Base):
    """维护合同: a period in which the contractor keeps a project, or a part of it, for pay."""

    __tablename__ = "contract"
    __table_args__ = (
        UniqueConstraint("project_id", "number"),
        # For two who renew at once: a contract is followed by one.
        Index(
            "uq_contract_follows",
            "follows_id",
            unique=True,
            postgresql_where=text("follows_id IS NOT NULL"),
        ),
        CheckConstraint("ends_on >= starts_on", name="days"),
        CheckConstraint("labour IN ('free','owner') AND parts IN ('free','owner')", name="pays"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    number: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]  # its last day
    batches: Mapped[list[str]] = mapped_column(default=list)  # none: all of them
    kinds: Mapped[list[str]] = mapped_column(default=list)  # none: all of them
    labour: Mapped[str] = mapped_column(default="free")
    parts: Mapped[str] = mapped_column(default="free")
    # What it promises otherwise than the project does, as JSON of rules.ServiceTerms.
    terms: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    note: Mapped[str | None]  # among ourselves
    follows_id: Mapped[int | None] = mapped_column(ForeignKey("contract.id"))
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class CoverEnd(Base):
    """The last day of a warranty or contract, or the day retained money falls due: what is listed
    and told. It follows from the acceptance or the contract and is written with it."""

    __tablename__ = "cover_end"
    __table_args__ = (
        # For two who write the ends of a project at once: each end is one row.
        Index(
            "uq_cover_end",
            "what",
            text("coalesce(acceptance_id, 0)"),
            text("coalesce(contract_id, 0)"),
            text("coalesce(asset_kind, '')"),
            unique=True,
        ),
        # The page of covers that end soon.
        Index("ix_cover_end_on", "ends_on", "id"),
        # The sweep: those somebody must hear of.
        Index("ix_cover_end_tells", "tells_on", postgresql_where=text("tells_on IS NOT NULL")),
        Index("ix_cover_end_project", "project_id"),
        CheckConstraint("what IN ('warranty','contract','retention')", name="what"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    what: Mapped[str]
    acceptance_id: Mapped[int | None] = mapped_column(ForeignKey("acceptance.id"))
    contract_id: Mapped[int | None] = mapped_column(ForeignKey("contract.id"))
    asset_kind: Mapped[str | None]
    ends_on: Mapped[date]
    tells_on: Mapped[date | None]


class CoverTold(Base):
    """That an end was told, for one of its days: another last day is another series."""

    __tablename__ = "cover_told"

    # Told once, whoever notices it.
    cover_end_id: Mapped[int] = mapped_column(
        ForeignKey("cover_end.id", ondelete="CASCADE"), primary_key=True
    )
    ends_on: Mapped[date] = mapped_column(primary_key=True)
    days: Mapped[int] = mapped_column(primary_key=True)  # the threshold
    told_at: Mapped[datetime]


class ExpiryNotice(Base):
    """质保期满通知: one that was handed to the owner, as it read."""

    __tablename__ = "expiry_notice"
    __table_args__ = (Index("ix_expiry_notice_project", "project_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    handed_on: Mapped[date]
    received_by: Mapped[str]
    how: Mapped[str]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    locale: Mapped[str]
    sheet: Mapped[dict[str, Any]]
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
