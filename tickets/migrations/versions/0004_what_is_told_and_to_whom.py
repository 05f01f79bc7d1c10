"""warnings on the clocks, alerts that climb, what a message carries

Revision: 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("ticket_id", sa.BigInteger(), sa.ForeignKey("ticket.id"), nullable=False),
        sa.Column("clock_id", sa.BigInteger(), sa.ForeignKey("clock.id"), nullable=False),
        sa.Column("breach_no", sa.Integer(), nullable=False),
        sa.Column("threshold", sa.Text(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), sa.ForeignKey("event.id"), nullable=False),
        sa.Column("falls_at", AT, nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("climbs_at", AT, nullable=True),
        sa.Column("climbs_every", sa.Interval(), nullable=False),
        sa.Column("rounds", sa.Integer(), server_default="0", nullable=False),
        sa.Column("acknowledged_at", AT, nullable=True),
        sa.Column("acknowledged_by_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=True),
        sa.UniqueConstraint("clock_id", "breach_no", "threshold"),
    )
    op.create_index(
        "ix_alert_climbing",
        "alert",
        ["climbs_at"],
        postgresql_where=sa.text("climbs_at IS NOT NULL"),
    )
    op.create_index("ix_alert_ticket", "alert", ["ticket_id"])
    op.add_column("clock", sa.Column("warn_at", AT))
    op.add_column("clock", sa.Column("warned", sa.Integer(), server_default="0", nullable=False))
    for name, percent in (("first_warning_percent", "50"), ("second_warning_percent", "75")):
        op.add_column(
            "clock", sa.Column(name, sa.Integer(), server_default=percent, nullable=False)
        )
    op.add_column(
        "clock",
        sa.Column("remind_every", sa.Interval(), server_default="24:00:00", nullable=False),
    )
    # Open clocks from before: the sweep looks at each once and says only the highest threshold.
    op.execute(
        "UPDATE clock SET warn_at = started_at + target * 0.5 WHERE met_at IS NULL"
        " AND closed_as IS NULL AND paused_since IS NULL AND started_at IS NOT NULL"
        " AND NOT is_imported"
    )
    op.create_index(
        "ix_clock_warning", "clock", ["warn_at"], postgresql_where=sa.text("warn_at IS NOT NULL")
    )
    op.add_column("notice", sa.Column("alert_id", sa.BigInteger(), sa.ForeignKey("alert.id")))
    op.add_column("notice", sa.Column("falls_at", AT))
    op.add_column("notice", sa.Column("not_before", AT))
    op.add_column("notice", sa.Column("reach", sa.Text(), server_default="inbox", nullable=False))
    op.add_column("notice", sa.Column("told_with_id", sa.BigInteger(), sa.ForeignKey("notice.id")))
    op.add_column("notice", sa.Column("answer_key", sa.Text()))
    op.create_check_constraint(
        "reach", "notice", "reach IN ('inbox','list','push','urgent','everywhere')"
    )
    op.create_index(
        "uq_notice_answer_key",
        "notice",
        ["answer_key"],
        unique=True,
        postgresql_where=sa.text("answer_key IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("uq_notice_answer_key", table_name="notice")
    op.drop_constraint("reach", "notice", type_="check")
    for name in ("answer_key", "told_with_id", "reach", "not_before", "falls_at", "alert_id"):
        op.drop_column("notice", name)
    op.drop_table("alert")
    op.drop_index("ix_clock_warning", table_name="clock")
    for name in (
        "remind_every",
        "second_warning_percent",
        "first_warning_percent",
        "warned",
        "warn_at",
    ):
        op.drop_column("clock", name)
