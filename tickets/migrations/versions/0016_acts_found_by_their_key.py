"""acts found in the diary by the key they were sent with

Revision: 0016, after 0015.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_event_key",
        "event",
        [sa.text("(facts ->> 'key')")],
        postgresql_where=sa.text("(facts ->> 'key') IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_event_key", "event")
