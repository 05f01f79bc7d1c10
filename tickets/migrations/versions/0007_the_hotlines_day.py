"""promised call-backs, reminders by the owner, handovers of a shift

Revision: 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
TICKET_INDEXES = (
    ("ix_ticket_to_ask", ["call_promised_at", "ask_at", "id"], "ask_at IS NOT NULL"),
    ("ix_ticket_ask", ["ask_at"], "ask_at IS NOT NULL"),
    ("ix_ticket_to_close", ["id"], "is_open AND status = 'repaired' AND ask_at IS NULL"),
    ("ix_ticket_urged", ["breaks_at", "id"], "is_open AND reminders > 0"),
)


def upgrade() -> None:
    op.add_column("ticket", sa.Column("ask_at", AT))
    op.add_column("ticket", sa.Column("call_promised_at", AT))
    op.add_column(
        "ticket", sa.Column("reminders", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column("ticket", sa.Column("last_reminded_at", AT))
    # What is repaired by now and was not asked about waits for its call-back.
    op.execute(
        """
        UPDATE ticket SET ask_at = coalesce(
            (SELECT max(call_back.at) + interval '4 hours' FROM call_back
              WHERE call_back.ticket_id = ticket.id AND call_back.cycle = ticket.cycle),
            (SELECT max(act.at) FROM act
              WHERE act.ticket_id = ticket.id AND act.kind = 'repair' AND act.result = 'fixed'),
            ticket.reported_at)
        WHERE is_open AND status = 'repaired'
          AND NOT EXISTS (SELECT 1 FROM call_back
              WHERE call_back.ticket_id = ticket.id AND call_back.cycle = ticket.cycle
                AND call_back.outcome = 'works')
          AND 3 > (SELECT count(*) FROM call_back
              WHERE call_back.ticket_id = ticket.id AND call_back.cycle = ticket.cycle
                AND call_back.outcome = 'not_reached')
        """
    )
    for name, columns, where in TICKET_INDEXES:
        op.create_index(name, "ticket", columns, postgresql_where=sa.text(where))
    op.create_table(
        "call_promise",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("ticket_id", sa.BigInteger(), sa.ForeignKey("ticket.id"), nullable=False),
        sa.Column("contact_id", sa.Integer(), sa.ForeignKey("contact.id")),
        sa.Column("at", AT, nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("by_id", sa.Integer(), sa.ForeignKey("person.id")),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("kept_at", AT),
        sa.Column("kept_by_id", sa.Integer(), sa.ForeignKey("person.id")),
        sa.Column("lapsed_at", AT),
        sa.Column("reminded_at", AT),
        sa.Column("watch_at", AT),
        sa.Column("key", sa.Uuid(), unique=True),
    )
    op.create_index("ix_call_promise_ticket", "call_promise", ["ticket_id"])
    op.create_index(
        "ix_call_promise_open",
        "call_promise",
        ["at", "id"],
        postgresql_where=sa.text("kept_at IS NULL AND lapsed_at IS NULL"),
    )
    op.create_index(
        "ix_call_promise_watch",
        "call_promise",
        ["watch_at"],
        postgresql_where=sa.text("watch_at IS NOT NULL"),
    )
    ids = postgresql.ARRAY(sa.Integer())
    op.create_table(
        "handover",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("number", sa.Integer(), nullable=False, unique=True),
        sa.Column("since_at", AT),
        sa.Column("at", AT, nullable=False),
        sa.Column("by_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("is_everywhere", sa.Boolean(), nullable=False),
        sa.Column("projects", ids, nullable=False),
        sa.Column("groups", ids, nullable=False),
        sa.Column("sheet", postgresql.JSONB(), nullable=False),
        sa.Column("key", sa.Uuid(), unique=True),
    )
    op.create_table(
        "takeover",
        sa.Column("handover_id", sa.BigInteger(), sa.ForeignKey("handover.id"), primary_key=True),
        sa.Column("at", AT, nullable=False),
        sa.Column("by_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
    )
    op.execute(
        """
        CREATE FUNCTION handover_is_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'a sheet that was handed over is never changed'; END $$
        """
    )
    for table in ("handover", "takeover"):
        op.execute(
            f"""
            CREATE TRIGGER {table}_is_written_once BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION handover_is_written_once()
            """
        )


def downgrade() -> None:
    op.drop_table("takeover")
    op.drop_table("handover")
    op.execute("DROP FUNCTION handover_is_written_once")
    op.drop_table("call_promise")
    for name, _, _ in TICKET_INDEXES:
        op.drop_index(name, table_name="ticket")
    for name in ("last_reminded_at", "reminders", "call_promised_at", "ask_at"):
        op.drop_column("ticket", name)
