"""sheets that are sent in, how far each is, how its columns are meant

Revision: 0012, after 0011.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
JSON = postgresql.JSONB()


def upgrade() -> None:
    op.create_table(
        "sheet_load",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer()),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("shape", sa.Text(), nullable=False),
        sa.Column("headings", postgresql.ARRAY(sa.Text()), nullable=False),
        *(
            sa.Column(name, JSON, nullable=False)
            for name in ("look", "columns", "wish", "counts", "bad", "refusal")
        ),
        sa.Column("sent_at", AT, nullable=False),
        sa.Column("finished_at", AT),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name="fk_sheet_load_project_id_project"
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name="fk_sheet_load_by_id_person"),
        sa.PrimaryKeyConstraint("id", name="pk_sheet_load"),
    )
    op.create_index(
        "ix_sheet_load_waiting",
        "sheet_load",
        ["id"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index("ix_sheet_load_project", "sheet_load", ["project_id", "id"])
    op.create_table(
        "sheet_progress",
        sa.Column("load_id", sa.Integer(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("is_cancelled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["load_id"], ["sheet_load.id"], name="fk_sheet_progress_load_id_sheet_load"
        ),
        sa.PrimaryKeyConstraint("load_id", name="pk_sheet_progress"),
    )
    op.create_table(
        "sheet_mapping",
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("shape", sa.Text(), nullable=False),
        sa.Column("columns", JSON, nullable=False),
        sa.Column("used_at", AT, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("what", "shape", name="pk_sheet_mapping"),
    )


def downgrade() -> None:
    for table in ("sheet_mapping", "sheet_progress", "sheet_load"):
        op.drop_table(table)
