"""What is installed: areas, cabinets, circuits, luminaires, controllers (domain.md §1.2-1.3)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Identity,
    Index,
    Integer,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from tickets.db import Base


class Asset(Base):
    __tablename__ = "asset"
    __table_args__ = (
        # A code is used once in its project; by it the list is paged and a call names the asset.
        UniqueConstraint("project_id", "code"),
        # What stands in a cabinet or hangs on a circuit; what the tree begins with.
        Index("ix_asset_parent", "parent_id", "code"),
        Index("ix_asset_root", "project_id", "code", postgresql_where=text("parent_id IS NULL")),
        # The call screen and search find by any two characters of code, name or place.
        Index("ix_asset_grams", "grams", postgresql_using="gin"),
        # Search over all projects finds a code by how it begins, and ranks it first.
        Index(
            "ix_asset_begins",
            func.lower(text("code")).label("begins"),
            postgresql_ops={"begins": "text_pattern_ops"},
        ),
        # The table of a project is sorted, and filtered, by these; the code tells equals apart.
        Index("ix_asset_kind", "project_id", "kind", "code"),
        Index("ix_asset_batch", "project_id", text("coalesce(batch, '')"), "code"),
        Index("ix_asset_model", "project_id", text("coalesce(model, '')"), "code"),
        Index(
            "ix_asset_installed",
            "project_id",
            text("coalesce(installed_on, '0001-01-02'::date)"),
            "code",
        ),
        # The few that are looked for among the many.
        Index("ix_asset_main", "project_id", "code", postgresql_where=text("is_main")),
        Index(
            "ix_asset_doubtful", "project_id", "code", postgresql_where=text("is_place_doubtful")
        ),
        Index(
            "ix_asset_retired",
            "project_id",
            "code",
            postgresql_where=text("retired_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True)  # on the label; random, never reused
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("asset.id"))
    code: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str]
    model: Mapped[str | None]  # 型号
    maker: Mapped[str | None]
    lot: Mapped[str | None]  # 产品批号; `batch` is the batch it was accepted with
    mounting: Mapped[str | None]  # how and where it is fixed
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
    # Whoever wrote the place down did not mean it: many things stand on this one point.
    is_place_doubtful: Mapped[bool] = mapped_column(default=False, server_default="false")
    installed_on: Mapped[date | None]
    retired_at: Mapped[datetime | None]
    grams: Mapped[list[str]] = mapped_column(
        default=list, server_default="{}", deferred=True, deferred_raiseload=True
    )
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))


class AssetBranch(Base):
    """The way down to each asset, from the area to itself, as ids: what stands below something is
    one range of the index. A trigger on `asset` keeps it, whoever writes there (0016)."""

    __tablename__ = "asset_branch"
    # Everything below an asset.
    __table_args__ = (Index("ix_asset_branch", "project_id", "way"),)

    asset_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    project_id: Mapped[int]
    way: Mapped[list[int]] = mapped_column(ARRAY(Integer()))


class AssetBelow(Base):
    """How many of a kind stand below an asset (holder 0: in the project) and are not retired.

    The sum over its rows, of which there may be several: whoever adds to it waits for nobody. Kept
    by the same trigger.
    """

    __tablename__ = "asset_below"
    # The numbers of one holder, on its page and in the tree.
    __table_args__ = (Index("ix_asset_below", "project_id", "holder_id", "kind"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    project_id: Mapped[int]
    holder_id: Mapped[int]
    kind: Mapped[str]
    number: Mapped[int] = mapped_column(BigInteger)


class AssetChange(Base):
    """The history of an asset, a line for each time something about it became another.

    The diary has one line for a whole sheet of ten thousand; here each of them has its own.
    Written with what it tells of, never changed.
    """

    __tablename__ = "asset_change"
    # The history on an asset's page, newest first.
    __table_args__ = (Index("ix_asset_change", "asset_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id"))
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    what: Mapped[str]  # added, changed, moved, retired, restored, filed, unfiled
    # Field → [before, after] as JSON; a holder as its code.
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)


class AssetFile(Base):
    """A photo or a document of an asset; a document is kept as it came and only ever downloaded."""

    __tablename__ = "asset_file"
    # The files of an asset, on its page.
    __table_args__ = (Index("ix_asset_file", "asset_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id"))
    photo_id: Mapped[UUID | None] = mapped_column(ForeignKey("photo.id"))
    name: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str | None]  # of a document; a photo has its own
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    added_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
