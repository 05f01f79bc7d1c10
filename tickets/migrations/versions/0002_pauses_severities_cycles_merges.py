"""pauses, changes of severity, past cycles, merged tickets

Revision: 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "merge",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("duplicate_id", sa.BigInteger(), nullable=False),
        sa.Column("survivor_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("split_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("split_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("duplicate_id <> survivor_id", name=op.f("ck_merge_two")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_merge_by_id_person")),
        sa.ForeignKeyConstraint(
            ["duplicate_id"], ["ticket.id"], name=op.f("fk_merge_duplicate_id_ticket")
        ),
        sa.ForeignKeyConstraint(
            ["split_by_id"], ["person.id"], name=op.f("fk_merge_split_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["survivor_id"], ["ticket.id"], name=op.f("fk_merge_survivor_id_ticket")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merge")),
    )
    op.create_index(
        "uq_merge_duplicate",
        "merge",
        ["duplicate_id"],
        unique=True,
        postgresql_where=sa.text("split_at IS NULL"),
    )
    op.create_table(
        "past_cycle",
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("own_reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("cover", sa.Text(), nullable=False),
        sa.Column("cover_reason", sa.Text(), nullable=False),
        sa.Column("cover_ends_on", sa.Date(), nullable=True),
        sa.Column("payer_labour", sa.Text(), nullable=False),
        sa.Column("payer_parts", sa.Text(), nullable=False),
        sa.Column("payer_reason", sa.Text(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_past_cycle_ticket_id_ticket")
        ),
        sa.PrimaryKeyConstraint("ticket_id", "cycle", name=op.f("pk_past_cycle")),
    )
    op.create_table(
        "severity_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("merge_id", sa.BigInteger(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("key", sa.Uuid(), nullable=True),
        sa.CheckConstraint("after IN ('S1','S2','S3','S4')", name=op.f("ck_severity_change_after")),
        sa.CheckConstraint(
            "before IN ('S1','S2','S3','S4')", name=op.f("ck_severity_change_before")
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["person.id"], name=op.f("fk_severity_change_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["merge_id"], ["merge.id"], name=op.f("fk_severity_change_merge_id_merge")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_severity_change_ticket_id_ticket")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_severity_change")),
        sa.UniqueConstraint("key", name=op.f("uq_severity_change_key")),
        sa.UniqueConstraint(
            "ticket_id", "generation", name=op.f("uq_severity_change_ticket_id_generation")
        ),
    )
    op.add_column("act", sa.Column("dark_check", sa.Text(), nullable=True))
    op.add_column("act", sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("act", sa.Column("watched_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_act_watched",
        "act",
        ["id"],
        unique=False,
        postgresql_where=sa.text(
            "watched_at IS NULL AND (expires_on IS NOT NULL OR dark_check = 'waiting')"
        ),
    )
    op.add_column("call_back", sa.Column("contact_id", sa.Integer(), nullable=True))
    op.create_foreign_key(
        op.f("fk_call_back_contact_id_contact"), "call_back", "contact", ["contact_id"], ["id"]
    )
    op.add_column(
        "pause",
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
    )
    op.add_column("pause", sa.Column("skew", sa.Interval(), nullable=True))
    op.add_column("pause", sa.Column("accepted_by_id", sa.Integer(), nullable=True))
    op.add_column("pause", sa.Column("rejected_by_id", sa.Integer(), nullable=True))
    op.add_column("pause", sa.Column("counts", sa.Boolean(), server_default="true", nullable=False))
    op.add_column("pause", sa.Column("key", sa.Uuid(), nullable=True))
    op.create_index(
        "ix_pause_waiting",
        "pause",
        ["received_at", "id"],
        unique=False,
        postgresql_where=sa.text("NOT counts AND rejected_at IS NULL"),
    )
    op.create_unique_constraint(op.f("uq_pause_key"), "pause", ["key"])
    op.create_foreign_key(
        op.f("fk_pause_accepted_by_id_person"), "pause", "person", ["accepted_by_id"], ["id"]
    )
    op.create_foreign_key(
        op.f("fk_pause_rejected_by_id_person"), "pause", "person", ["rejected_by_id"], ["id"]
    )
    op.add_column("ticket", sa.Column("own_reported_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("ticket", sa.Column("paused_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("ticket", sa.Column("merged_into_id", sa.BigInteger(), nullable=True))
    op.add_column("ticket", sa.Column("follows_id", sa.BigInteger(), nullable=True))
    op.add_column("ticket", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_ticket_follows",
        "ticket",
        ["follows_id"],
        unique=False,
        postgresql_where=sa.text("follows_id IS NOT NULL"),
    )
    op.create_index(
        "ix_ticket_merged",
        "ticket",
        ["merged_into_id"],
        unique=False,
        postgresql_where=sa.text("merged_into_id IS NOT NULL"),
    )
    op.create_foreign_key(
        op.f("fk_ticket_follows_id_ticket"), "ticket", "ticket", ["follows_id"], ["id"]
    )
    op.create_foreign_key(
        op.f("fk_ticket_merged_into_id_ticket"), "ticket", "ticket", ["merged_into_id"], ["id"]
    )
    op.drop_constraint(op.f("ck_pause_interval"), "pause", type_="check")
    op.create_check_constraint(
        op.f("ck_pause_interval"), "pause", "to_at IS NULL OR to_at >= from_at"
    )
    op.create_check_constraint(
        op.f("ck_pause_reason"),
        "pause",
        "reason IN ('no_access','owner_postpones','owner_supply','weather_unsafe',"
        "'authority','quote_pending')",
    )
    op.create_check_constraint(
        op.f("ck_act_dark_check"), "act", "dark_check IN ('waiting','passed','failed')"
    )
    op.execute(
        "ALTER TABLE pause ADD CONSTRAINT ex_pause_overlap EXCLUDE USING gist"
        " (int8range(ticket_id, ticket_id, '[]') WITH &&, tstzrange(from_at, to_at) WITH &&)"
        " WHERE (rejected_at IS NULL)"
    )
    op.create_index(
        "ix_clock_paused",
        "clock",
        ["id"],
        postgresql_where=sa.text(
            "promise = 'repair' AND met_at IS NULL AND closed_as IS NULL"
            " AND (paused_since IS NOT NULL OR paused > '00:00:00'::interval)"
        ),
    )


def downgrade() -> None:
    op.drop_index("ix_clock_paused", table_name="clock")
    op.execute("ALTER TABLE pause DROP CONSTRAINT ex_pause_overlap")
    op.drop_constraint(op.f("ck_act_dark_check"), "act", type_="check")
    op.drop_constraint(op.f("ck_pause_reason"), "pause", type_="check")
    op.drop_constraint(op.f("ck_pause_interval"), "pause", type_="check")
    op.create_check_constraint(
        op.f("ck_pause_interval"), "pause", "to_at IS NULL OR to_at > from_at"
    )
    op.drop_constraint(op.f("fk_ticket_merged_into_id_ticket"), "ticket", type_="foreignkey")
    op.drop_constraint(op.f("fk_ticket_follows_id_ticket"), "ticket", type_="foreignkey")
    op.drop_index(
        "ix_ticket_merged",
        table_name="ticket",
        postgresql_where=sa.text("merged_into_id IS NOT NULL"),
    )
    op.drop_index(
        "ix_ticket_follows", table_name="ticket", postgresql_where=sa.text("follows_id IS NOT NULL")
    )
    op.drop_column("ticket", "ended_at")
    op.drop_column("ticket", "follows_id")
    op.drop_column("ticket", "merged_into_id")
    op.drop_column("ticket", "paused_since")
    op.drop_column("ticket", "own_reported_at")
    op.drop_constraint(op.f("fk_pause_rejected_by_id_person"), "pause", type_="foreignkey")
    op.drop_constraint(op.f("fk_pause_accepted_by_id_person"), "pause", type_="foreignkey")
    op.drop_constraint(op.f("uq_pause_key"), "pause", type_="unique")
    op.drop_index(
        "ix_pause_waiting",
        table_name="pause",
        postgresql_where=sa.text("NOT counts AND rejected_at IS NULL"),
    )
    op.drop_column("pause", "key")
    op.drop_column("pause", "counts")
    op.drop_column("pause", "rejected_by_id")
    op.drop_column("pause", "accepted_by_id")
    op.drop_column("pause", "skew")
    op.drop_column("pause", "received_at")
    op.drop_constraint(op.f("fk_call_back_contact_id_contact"), "call_back", type_="foreignkey")
    op.drop_column("call_back", "contact_id")
    op.drop_index(
        "ix_act_watched",
        table_name="act",
        postgresql_where=sa.text(
            "watched_at IS NULL AND (expires_on IS NOT NULL OR dark_check = 'waiting')"
        ),
    )
    op.drop_column("act", "watched_at")
    op.drop_column("act", "checked_at")
    op.drop_column("act", "dark_check")
    op.drop_table("severity_change")
    op.drop_table("past_cycle")
    op.drop_index(
        "uq_merge_duplicate", table_name="merge", postgresql_where=sa.text("split_at IS NULL")
    )
    op.drop_table("merge")
