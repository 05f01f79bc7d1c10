"""service contracts, the ends of covers and who was told of them, notices handed to owners

Revision: 0009, after 0008.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
NOW = sa.text("now()")

# What stands in the register already. Nobody is told of an end that is past, nor of every
# threshold that is: of the nearest one.
ENDS = """
INSERT INTO cover_end (project_id, what, acceptance_id, asset_kind, ends_on, tells_on)
SELECT project_id, 'warranty', id, asset_kind, ends_on,
  CASE WHEN ends_on < CURRENT_DATE THEN NULL
       WHEN ends_on - 7 <= CURRENT_DATE THEN ends_on - 7
       WHEN ends_on - 30 <= CURRENT_DATE THEN ends_on - 30
       WHEN ends_on - 60 <= CURRENT_DATE THEN ends_on - 60
       ELSE ends_on - 90 END
FROM (
  SELECT a.project_id, a.id, own.asset_kind,
    (a.accepted_on + make_interval(months => own.months))::date AS ends_on
  FROM acceptance AS a CROSS JOIN LATERAL (
    SELECT NULL::text AS asset_kind, a.months AS months
    UNION ALL SELECT key, value::int FROM jsonb_each_text(a.months_by_kind)
  ) AS own
) AS ends
"""


def upgrade() -> None:
    op.add_column("acceptance", sa.Column("retention_on", sa.Date()))
    op.add_column("acceptance", sa.Column("retention_amount", sa.Numeric(14, 2)))
    op.add_column(
        "acceptance", sa.Column("version", sa.Integer(), server_default="1", nullable=False)
    )
    for table in ("ticket", "past_cycle"):
        for name in ("cover_labour", "cover_parts"):
            op.add_column(table, sa.Column(name, sa.Text(), server_default="free", nullable=False))
        op.add_column(
            table,
            sa.Column("own_terms", postgresql.JSONB(), server_default="{}", nullable=False),
        )
    op.create_table(
        "contract",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("batches", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("kinds", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("labour", sa.Text(), nullable=False),
        sa.Column("parts", sa.Text(), nullable=False),
        sa.Column("terms", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("follows_id", sa.Integer()),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", AT, server_default=NOW, nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name="ck_contract_days"),
        sa.CheckConstraint(
            "labour IN ('free','owner') AND parts IN ('free','owner')", name="ck_contract_pays"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name="fk_contract_project_id_project"
        ),
        sa.ForeignKeyConstraint(
            ["follows_id"], ["contract.id"], name="fk_contract_follows_id_contract"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_contract"),
        sa.UniqueConstraint("project_id", "number", name="uq_contract_project_id_number"),
    )
    op.create_index(
        "uq_contract_follows",
        "contract",
        ["follows_id"],
        unique=True,
        postgresql_where=sa.text("follows_id IS NOT NULL"),
    )
    op.create_table(
        "cover_end",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("acceptance_id", sa.Integer()),
        sa.Column("contract_id", sa.Integer()),
        sa.Column("asset_kind", sa.Text()),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("tells_on", sa.Date()),
        sa.CheckConstraint("what IN ('warranty','contract','retention')", name="ck_cover_end_what"),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name="fk_cover_end_project_id_project"
        ),
        sa.ForeignKeyConstraint(
            ["acceptance_id"], ["acceptance.id"], name="fk_cover_end_acceptance_id_acceptance"
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contract.id"], name="fk_cover_end_contract_id_contract"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_cover_end"),
    )
    op.create_index(
        "uq_cover_end",
        "cover_end",
        [
            "what",
            sa.text("coalesce(acceptance_id, 0)"),
            sa.text("coalesce(contract_id, 0)"),
            sa.text("coalesce(asset_kind, '')"),
        ],
        unique=True,
    )
    op.create_index("ix_cover_end_on", "cover_end", ["ends_on", "id"])
    op.create_index(
        "ix_cover_end_tells",
        "cover_end",
        ["tells_on"],
        postgresql_where=sa.text("tells_on IS NOT NULL"),
    )
    op.create_index("ix_cover_end_project", "cover_end", ["project_id"])
    op.create_table(
        "cover_told",
        sa.Column("cover_end_id", sa.Integer(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("told_at", AT, nullable=False),
        sa.ForeignKeyConstraint(
            ["cover_end_id"],
            ["cover_end.id"],
            name="fk_cover_told_cover_end_id_cover_end",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("cover_end_id", "ends_on", "days", name="pk_cover_told"),
    )
    op.create_table(
        "expiry_notice",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("handed_on", sa.Date(), nullable=False),
        sa.Column("received_by", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("sheet", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", AT, server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name="fk_expiry_notice_project_id_project"
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name="fk_expiry_notice_by_id_person"),
        sa.PrimaryKeyConstraint("id", name="pk_expiry_notice"),
    )
    op.create_index("ix_expiry_notice_project", "expiry_notice", ["project_id", "id"])
    op.execute(ENDS)


def downgrade() -> None:
    for table in ("expiry_notice", "cover_told", "cover_end", "contract"):
        op.drop_table(table)
    for table in ("past_cycle", "ticket"):
        for name in ("own_terms", "cover_parts", "cover_labour"):
            op.drop_column(table, name)
    for name in ("version", "retention_amount", "retention_on"):
        op.drop_column("acceptance", name)
