"""what stands below what in the register, and how much of it; what the table of assets is sorted by

Revision: 0011, after 0010.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

SORTED: dict[str, tuple[Any, ...]] = {
    "ix_asset_kind": ("project_id", "kind", "code"),
    "ix_asset_batch": ("project_id", sa.text("coalesce(batch, '')"), "code"),
    "ix_asset_model": ("project_id", sa.text("coalesce(model, '')"), "code"),
    "ix_asset_installed": (
        "project_id",
        sa.text("coalesce(installed_on, '0001-01-02'::date)"),
        "code",
    ),
}
RARE = {
    "ix_asset_root": "parent_id IS NULL",
    "ix_asset_main": "is_main",
    "ix_asset_doubtful": "is_place_doubtful",
    "ix_asset_retired": "retired_at IS NOT NULL",
}

# Statement by statement and not row by row: two hundred thousand rows of one COPY are laid in a few
# seconds. `asset_below` is never waited for: who adds to a number takes away the rows he can lock
# and writes one with their sum, so two who add below one area at once do not hold each other up.
LAY = """
CREATE FUNCTION asset_is_laid() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  projects int[]; holders int[]; kinds text[]; numbers bigint[];
  asked bigint; laid bigint;
BEGIN
  IF TG_OP = 'INSERT' THEN
    WITH RECURSIVE fresh AS (
      SELECT n.id, n.project_id, n.kind, n.retired_at, coalesce(b.way, '{}') || n.id AS way
        FROM added n LEFT JOIN asset_branch b ON b.asset_id = n.parent_id
        WHERE n.parent_id IS NULL OR b.asset_id IS NOT NULL
      UNION ALL
      SELECT n.id, n.project_id, n.kind, n.retired_at, f.way || n.id
        FROM fresh f JOIN added n ON n.parent_id = f.id
    ), kept AS (
      INSERT INTO asset_branch (asset_id, project_id, way)
        SELECT id, project_id, way FROM fresh
    ), delta AS (
      SELECT f.project_id, h.id AS holder_id, f.kind, count(*) AS number
        FROM fresh f, unnest(0 || f.way[1:cardinality(f.way) - 1]) AS h(id)
        WHERE f.retired_at IS NULL GROUP BY 1, 2, 3
    )
    SELECT array_agg(d.project_id), array_agg(d.holder_id), array_agg(d.kind),
        array_agg(d.number), (SELECT count(*) FROM fresh), (SELECT count(*) FROM added)
      INTO projects, holders, kinds, numbers, laid, asked FROM delta d;
  ELSIF TG_OP = 'DELETE' THEN
    WITH gone AS (
      DELETE FROM asset_branch b USING deleted d WHERE b.asset_id = d.id
        RETURNING b.project_id, b.way, d.kind, d.retired_at
    ), delta AS (
      SELECT g.project_id, h.id AS holder_id, g.kind, -count(*) AS number
        FROM gone g, unnest(0 || g.way[1:cardinality(g.way) - 1]) AS h(id)
        WHERE g.retired_at IS NULL GROUP BY 1, 2, 3
    )
    SELECT array_agg(d.project_id), array_agg(d.holder_id), array_agg(d.kind),
        array_agg(d.number), 0, 0
      INTO projects, holders, kinds, numbers, laid, asked FROM delta d;
  ELSE
    IF NOT EXISTS (
      SELECT 1 FROM made m JOIN was w ON w.id = m.id
        WHERE (m.parent_id, m.kind, m.retired_at IS NULL)
          IS DISTINCT FROM (w.parent_id, w.kind, w.retired_at IS NULL)
    ) THEN
      RETURN NULL;
    END IF;
    -- Nobody may be adding below what moves; the verbs hold this lock already.
    PERFORM 1 FROM project WHERE id IN (
      SELECT m.project_id FROM made m JOIN was w ON w.id = m.id
        WHERE m.parent_id IS DISTINCT FROM w.parent_id
    ) ORDER BY id FOR UPDATE;
    WITH RECURSIVE changed AS (
      SELECT m.id, w.kind, w.retired_at IS NULL AS is_there,
          m.parent_id IS DISTINCT FROM w.parent_id AS is_moved
        FROM made m JOIN was w ON w.id = m.id
        WHERE (m.parent_id, m.kind, m.retired_at IS NULL)
          IS DISTINCT FROM (w.parent_id, w.kind, w.retired_at IS NULL)
    ), moved(id) AS (
      SELECT id FROM changed WHERE is_moved
      UNION
      SELECT a.id FROM asset a JOIN moved ON a.parent_id = moved.id
    ), fresh AS (
      SELECT a.id, coalesce(b.way, '{}') || a.id AS way
        FROM moved m JOIN asset a ON a.id = m.id
        LEFT JOIN asset_branch b ON b.asset_id = a.parent_id
        WHERE NOT EXISTS (SELECT 1 FROM moved o WHERE o.id = a.parent_id)
      UNION ALL
      SELECT a.id, f.way || a.id FROM fresh f JOIN asset a ON a.parent_id = f.id
    ), kept AS (
      UPDATE asset_branch b SET way = f.way FROM fresh f
        WHERE b.asset_id = f.id AND b.way <> f.way
    ), touched AS (
      SELECT a.id, a.project_id, b.way AS old_way, coalesce(f.way, b.way) AS way,
          coalesce(c.kind, a.kind) AS old_kind, a.kind,
          coalesce(c.is_there, a.retired_at IS NULL) AS was_there,
          a.retired_at IS NULL AS is_there
        FROM (SELECT id FROM moved UNION SELECT id FROM changed) t
        JOIN asset a ON a.id = t.id JOIN asset_branch b ON b.asset_id = t.id
        LEFT JOIN fresh f ON f.id = t.id LEFT JOIN changed c ON c.id = t.id
    ), delta AS (
      SELECT project_id, holder_id, kind, sum(number) AS number FROM (
        SELECT project_id, h.id AS holder_id, old_kind AS kind, -1 AS number
          FROM touched, unnest(0 || old_way[1:cardinality(old_way) - 1]) AS h(id) WHERE was_there
        UNION ALL
        SELECT project_id, h.id, kind, 1
          FROM touched, unnest(0 || way[1:cardinality(way) - 1]) AS h(id) WHERE is_there
      ) each GROUP BY 1, 2, 3 HAVING sum(number) <> 0
    )
    SELECT array_agg(d.project_id), array_agg(d.holder_id), array_agg(d.kind),
        array_agg(d.number), (SELECT count(*) FROM fresh), (SELECT count(*) FROM moved)
      INTO projects, holders, kinds, numbers, laid, asked FROM delta d;
  END IF;
  IF laid <> asked THEN
    RAISE EXCEPTION 'assets would stand in themselves, or in one that nobody laid'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  WITH delta AS (
    SELECT * FROM unnest(projects, holders, kinds, numbers)
      AS d(project_id, holder_id, kind, number)
  ), taken AS MATERIALIZED (
    SELECT s.id FROM asset_below s JOIN delta d
      ON s.project_id = d.project_id AND s.holder_id = d.holder_id AND s.kind = d.kind
      FOR UPDATE OF s SKIP LOCKED
  ), gone AS (
    DELETE FROM asset_below s USING taken t WHERE s.id = t.id
      RETURNING s.project_id, s.holder_id, s.kind, s.number
  )
  INSERT INTO asset_below (project_id, holder_id, kind, number)
    SELECT project_id, holder_id, kind, sum(number) FROM (
      SELECT * FROM delta UNION ALL SELECT * FROM gone
    ) each GROUP BY 1, 2, 3 HAVING sum(number) <> 0;
  RETURN NULL;
