"""What is installed: areas, cabinets, circuits, luminaires, controllers (domain.md §1.2)."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from tickets.db import Base


class Asset(Base):
    __tablename__ = "asset"
    __table_args__ = (
        # A code is used once in its project; by it the list is paged and a call names the asset.
        UniqueConstraint("project_id", "code"),
        # What stands in a cabinet or hangs on a circuit.
        Index("ix_asset_parent", "parent_id"),
        # The call screen and search find by any two characters of code, name or place.
        Index("ix_asset_grams", "grams", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True)  # on the label; random, never reused
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("asset.id"))
    code: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str]
    is_main: Mapped[bool] = mapped_column(default=False)
    batch: Mapped[str | None]
    power_w: Mapped[float | None]
    cct_k: Mapped[int | None]
    ip: Mapped[str | None]
    control: Mapped[str | None]
    serial: Mapped[str | None]
    location: Mapped[str | None]
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    datum: Mapped[str] = mapped_column(default="WGS-84", server_default="WGS-84")
    installed_on: Mapped[date | None]
    retired_at: Mapped[datetime | None]
    grams: Mapped[list[str]] = mapped_column(
        default=list, server_default="{}", deferred=True, deferred_raiseload=True
    )
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
