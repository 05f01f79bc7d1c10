"""the quarterly inspection: plan, checklists, lines, findings, reports, upkeep, training

Revision: 0015, after 0014.
"""

import json
from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
FIRST = Path(__file__).parents[2] / "inspection" / "first_checklist.json"


def upgrade() -> None:
    op.create_table(
        "instrument",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("model", sa.Text()),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("calibrated_until", sa.Date()),
        sa.Column("retired_at", AT),
        sa.PrimaryKeyConstraint("id", name="pk_instrument"),
        sa.UniqueConstraint("serial", name="uq_instrument_serial"),
    )
    op.create_table(
        "checklist",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title_zh", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("items", JSONB(), nullable=False),
        sa.Column("published_at", AT),
        sa.Column("by_id", sa.Integer()),
        sa.Column("created_at", AT, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name="fk_checklist_by_id_person"),
        sa.PrimaryKeyConstraint("id", name="pk_checklist"),
        sa.UniqueConstraint("name", "version", name="uq_checklist_name_version"),
    )
    op.create_index(
        "uq_checklist_draft",
        "checklist",
        ["name"],
        unique=True,
        postgresql_where=sa.text("published_at IS NULL"),
    )
    op.create_table(
        "inspection",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("anchor", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("not_owed", sa.Text()),
        sa.Column("state", sa.Text(), server_default="planned", nullable=False),
        sa.Column("visit_on", sa.Date()),
        sa.Column("note", sa.Text()),
        sa.Column("suggestions", sa.Text()),
        sa.Column("checklist_id", sa.Integer()),
        sa.Column("rows", JSONB(), server_default="{}", nullable=False),
        sa.Column("sampling", sa.Integer(), server_default="100", nullable=False),
        sa.Column("left_out", sa.Integer(), server_default="0", nullable=False),
        sa.Column("begun_at", AT),
        sa.Column("begun_by_id", sa.Integer()),
        sa.Column("signed_at", AT),
        sa.Column("handed_over_at", AT),
        sa.Column("report_version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("correction", sa.Text()),
        sa.Column("reminded", sa.Integer()),
        sa.Column("remind_on", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", AT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "not_owed IN ('short','out_of_cover','inspected')", name="ck_inspection_not_owed"
        ),
        sa.CheckConstraint(
            "state IN ('planned','under_way','signed','handed_over')", name="ck_inspection_state"
        ),
        sa.CheckConstraint("starts_on <= due_on", name="ck_inspection_days"),
        sa.ForeignKeyConstraint(
            ["begun_by_id"], ["person.id"], name="fk_inspection_begun_by_id_person"
        ),
        sa.ForeignKeyConstraint(
            ["checklist_id"], ["checklist.id"], name="fk_inspection_checklist_id_checklist"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name="fk_inspection_project_id_project"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_inspection"),
        sa.UniqueConstraint(
            "project_id", "anchor", "number", name="uq_inspection_project_id_anchor_number"
        ),
    )
    op.create_index("ix_inspection_due", "inspection", ["due_on", "id"], unique=False)
    op.create_index("ix_inspection_project", "inspection", ["project_id", "due_on"], unique=False)
    op.create_index(
        "ix_inspection_remind",
        "inspection",
        ["remind_on", "id"],
        unique=False,
        postgresql_where=sa.text("not_owed IS NULL AND state <> 'handed_over'"),
    )
    op.create_table(
        "training",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("topics", ARRAY(sa.Text()), nullable=False),
        sa.Column("trainer", sa.Text(), nullable=False),
        sa.Column("attendees", sa.Text(), nullable=False),
        sa.Column("questions", sa.Text()),
        sa.Column("sheet_id", sa.Uuid()),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", AT, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name="fk_training_by_id_person"),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name="fk_training_project_id_project"
        ),
        sa.ForeignKeyConstraint(["sheet_id"], ["photo.id"], name="fk_training_sheet_id_photo"),
        sa.PrimaryKeyConstraint("id", name="pk_training"),
    )
    op.create_index("ix_training_project", "training", ["project_id", "held_on"], unique=False)
    op.create_table(
        "upkeep",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("person_id", sa.Integer()),
        sa.Column("done_on", sa.Date()),
        sa.Column("done_by_id", sa.Integer()),
        sa.Column("done_note", sa.Text()),
        sa.Column("cancelled_at", AT),
        sa.Column("created_at", AT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('cleaning','tightening','season','other')", name="ck_upkeep_kind"
        ),
        sa.ForeignKeyConstraint(["done_by_id"], ["person.id"], name="fk_upkeep_done_by_id_person"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_upkeep_person_id_person"),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name="fk_upkeep_project_id_project"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_upkeep"),
    )
    op.create_index(
        "ix_upkeep_due",
        "upkeep",
        ["due_on", "id"],
        unique=False,
        postgresql_where=sa.text("done_on IS NULL"),
    )
    op.create_index("ix_upkeep_project", "upkeep", ["project_id", "due_on"], unique=False)
    op.create_table(
        "check_line",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("inspection_id", sa.BigInteger(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("asset_id", sa.Integer()),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_extra", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("verdict", sa.Text()),
        sa.Column("values", ARRAY(sa.Double())),
        sa.Column("limit_row", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("instrument_id", sa.Integer()),
        sa.Column("by_id", sa.Integer()),
        sa.Column("at", AT),
        sa.Column("received_at", AT),
        sa.CheckConstraint(
            "verdict IN ('pass','fail','not_applicable','not_accessible')",
            name="ck_check_line_verdict",
        ),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name="fk_check_line_asset_id_asset"),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name="fk_check_line_by_id_person"),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name="fk_check_line_inspection_id_inspection"
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instrument.id"], name="fk_check_line_instrument_id_instrument"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_check_line"),
        sa.UniqueConstraint(
            "inspection_id",
            "item",
            "asset_id",
            name="uq_check_line_inspection_id_item_asset_id",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index("ix_check_line_asset", "check_line", ["asset_id"], unique=False)
    op.create_table(
        "inspection_report",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("inspection_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("signed_by", sa.Text(), nullable=False),
        sa.Column("signature_id", sa.Uuid()),
        sa.Column("signed_at", AT, nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("facts", JSONB(), nullable=False),
        sa.Column("checksum", sa.Text(), nullable=False),
        sa.Column("created_at", AT, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name="fk_inspection_report_by_id_person"),
        sa.ForeignKeyConstraint(
            ["inspection_id"],
            ["inspection.id"],
            name="fk_inspection_report_inspection_id_inspection",
        ),
        sa.ForeignKeyConstraint(
            ["signature_id"], ["photo.id"], name="fk_inspection_report_signature_id_photo"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_inspection_report"),
        sa.UniqueConstraint(
            "inspection_id", "version", name="uq_inspection_report_inspection_id_version"
        ),
        sa.UniqueConstraint("number", name="uq_inspection_report_number"),
    )
    op.create_table(
        "inspector",
        sa.Column("inspection_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name="fk_inspector_inspection_id_inspection"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_inspector_person_id_person"),
        sa.PrimaryKeyConstraint("inspection_id", "person_id", name="pk_inspector"),
    )
    op.create_index("ix_inspector_person_id", "inspector", ["person_id"], unique=False)
    op.create_table(
        "check_photo",
        sa.Column("check_id", sa.BigInteger(), nullable=False),
        sa.Column("photo_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["check_id"], ["check_line.id"], name="fk_check_photo_check_id_check_line"
        ),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name="fk_check_photo_photo_id_photo"),
        sa.PrimaryKeyConstraint("check_id", "photo_id", name="pk_check_photo"),
    )
    op.create_index("ix_check_photo_photo", "check_photo", ["photo_id"], unique=False)
    op.create_table(
        "finding",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("inspection_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("check_id", sa.BigInteger(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("is_safety", sa.Boolean(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger()),
        sa.Column("found_at", AT, nullable=False),
        sa.Column("settled_at", AT),
        sa.Column("settled_by_id", sa.Integer()),
        sa.Column("settled_note", sa.Text()),
        sa.ForeignKeyConstraint(
            ["check_id"], ["check_line.id"], name="fk_finding_check_id_check_line"
        ),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name="fk_finding_inspection_id_inspection"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name="fk_finding_project_id_project"
        ),
        sa.ForeignKeyConstraint(
            ["settled_by_id"], ["person.id"], name="fk_finding_settled_by_id_person"
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_finding_ticket_id_ticket"),
        sa.PrimaryKeyConstraint("id", name="pk_finding"),
        sa.UniqueConstraint("check_id", name="uq_finding_check_id"),
    )
    op.create_index("ix_finding_inspection_id", "finding", ["inspection_id"], unique=False)
    op.create_index("ix_finding_project", "finding", ["project_id", "id"], unique=False)
    op.create_index("ix_finding_ticket", "finding", ["ticket_id"], unique=False)
    op.create_table(
        "report_handover",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("received_by", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("signature_id", sa.Uuid()),
        sa.Column("link_hash", sa.Text()),
        sa.Column("link_ends_at", AT),
        sa.Column("opened_at", AT),
        sa.Column("created_at", AT, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name="fk_report_handover_by_id_person"),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["inspection_report.id"],
            name="fk_report_handover_report_id_inspection_report",
        ),
        sa.ForeignKeyConstraint(
            ["signature_id"], ["photo.id"], name="fk_report_handover_signature_id_photo"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_report_handover"),
        sa.UniqueConstraint("link_hash", name="uq_report_handover_link_hash"),
    )
    op.create_index("ix_report_handover_report", "report_handover", ["report_id"], unique=False)
    # A signed report is never changed again, by whomever.
    op.execute(
        """
        CREATE FUNCTION report_is_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'a signed report is never changed'; END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER report_is_written_once BEFORE UPDATE OR DELETE ON inspection_report
        FOR EACH ROW EXECUTE FUNCTION report_is_written_once()
        """
    )
    first = json.loads(FIRST.read_text(encoding="utf-8"))
    op.get_bind().execute(
        sa.text(
            "INSERT INTO checklist (name, version, title_zh, title_en, items, published_at)"
            " VALUES (:name, 1, :title_zh, :title_en, CAST(:items AS jsonb), now())"
        ),
        first | {"items": json.dumps(first["items"], ensure_ascii=False)},
    )


def downgrade() -> None:
    for table in (
        "report_handover",
        "finding",
        "check_photo",
        "inspector",
        "inspection_report",
        "check_line",
        "upkeep",
        "training",
        "inspection",
        "checklist",
        "instrument",
    ):
        op.drop_table(table)
    op.execute("DROP FUNCTION report_is_written_once()")
