"""Substitution: what is owed when main equipment is not fixed in time, and how it was settled."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from tickets.db import Base


class Substitution(Base):
    """One debt per cycle of a ticket (rules.md §8)."""

    __tablename__ = "substitution"
    __table_args__ = (
        # For a reaction that runs twice: one breach makes one debt.
        UniqueConstraint("ticket_id", "cycle"),
        CheckConstraint("state IN ('owed','loaned','measure','declined','lapsed')", name="state"),
        # The managers' page: debts nobody has settled yet, oldest first.
        Index("ix_substitution_owed", "owed_at", postgresql_where=text("state = 'owed'")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    cycle: Mapped[int]
    state: Mapped[str]
    owed_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class Settlement(Base):
    """An emergency measure, or the owner's refusal; may come before the debt does."""

    __tablename__ = "settlement"
    __table_args__ = (
        # A debt that arises asks what was recorded before it.
        Index("ix_settlement_ticket", "ticket_id", "cycle"),
        CheckConstraint("kind IN ('measure','declined')", name="kind"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    cycle: Mapped[int]
    kind: Mapped[str]
    at: Mapped[datetime]
    description: Mapped[str]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # who of ours recorded it
    # A refusal names the owner's person by reference, never in the diary.
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    # A phone or a form names it before it sends it: sent twice, it is one.
    key: Mapped[UUID | None] = mapped_column(unique=True)
