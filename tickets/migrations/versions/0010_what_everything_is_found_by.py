"""what everything is found by: owners too, initials of Chinese, the beginning of an asset's code

Revision: 0010, after 0009.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from tickets.grams import grams

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BATCH = 5000

# The texts a row is found by, apart from codes and numbers, which no initials are made of.
TEXTS = {
    "owner": "SELECT o.id, ARRAY[o.name] FROM owner o WHERE o.id > :after",
    "project": "SELECT p.id, ARRAY[p.name, p.address, o.name] FROM project p"
    " JOIN owner o ON o.id = p.owner_id WHERE p.id > :after",
    "contact": "SELECT c.id, ARRAY[c.name, c.title] FROM contact c WHERE c.id > :after",
    "asset": "SELECT a.id, ARRAY[a.name, a.location, a.model] FROM asset a WHERE a.id > :after",
    "ticket": "SELECT t.id, ARRAY[p.name, t.place] || ARRAY(SELECT a.name"
    " FROM ticket_asset ta JOIN asset a ON a.id = ta.asset_id WHERE ta.ticket_id = t.id)"
    " FROM ticket t JOIN project p ON p.id = t.project_id WHERE t.id > :after",
}
# Nothing of what a row was found by is lost.
ADD = (
    "UPDATE {table} r SET grams = ARRAY(SELECT DISTINCT unnest(r.grams ||"
    " string_to_array(n.more, ' ')) ORDER BY 1) FROM unnest(CAST(:ids AS int[]),"
    " CAST(:more AS text[])) AS n (id, more) WHERE r.id = n.id"
)


def upgrade() -> None:
    op.add_column(
        "owner",
        sa.Column("grams", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
    )
    op.create_index("ix_owner_grams", "owner", ["grams"], postgresql_using="gin")
    op.create_index(
        "ix_asset_begins",
        "asset",
        [sa.func.lower(sa.text("code")).label("begins")],
        postgresql_ops={"begins": "text_pattern_ops"},
    )
    bind = op.get_bind()
    # An index that is made of rows takes a tenth of what it takes to change it row by row.
    indexes: Sequence[sa.Row[*tuple[Any, ...]]] = bind.execute(
        sa.text(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()"
            " AND tablename = ANY(:tables) AND indexdef LIKE '%USING gin%'"
        ),
        {"tables": list(TEXTS)},
    ).all()
    if not any(bind.scalar(sa.text(f"SELECT EXISTS (SELECT FROM {table})")) for table in TEXTS):
        return
    for name, _ in indexes:
        op.execute(f"DROP INDEX {name}")
    for table, texts in TEXTS.items():
        _regram(bind, table, texts)
    for _, definition in indexes:
        op.execute(definition)


def _regram(bind: sa.Connection, table: str, texts: str) -> None:
    after = 0
    asked = sa.text(f"{texts} ORDER BY 1 LIMIT {BATCH}")
    add = sa.text(ADD.format(table=table))
    while rows := bind.execute(asked, {"after": after}).all():
        found = {
            "ids": [row[0] for row in rows],
            "more": [" ".join(grams(*row[1])) for row in rows],
        }
        bind.execute(add, found)
        after = rows[-1][0]


def downgrade() -> None:
    # What rows are found by besides does no harm to an older version.
    op.drop_index("ix_asset_begins", table_name="asset")
    op.drop_index("ix_owner_grams", table_name="owner", postgresql_using="gin")
    op.drop_column("owner", "grams")
