"""the branches of the register are reckoned as the statement's own size demands

Revision: 0013, after 0012.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# As in 0011, but put anew before the planner for each statement (EXECUTE): it sees then how many
# rows came. A plan kept from the first edit of a connection looked through all rows for each row,
# and so did a question that hoped for an early answer: minutes where seconds are needed.
LAY = """
CREATE OR REPLACE FUNCTION asset_is_laid() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  projects int[]; holders int[]; kinds text[]; numbers bigint[];
  asked bigint; laid bigint;
BEGIN
  IF TG_OP = 'INSERT' THEN
    EXECUTE $sql$
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
        FROM delta d
    $sql$ INTO projects, holders, kinds, numbers, laid, asked;
  ELSIF TG_OP = 'DELETE' THEN
    EXECUTE $sql$
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
        FROM delta d
    $sql$ INTO projects, holders, kinds, numbers, laid, asked;
  ELSE
    EXECUTE $sql$
      SELECT count(*) FROM made m JOIN was w ON w.id = m.id
        WHERE (m.parent_id, m.kind, m.retired_at IS NULL)
          IS DISTINCT FROM (w.parent_id, w.kind, w.retired_at IS NULL)
    $sql$ INTO asked;
    IF asked = 0 THEN
      RETURN NULL;
    END IF;
    -- Nobody may be adding below what moves; the verbs hold this lock already.
    EXECUTE $sql$
      SELECT 1 FROM project WHERE id IN (
        SELECT m.project_id FROM made m JOIN was w ON w.id = m.id
          WHERE m.parent_id IS DISTINCT FROM w.parent_id
      ) ORDER BY id FOR UPDATE
    $sql$;
    EXECUTE $sql$
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
        FROM delta d
    $sql$ INTO projects, holders, kinds, numbers, laid, asked;
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


def upgrade() -> None:
    op.execute(LAY)


def downgrade() -> None:
    """It does the same as that of 0011, only sooner."""
