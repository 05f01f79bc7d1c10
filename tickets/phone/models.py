"""The phones of our people, and when we last heard from each."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from tickets.db import Base


class Phone(Base):
    """One phone in one person's hands; it names itself, and a phone that does not is nil."""

    __tablename__ = "phone"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    phone: Mapped[UUID] = mapped_column(primary_key=True)
    heard_at: Mapped[datetime]
    app_version: Mapped[str | None]
    waiting: Mapped[int | None]  # acts it held when it last said so