END $$
"""
TRIGGERS = {
    "asset_is_added": "INSERT ON asset REFERENCING NEW TABLE AS added",
    "asset_is_changed": "UPDATE ON asset REFERENCING OLD TABLE AS was NEW TABLE AS made",
    "asset_is_deleted": "DELETE ON asset REFERENCING OLD TABLE AS deleted",
}
FILL = """
WITH RECURSIVE fresh AS (
  SELECT id, project_id, ARRAY[id] AS way FROM asset WHERE parent_id IS NULL
  UNION ALL
  SELECT a.id, a.project_id, f.way || a.id FROM fresh f JOIN asset a ON a.parent_id = f.id
)
INSERT INTO asset_branch (asset_id, project_id, way) SELECT id, project_id, way FROM fresh
"""
COUNT = """
INSERT INTO asset_below (project_id, holder_id, kind, number)
SELECT b.project_id, h.id, a.kind, count(*)
  FROM asset_branch b JOIN asset a ON a.id = b.asset_id,
    unnest(0 || b.way[1:cardinality(b.way) - 1]) AS h(id)
  WHERE a.retired_at IS NULL GROUP BY 1, 2, 3
"""


def upgrade() -> None:
    op.create_table(
        "asset_branch",
        sa.Column("asset_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("way", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.PrimaryKeyConstraint("asset_id", name="pk_asset_branch"),
    )
    op.create_table(
        "asset_below",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("holder_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_asset_below"),
    )
    op.execute(FILL)
    op.execute(COUNT)
    op.create_index("ix_asset_branch", "asset_branch", ["project_id", "way"])
    op.create_index("ix_asset_below", "asset_below", ["project_id", "holder_id", "kind"])
    op.execute(LAY)
    for name, when in TRIGGERS.items():
        op.execute(
            f"CREATE TRIGGER {name} AFTER {when} FOR EACH STATEMENT"
            " EXECUTE FUNCTION asset_is_laid()"
        )
    op.drop_index("ix_asset_parent", table_name="asset")
    op.create_index("ix_asset_parent", "asset", ["parent_id", "code"])
    for name, columns in SORTED.items():
        op.create_index(name, "asset", list(columns))
    for name, where in RARE.items():
        op.create_index(name, "asset", ["project_id", "code"], postgresql_where=sa.text(where))


def downgrade() -> None:
    for name in (*RARE, *SORTED):
        op.drop_index(name, table_name="asset")
    op.drop_index("ix_asset_parent", table_name="asset")
    op.create_index("ix_asset_parent", "asset", ["parent_id"])
    for name in TRIGGERS:
        op.execute(f"DROP TRIGGER {name} ON asset")
    op.execute("DROP FUNCTION asset_is_laid")
    op.drop_table("asset_below")
    op.drop_table("asset_branch")
