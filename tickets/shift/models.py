"""交接班: the sheet of a shift, as it stood when it was handed over."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Integer
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from tickets.db import Base


class Handover(Base):
    """Written once: a trigger refuses to change it."""

    __tablename__ = "handover"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)  # on the paper; without gaps
    since_at: Mapped[datetime | None]  # when the one before was handed over
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    # What its author could see: a sheet is shown to those who see at least as much.
    is_everywhere: Mapped[bool]
    projects: Mapped[list[int]] = mapped_column(ARRAY(Integer()))
    groups: Mapped[list[int]] = mapped_column(ARRAY(Integer()))
    sheet: Mapped[dict[str, Any]]
    # A form names it before it sends it: sent twice, it is one.
    key: Mapped[UUID | None] = mapped_column(unique=True)


class Takeover(Base):
    """接班: who signed for a sheet; its key, so that two cannot take over one."""

    __tablename__ = "takeover"

    handover_id: Mapped[int] = mapped_column(ForeignKey("handover.id"), primary_key=True)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
