"""People, what they may do, and the keys by which they come in."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tickets.db import Base


class Person(Base):
    """Somebody who works here, an owner's person, or a program (`is_program`, no password)."""

    __tablename__ = "person"
    __table_args__ = (
        # Sign-in ignores upper and lower case, and two people never share a name to sign in with.
        Index("uq_person_login", text("lower(login)"), unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str]
    name: Mapped[str]
    password_hash: Mapped[str | None]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    locale: Mapped[str | None]
    is_program: Mapped[bool] = mapped_column(default=False)
    permissions: Mapped[list[str]] = mapped_column(default=list, server_default="{}")
    retired_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    version: Mapped[int] = mapped_column(default=1, server_default="1")

    roles: Mapped[list["HeldRole"]] = relationship(
        lazy="raise", cascade="all, delete-orphan", order_by="HeldRole.id"
    )


class HeldRole(Base):
    """A role of a person: everywhere, or for one project or one service group."""

    __tablename__ = "held_role"
    __table_args__ = (
        # Scopes read one place per row: a role for both would be a role for neither.
        CheckConstraint("project_id IS NULL OR group_id IS NULL", name="one_place"),
        # The same role in the same place once; NULLs count as equal.
        Index(
            "uq_held_role",
            "person_id",
            "role",
            text("coalesce(project_id, 0)"),
            text("coalesce(group_id, 0)"),
            unique=True,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    role: Mapped[str]
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("service_group.id"))


class SignIn(Base):
    """One signed-in browser. The cookie holds a random key; only its hash is kept."""

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key_hash: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    agent: Mapped[str | None]


class Token(Base):
    """A program's key: shown once, kept as a hash, revocable."""

    __tablename__ = "token"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    key_hash: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class FailedSignIn(Base):
    """A wrong password, counted per name and per address so that guessing is slow; and an unknown
    label, per address."""

    __tablename__ = "failed_sign_in"
    # The door asks for the newest failures of a name or address at every attempt.
    __table_args__ = (Index("ix_failed_sign_in_key", "key", "at"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str]  # "login:<name>", "address:<ip>", "label:<ip>"
    at: Mapped[datetime]
