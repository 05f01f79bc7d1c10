"""Photos: checked, re-encoded without their metadata, kept under TICKETS_STORAGE_URL."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, func
from sqlalchemy.orm import Mapped, mapped_column

from tickets.db import Base


class Photo(Base):
    __tablename__ = "photo"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sha256: Mapped[str]
    size: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    # The phone names the photo before it sends it.
    key: Mapped[UUID | None] = mapped_column(unique=True)
    taken_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
