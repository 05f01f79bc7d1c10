"""indexes for what a manager looks at: news that was flagged, repairs that are watched

Revision: 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_event_flagged",
        "event",
        ["recorded_at", "id"],
        postgresql_where=sa.text("facts ? 'flags'"),
    )
    op.create_index(
        "ix_act_watching",
        "act",
        ["ticket_id"],
        postgresql_where=sa.text("expires_on IS NOT NULL OR dark_check = 'waiting'"),
    )


def downgrade() -> None:
    op.drop_index("ix_act_watching", table_name="act")
    op.drop_index("ix_event_flagged", table_name="event")
