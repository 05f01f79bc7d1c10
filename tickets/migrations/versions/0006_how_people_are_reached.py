"""channels, preferences, what was handed to which channel

Revision: 0006, after 0005.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "channel",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, unique=True),
        sa.Column("group_id", sa.Integer(), sa.ForeignKey("service_group.id")),
        sa.Column("settings", pg.JSONB(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("failing_since", AT),
        sa.Column("failed_in_row", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text()),
        sa.Column("last_ok_at", AT),
        sa.Column("rests_until", AT),
        sa.Column("held_until", AT),
        sa.Column("recent", sa.ARRAY(AT), server_default="{}", nullable=False),
        sa.Column("created_at", AT, server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('email','wecom','dingtalk','feishu','sms','voice','http')", name="kind"
        ),
    )
    op.create_table(
        "person_channel",
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id"), primary_key=True),
        sa.Column("channel_id", sa.Integer(), sa.ForeignKey("channel.id"), primary_key=True),
        sa.Column("is_on", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "quiet_hours",
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id"), primary_key=True),
        sa.Column("begins", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
    )
    op.create_table(
        "sending",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("seq", sa.BigInteger(), sa.Identity(), nullable=False, unique=True),
        sa.Column("notice_id", sa.BigInteger(), sa.ForeignKey("notice.id"), nullable=False),
        sa.Column("channel_id", sa.Integer(), sa.ForeignKey("channel.id"), nullable=False),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("told_in_id", sa.Uuid(), sa.ForeignKey("sending.id")),
        sa.Column("is_urgent", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("must_answer", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("same_as", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("link", sa.Text()),
        sa.Column("variables", pg.JSONB(), nullable=False),
        sa.Column("handed", sa.Text()),
        sa.Column("state", sa.Text(), server_default="queued", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("from_at", AT, nullable=False),
        sa.Column("retry_at", AT, nullable=False),
        sa.Column("why", sa.Text()),
        sa.Column("queued_at", AT, nullable=False),
        sa.Column("tried_at", AT),
        sa.Column("accepted_at", AT),
        sa.UniqueConstraint("notice_id", "channel_id"),
        sa.CheckConstraint(
            "state IN ('queued','tried','accepted','refused','given_up')", name="state"
        ),
    )
    op.create_index(
        "ix_sending_owed",
        "sending",
        ["channel_id", "retry_at"],
        postgresql_where=sa.text("state IN ('queued','tried') AND told_in_id IS NULL"),
    )
    op.create_index("ix_sending_log", "sending", ["channel_id", "seq"])
    op.create_index(
        "ix_sending_told_in",
        "sending",
        ["told_in_id"],
        postgresql_where=sa.text("told_in_id IS NOT NULL"),
    )
    op.create_index(
        "ix_sending_failed",
        "sending",
        ["tried_at"],
        postgresql_where=sa.text("state IN ('refused','given_up')"),
    )
    op.create_index("ix_notice_ticket", "notice", ["ticket_id"])


def downgrade() -> None:
    op.drop_index("ix_notice_ticket", "notice")
    for table in ("sending", "quiet_hours", "person_channel", "channel"):
        op.drop_table(table)
