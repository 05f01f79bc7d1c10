"""everything the first release remembers

Revision: 0001, after .
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "answered",
        sa.Column("asker", sa.Text(), nullable=False),
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("media_type", sa.Text(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("asker", "key", name=op.f("pk_answered")),
    )
    op.create_table(
        "failed_sign_in",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failed_sign_in")),
    )
    op.create_index("ix_failed_sign_in_key", "failed_sign_in", ["key", "at"], unique=False)
    op.create_table(
        "heartbeat",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeat")),
    )
    op.create_table(
        "owner",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_owner")),
        sa.UniqueConstraint("name", name=op.f("uq_owner_name")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), nullable=True),
        sa.Column("is_program", sa.Boolean(), nullable=False),
        sa.Column("permissions", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    op.create_index("uq_person_login", "person", [sa.literal_column("lower(login)")], unique=True)
    op.create_table(
        "service_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_group")),
        sa.UniqueConstraint("name", name=op.f("uq_service_group_name")),
    )
    op.create_table(
        "ticket_number",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_ticket_number")),
    )
    op.create_table(
        "group_member",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["service_group.id"], name=op.f("fk_group_member_group_id_service_group")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_group_member_person_id_person")
        ),
        sa.PrimaryKeyConstraint("group_id", "person_id", name=op.f("pk_group_member")),
    )
    op.create_index(op.f("ix_group_member_person_id"), "group_member", ["person_id"], unique=False)
    op.create_table(
        "photo",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("key", sa.Uuid(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_photo_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo")),
        sa.UniqueConstraint("key", name=op.f("uq_photo_key")),
    )
    op.create_table(
        "project",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("hotline", sa.Text(), nullable=True),
        sa.Column("grams", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["service_group.id"], name=op.f("fk_project_group_id_service_group")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["owner.id"], name=op.f("fk_project_owner_id_owner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
        sa.UniqueConstraint("code", name=op.f("uq_project_code")),
    )
    op.create_index("ix_project_grams", "project", ["grams"], unique=False, postgresql_using="gin")
    op.create_index(op.f("ix_project_group_id"), "project", ["group_id"], unique=False)
    op.create_index(op.f("ix_project_owner_id"), "project", ["owner_id"], unique=False)
    op.create_table(
        "sign_in",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agent", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_sign_in_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_sign_in_key_hash")),
    )
    op.create_index(op.f("ix_sign_in_person_id"), "sign_in", ["person_id"], unique=False)
    op.create_table(
        "token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_token_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_token_key_hash")),
    )
    op.create_index(op.f("ix_token_person_id"), "token", ["person_id"], unique=False)
    op.create_table(
        "acceptance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("batch", sa.Text(), nullable=False),
        sa.Column("accepted_on", sa.Date(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("months_by_kind", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("months BETWEEN 1 AND 600", name=op.f("ck_acceptance_months")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_acceptance_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acceptance")),
        sa.UniqueConstraint("project_id", "batch", name=op.f("uq_acceptance_project_id_batch")),
    )
    op.create_table(
        "asset",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("is_main", sa.Boolean(), nullable=False),
        sa.Column("batch", sa.Text(), nullable=True),
        sa.Column("power_w", sa.Double(), nullable=True),
        sa.Column("cct_k", sa.Integer(), nullable=True),
        sa.Column("ip", sa.Text(), nullable=True),
        sa.Column("control", sa.Text(), nullable=True),
        sa.Column("serial", sa.Text(), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("datum", sa.Text(), server_default="WGS-84", nullable=False),
        sa.Column("installed_on", sa.Date(), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("grams", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["asset.id"], name=op.f("fk_asset_parent_id_asset")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_asset_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asset")),
        sa.UniqueConstraint("project_id", "code", name=op.f("uq_asset_project_id_code")),
        sa.UniqueConstraint("public_id", name=op.f("uq_asset_public_id")),
    )
    op.create_index("ix_asset_grams", "asset", ["grams"], unique=False, postgresql_using="gin")
    op.create_index("ix_asset_parent", "asset", ["parent_id"], unique=False)
    op.create_table(
        "contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("digits", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("is_named", sa.Boolean(), nullable=False),
        sa.Column("grams", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["owner.id"], name=op.f("fk_contact_owner_id_owner")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_contact_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
    )
    op.create_index("ix_contact_grams", "contact", ["grams"], unique=False, postgresql_using="gin")
    op.create_index("ix_contact_owner", "contact", ["owner_id"], unique=False)
    op.create_index(
        "uq_contact_voice",
        "contact",
        [
            sa.literal_column("coalesce(project_id, 0)"),
            sa.literal_column("coalesce(owner_id, 0)"),
            "digits",
            "name",
        ],
        unique=True,
    )
    op.create_table(
        "held_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "project_id IS NULL OR group_id IS NULL", name=op.f("ck_held_role_one_place")
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["service_group.id"], name=op.f("fk_held_role_group_id_service_group")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_held_role_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_held_role_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_role")),
    )
    op.create_index(
        "uq_held_role",
        "held_role",
        [
            "person_id",
            "role",
            sa.literal_column("coalesce(project_id, 0)"),
            sa.literal_column("coalesce(group_id, 0)"),
        ],
        unique=True,
    )
    op.create_table(
        "terms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("numbers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_terms_by_id_person")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_terms_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terms")),
        sa.UniqueConstraint(
            "project_id", "valid_from", name=op.f("uq_terms_project_id_valid_from")
        ),
    )
    op.create_table(
        "ticket",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("main_equipment", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("reporter_id", sa.Integer(), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("breaks_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("technician_id", sa.Integer(), nullable=True),
        sa.Column("expected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_by_id", sa.Integer(), nullable=True),
        sa.Column("key", sa.Uuid(), nullable=True),
        sa.Column("external_ref", sa.Text(), nullable=True),
        sa.Column("flags", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("cover", sa.Text(), nullable=False),
        sa.Column("cover_reason", sa.Text(), nullable=False),
        sa.Column("cover_ends_on", sa.Date(), nullable=True),
        sa.Column("payer_labour", sa.Text(), nullable=False),
        sa.Column("payer_parts", sa.Text(), nullable=False),
        sa.Column("payer_reason", sa.Text(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("grams", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "kind IN ('fault','request','consultation','complaint')", name=op.f("ck_ticket_kind")
        ),
        sa.CheckConstraint(
            "main_equipment IN ('yes','no','unknown')", name=op.f("ck_ticket_main_equipment")
        ),
        sa.CheckConstraint("severity IN ('S1','S2','S3','S4')", name=op.f("ck_ticket_severity")),
        sa.CheckConstraint(
            "status IN ('open','answered','on_site','repaired','closed','cancelled','merged')",
            name=op.f("ck_ticket_status"),
        ),
        sa.ForeignKeyConstraint(
            ["opened_by_id"], ["person.id"], name=op.f("fk_ticket_opened_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_ticket_project_id_project")
        ),
        sa.ForeignKeyConstraint(
            ["reporter_id"], ["contact.id"], name=op.f("fk_ticket_reporter_id_contact")
        ),
        sa.ForeignKeyConstraint(
            ["technician_id"], ["person.id"], name=op.f("fk_ticket_technician_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
        sa.UniqueConstraint("key", name=op.f("uq_ticket_key")),
        sa.UniqueConstraint(
            "project_id", "external_ref", name=op.f("uq_ticket_project_id_external_ref")
        ),
        sa.UniqueConstraint("ref", name=op.f("uq_ticket_ref")),
    )
    op.create_index(
        "ix_ticket_board",
        "ticket",
        ["breaks_at", "id"],
        unique=False,
        postgresql_where=sa.text("is_open"),
    )
    op.create_index(
        "ix_ticket_danger",
        "ticket",
        ["id"],
        unique=False,
        postgresql_where=sa.text("is_open AND severity = 'S1'"),
    )
    op.create_index("ix_ticket_due", "ticket", ["breaks_at", "id"], unique=False)
    op.create_index("ix_ticket_grams", "ticket", ["grams"], unique=False, postgresql_using="gin")
    op.create_index(
        "ix_ticket_open_grams",
        "ticket",
        ["grams"],
        unique=False,
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": 256},
        postgresql_where=sa.text("is_open"),
    )
    op.create_index(
        "ix_ticket_open_reporter",
        "ticket",
        ["reporter_id"],
        unique=False,
        postgresql_where=sa.text("is_open"),
    )
    op.create_index("ix_ticket_project", "ticket", ["project_id", "reported_at"], unique=False)
    op.create_index("ix_ticket_reporter", "ticket", ["reporter_id"], unique=False)
    op.create_index(
        "ix_ticket_round",
        "ticket",
        ["technician_id", "breaks_at"],
        unique=False,
        postgresql_where=sa.text("is_open"),
    )
    op.create_table(
        "act",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("skew", sa.Interval(), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("on_site", sa.Boolean(), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("key", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('response','arrival','repair','made_safe')", name=op.f("ck_act_kind")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_act_by_id_person")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_act_ticket_id_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_act")),
        sa.UniqueConstraint("key", name=op.f("uq_act_key")),
    )
    op.create_index("ix_act_ticket", "act", ["ticket_id", "at"], unique=False)
    op.create_table(
        "call_back",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('works','does_not','not_reached')", name=op.f("ck_call_back_outcome")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_call_back_by_id_person")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_call_back_ticket_id_ticket")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_back")),
    )
    op.create_index("ix_call_back_ticket", "call_back", ["ticket_id"], unique=False)
    op.create_table(
        "clock",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("promise", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("target", sa.Interval(), nullable=False),
        sa.Column("repair_from", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("starts_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_as", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused", sa.Interval(), server_default="0 seconds", nullable=False),
        sa.Column("breached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("breach_no", sa.Integer(), server_default="0", nullable=False),
        sa.Column("is_imported", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint(
            "closed_as IN ('superseded', 'not_needed')", name=op.f("ck_clock_closed_as")
        ),
        sa.CheckConstraint(
            "promise IN ('response','arrival','repair','make_safe')", name=op.f("ck_clock_promise")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_clock_ticket_id_ticket")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock")),
        sa.UniqueConstraint(
            "ticket_id",
            "cycle",
            "promise",
            "generation",
            name=op.f("uq_clock_ticket_id_cycle_promise_generation"),
        ),
    )
    op.create_index(
        "ix_clock_broken",
        "clock",
        ["breached_at", "id"],
        unique=False,
        postgresql_where=sa.text("breached_at IS NOT NULL"),
    )
    op.create_index(
        "ix_clock_running",
        "clock",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("met_at IS NULL AND closed_as IS NULL AND breached_at IS NULL"),
    )
    op.create_index(
        "ix_clock_unstarted",
        "clock",
        ["starts_by"],
        unique=False,
        postgresql_where=sa.text("started_at IS NULL AND met_at IS NULL AND closed_as IS NULL"),
    )
    op.create_table(
        "event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=True),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_event_by_id_person")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_event_project_id_project")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_event_ticket_id_ticket")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    op.create_index("ix_event_kind", "event", ["kind", "happened_at"], unique=False)
    op.create_index("ix_event_ticket", "event", ["ticket_id", "id"], unique=False)
    op.create_table(
        "pause",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "entered_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rejected_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("to_at IS NULL OR to_at > from_at", name=op.f("ck_pause_interval")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_pause_by_id_person")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_pause_ticket_id_ticket")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pause")),
    )
    op.create_index("ix_pause_ticket", "pause", ["ticket_id"], unique=False)
    op.create_table(
        "settlement",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("key", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind IN ('measure','declined')", name=op.f("ck_settlement_kind")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_settlement_by_id_person")),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_settlement_contact_id_contact")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_settlement_ticket_id_ticket")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement")),
        sa.UniqueConstraint("key", name=op.f("uq_settlement_key")),
    )
    op.create_index("ix_settlement_ticket", "settlement", ["ticket_id", "cycle"], unique=False)
    op.create_table(
        "substitution",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("owed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('owed','loaned','measure','declined','lapsed')",
            name=op.f("ck_substitution_state"),
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_substitution_ticket_id_ticket")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_substitution")),
        sa.UniqueConstraint("ticket_id", "cycle", name=op.f("uq_substitution_ticket_id_cycle")),
    )
    op.create_index(
        "ix_substitution_owed",
        "substitution",
        ["owed_at"],
        unique=False,
        postgresql_where=sa.text("state = 'owed'"),
    )
    op.create_table(
        "ticket_asset",
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("asset_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["asset.id"], name=op.f("fk_ticket_asset_asset_id_asset")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_asset_ticket_id_ticket")
        ),
        sa.PrimaryKeyConstraint("ticket_id", "asset_id", name=op.f("pk_ticket_asset")),
    )
    op.create_index("ix_ticket_asset_asset", "ticket_asset", ["asset_id"], unique=False)
    op.create_table(
        "ticket_photo",
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("photo_id", sa.Uuid(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["photo.id"], name=op.f("fk_ticket_photo_photo_id_photo")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_photo_ticket_id_ticket")
        ),
        sa.PrimaryKeyConstraint("ticket_id", "photo_id", name=op.f("pk_ticket_photo")),
    )
    op.create_index("ix_ticket_photo_photo", "ticket_photo", ["photo_id"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("reaction", sa.Text(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_delivery_event_id_event")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
    )
    op.create_index(
        "ix_delivery_owed",
        "delivery",
        ["id"],
        unique=False,
        postgresql_where=sa.text("handled_at IS NULL"),
    )
    op.create_index(
        "ix_delivery_ticket",
        "delivery",
        ["ticket_id", "id"],
        unique=False,
        postgresql_where=sa.text("handled_at IS NULL"),
    )
    op.create_index("uq_delivery_event_reaction", "delivery", ["event_id", "reaction"], unique=True)
    op.create_table(
        "notice",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=True),
        sa.Column("clock_id", sa.BigInteger(), nullable=True),
        sa.Column("breach_no", sa.Integer(), nullable=True),
        sa.Column("threshold", sa.Text(), nullable=True),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["clock_id"], ["clock.id"], name=op.f("fk_notice_clock_id_clock")),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_notice_event_id_event")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_notice_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_notice_ticket_id_ticket")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    op.create_index("ix_notice_inbox", "notice", ["person_id", "id"], unique=False)
    op.create_index(
        "ix_notice_owed",
        "notice",
        ["id"],
        unique=False,
        postgresql_where=sa.text("sent_at IS NULL"),
    )
    op.create_index(
        "ix_notice_unread",
        "notice",
        ["person_id"],
        unique=False,
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_index("uq_notice_event", "notice", ["event_id", "person_id"], unique=True)
    op.create_index(
        "uq_notice_once",
        "notice",
        ["clock_id", "breach_no", "threshold", "person_id"],
        unique=True,
        postgresql_where=sa.text("clock_id IS NOT NULL"),
    )
    op.create_table(
        "part",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("act_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("unit_price", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("old_serial", sa.Text(), nullable=True),
        sa.Column("new_serial", sa.Text(), nullable=True),
        sa.Column("payer", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["act_id"], ["act.id"], name=op.f("fk_part_act_id_act")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_part")),
    )
    op.create_index(op.f("ix_part_act_id"), "part", ["act_id"], unique=False)
    op.create_table(
        "position",
        sa.Column("act_id", sa.BigInteger(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["act_id"], ["act.id"], name=op.f("fk_position_act_id_act")),
        sa.PrimaryKeyConstraint("act_id", name=op.f("pk_position")),
    )
    op.create_table(
        "unrelayed",
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_unrelayed_event_id_event")
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_unrelayed")),
    )
    op.create_table(
        "work",
        sa.Column("act_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("work", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["act_id"], ["act.id"], name=op.f("fk_work_act_id_act")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_work_ticket_id_ticket")
        ),
        sa.PrimaryKeyConstraint("act_id", name=op.f("pk_work")),
    )
    op.create_index(op.f("ix_work_ticket_id"), "work", ["ticket_id"], unique=False)
    op.execute(
        """
        CREATE FUNCTION event_is_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'the diary is never changed'; END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER event_is_written_once BEFORE UPDATE OR DELETE ON event
        FOR EACH ROW EXECUTE FUNCTION event_is_written_once()
        """
    )
    # The outbox is filled by the database: whoever records an event cannot forget it.
    # What an import records is told to nobody (rules.md §10).
    op.execute(
        """
        CREATE FUNCTION event_is_owed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO unrelayed (event_id) VALUES (NEW.id); RETURN NULL; END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER event_is_owed AFTER INSERT ON event
        FOR EACH ROW WHEN (NOT (NEW.facts ? 'imported')) EXECUTE FUNCTION event_is_owed()
        """
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER event_is_owed ON event")
    op.execute("DROP TRIGGER event_is_written_once ON event")
    op.execute("DROP FUNCTION event_is_owed")
    op.execute("DROP FUNCTION event_is_written_once")
    op.drop_index(op.f("ix_work_ticket_id"), table_name="work")
    op.drop_table("work")
    op.drop_table("unrelayed")
    op.drop_table("position")
    op.drop_index(op.f("ix_part_act_id"), table_name="part")
    op.drop_table("part")
    op.drop_index(
        "uq_notice_once", table_name="notice", postgresql_where=sa.text("clock_id IS NOT NULL")
    )
    op.drop_index("uq_notice_event", table_name="notice")
    op.drop_index(
        "ix_notice_unread", table_name="notice", postgresql_where=sa.text("read_at IS NULL")
    )
    op.drop_index(
        "ix_notice_owed", table_name="notice", postgresql_where=sa.text("sent_at IS NULL")
    )
    op.drop_index("ix_notice_inbox", table_name="notice")
    op.drop_table("notice")
    op.drop_index("uq_delivery_event_reaction", table_name="delivery")
    op.drop_index(
        "ix_delivery_ticket", table_name="delivery", postgresql_where=sa.text("handled_at IS NULL")
    )
    op.drop_index(
        "ix_delivery_owed", table_name="delivery", postgresql_where=sa.text("handled_at IS NULL")
    )
    op.drop_table("delivery")
    op.drop_index("ix_ticket_photo_photo", table_name="ticket_photo")
    op.drop_table("ticket_photo")
    op.drop_index("ix_ticket_asset_asset", table_name="ticket_asset")
    op.drop_table("ticket_asset")
    op.drop_index(
        "ix_substitution_owed",
        table_name="substitution",
        postgresql_where=sa.text("state = 'owed'"),
    )
    op.drop_table("substitution")
    op.drop_index("ix_settlement_ticket", table_name="settlement")
    op.drop_table("settlement")
    op.drop_index("ix_pause_ticket", table_name="pause")
    op.drop_table("pause")
    op.drop_index("ix_event_ticket", table_name="event")
    op.drop_index("ix_event_kind", table_name="event")
    op.drop_table("event")
    op.drop_index(
        "ix_clock_unstarted",
        table_name="clock",
        postgresql_where=sa.text("started_at IS NULL AND met_at IS NULL AND closed_as IS NULL"),
    )
    op.drop_index(
        "ix_clock_running",
        table_name="clock",
        postgresql_where=sa.text("met_at IS NULL AND closed_as IS NULL AND breached_at IS NULL"),
    )
    op.drop_index(
        "ix_clock_broken", table_name="clock", postgresql_where=sa.text("breached_at IS NOT NULL")
    )
    op.drop_table("clock")
    op.drop_index("ix_call_back_ticket", table_name="call_back")
    op.drop_table("call_back")
    op.drop_index("ix_act_ticket", table_name="act")
    op.drop_table("act")
    op.drop_index("ix_ticket_round", table_name="ticket", postgresql_where=sa.text("is_open"))
    op.drop_index("ix_ticket_reporter", table_name="ticket")
    op.drop_index("ix_ticket_project", table_name="ticket")
    op.drop_index("ix_ticket_open_reporter", table_name="ticket")
    op.drop_index("ix_ticket_open_grams", table_name="ticket", postgresql_using="gin")
    op.drop_index("ix_ticket_grams", table_name="ticket", postgresql_using="gin")
    op.drop_index("ix_ticket_due", table_name="ticket")
    op.drop_index(
        "ix_ticket_danger",
        table_name="ticket",
        postgresql_where=sa.text("is_open AND severity = 'S1'"),
    )
    op.drop_index("ix_ticket_board", table_name="ticket", postgresql_where=sa.text("is_open"))
    op.drop_table("ticket")
    op.drop_table("terms")
    op.drop_index("uq_held_role", table_name="held_role")
    op.drop_table("held_role")
    op.drop_index("uq_contact_voice", table_name="contact")
    op.drop_index("ix_contact_owner", table_name="contact")
    op.drop_index("ix_contact_grams", table_name="contact", postgresql_using="gin")
    op.drop_table("contact")
    op.drop_index("ix_asset_parent", table_name="asset")
    op.drop_index("ix_asset_grams", table_name="asset", postgresql_using="gin")
    op.drop_table("asset")
    op.drop_table("acceptance")
    op.drop_index(op.f("ix_token_person_id"), table_name="token")
    op.drop_table("token")
    op.drop_index(op.f("ix_sign_in_person_id"), table_name="sign_in")
    op.drop_table("sign_in")
    op.drop_index(op.f("ix_project_owner_id"), table_name="project")
    op.drop_index(op.f("ix_project_group_id"), table_name="project")
    op.drop_index("ix_project_grams", table_name="project", postgresql_using="gin")
    op.drop_table("project")
    op.drop_table("photo")
    op.drop_index(op.f("ix_group_member_person_id"), table_name="group_member")
    op.drop_table("group_member")
    op.drop_table("ticket_number")
    op.drop_table("service_group")
    op.drop_index("uq_person_login", table_name="person")
    op.drop_table("person")
    op.drop_table("owner")
    op.drop_table("heartbeat")
    op.drop_index("ix_failed_sign_in_key", table_name="failed_sign_in")
    op.drop_table("failed_sign_in")
    op.drop_table("answered")
