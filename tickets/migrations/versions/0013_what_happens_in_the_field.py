"""what happens in the field: photos of before and after, measurements

Revision: 0013, after 0012.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("photo", sa.Column("moment", sa.Text(), server_default="other", nullable=False))
    op.create_check_constraint("ck_photo_moment", "photo", "moment IN ('before','after','other')")
    op.create_table(
        "measurement",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("act_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("before", sa.Numeric(14, 4)),
        sa.Column("after", sa.Numeric(14, 4)),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "before IS NOT NULL OR after IS NOT NULL", name="ck_measurement_measured"
        ),
        sa.ForeignKeyConstraint(["act_id"], ["act.id"], name="fk_measurement_act_id_act"),
        sa.PrimaryKeyConstraint("id", name="pk_measurement"),
    )
    op.create_index("ix_measurement_act_id", "measurement", ["act_id"])


def downgrade() -> None:
    op.drop_table("measurement")
    op.drop_constraint("ck_photo_moment", "photo")
    op.drop_column("photo", "moment")
