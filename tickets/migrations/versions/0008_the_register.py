"""what the register says of an asset, its history, its photos and documents

Revision: 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
TEXTS = ("model", "maker", "lot", "mounting")


def upgrade() -> None:
    for name in TEXTS:
        op.add_column("asset", sa.Column(name, sa.Text()))
    op.add_column(
        "asset",
        sa.Column("is_place_doubtful", sa.Boolean(), server_default="false", nullable=False),
    )
    op.create_table(
        "asset_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("asset_id", sa.Integer(), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("by_id", sa.Integer()),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("fields", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name="fk_asset_change_asset_id_asset"),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name="fk_asset_change_by_id_person"),
        sa.PrimaryKeyConstraint("id", name="pk_asset_change"),
    )
    op.create_index("ix_asset_change", "asset_change", ["asset_id", "id"])
    op.create_table(
        "asset_file",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("asset_id", sa.Integer(), nullable=False),
        sa.Column("photo_id", sa.Uuid()),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text()),
        sa.Column("by_id", sa.Integer()),
        sa.Column("added_at", AT, nullable=False),
        sa.Column("removed_at", AT),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name="fk_asset_file_asset_id_asset"),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name="fk_asset_file_photo_id_photo"),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name="fk_asset_file_by_id_person"),
        sa.PrimaryKeyConstraint("id", name="pk_asset_file"),
    )
    op.create_index("ix_asset_file", "asset_file", ["asset_id", "id"])


def downgrade() -> None:
    op.drop_table("asset_file")
    op.drop_table("asset_change")
    op.drop_column("asset", "is_place_doubtful")
    for name in reversed(TEXTS):
        op.drop_column("asset", name)
