"""what happens in the field: on the way, appointments, measurements, signatures, where it was

Revision: 0014, after 0013.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("ticket", sa.Column("departed_at", AT))
    op.add_column("ticket", sa.Column("appointment_at", AT))
    op.add_column(
        "position", sa.Column("is_mock", sa.Boolean(), server_default="false", nullable=False)
    )
    op.add_column("position", sa.Column("distance_m", sa.Double()))
    op.add_column(
        "position", sa.Column("verdict", sa.Text(), server_default="unknown", nullable=False)
    )
    op.create_table(
        "phone",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("phone", sa.Uuid(), nullable=False),
        sa.Column("heard_at", AT, nullable=False),
        sa.Column("app_version", sa.Text()),
        sa.Column("waiting", sa.Integer()),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_phone_person_id_person"),
        sa.PrimaryKeyConstraint("person_id", "phone", name="pk_phone"),
    )
    op.create_table(
        "upload",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("moment", sa.Text(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("photo_id", sa.Uuid()),
        sa.Column("touched_at", AT, nullable=False),
        sa.CheckConstraint("moment IN ('before','after','other')", name="ck_upload_moment"),
        sa.CheckConstraint("received BETWEEN 0 AND size", name="ck_upload_received"),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name="fk_upload_by_id_person"),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name="fk_upload_photo_id_photo"),
        sa.PrimaryKeyConstraint("id", name="pk_upload"),
        sa.UniqueConstraint("key", name="uq_upload_key"),
    )
    op.create_index(
        "ix_upload_open", "upload", ["by_id"], postgresql_where=sa.text("photo_id IS NULL")
    )
    op.create_index("ix_upload_touched", "upload", ["touched_at"])
    op.create_table(
        "upload_piece",
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["upload_id"],
            ["upload.id"],
            name="fk_upload_piece_upload_id_upload",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("upload_id", "start", name="pk_upload_piece"),
    )
    op.create_table(
        "appointment",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("for_at", AT, nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("made_at", AT, nullable=False),
        sa.Column("received_at", AT, nullable=False),
        sa.Column("by_id", sa.Integer()),
        sa.Column("remind_at", AT),
        sa.Column("ended_at", AT),
        sa.Column("key", sa.Uuid()),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name="fk_appointment_ticket_id_ticket"
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name="fk_appointment_by_id_person"),
        sa.PrimaryKeyConstraint("id", name="pk_appointment"),
        sa.UniqueConstraint("key", name="uq_appointment_key"),
    )
    op.create_index("ix_appointment_ticket", "appointment", ["ticket_id"])
    op.create_index(
        "ix_appointment_remind",
        "appointment",
        ["remind_at"],
        postgresql_where=sa.text("remind_at IS NOT NULL"),
    )
    op.create_table(
        "signature",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("signed_for", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("photo_id", sa.Uuid(), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("received_at", AT, nullable=False),
        sa.Column("by_id", sa.Integer()),
        sa.Column("key", sa.Uuid()),
        sa.CheckConstraint("signed_for IN ('visit','repair')", name="ck_signature_signed_for"),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_signature_ticket_id_ticket"),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name="fk_signature_contact_id_contact"
        ),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name="fk_signature_photo_id_photo"),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name="fk_signature_by_id_person"),
        sa.PrimaryKeyConstraint("id", name="pk_signature"),
        sa.UniqueConstraint("key", name="uq_signature_key"),
    )
    op.create_index("ix_signature_ticket", "signature", ["ticket_id"])
    op.add_column("photo", sa.Column("moment", sa.Text(), server_default="other", nullable=False))
    op.create_check_constraint("ck_photo_moment", "photo", "moment IN ('before','after','other')")
    op.create_table(
        "measurement",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("act_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("before", sa.Numeric(14, 4)),
        sa.Column("after", sa.Numeric(14, 4)),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "before IS NOT NULL OR after IS NOT NULL", name="ck_measurement_measured"
        ),
        sa.ForeignKeyConstraint(["act_id"], ["act.id"], name="fk_measurement_act_id_act"),
        sa.PrimaryKeyConstraint("id", name="pk_measurement"),
    )
    op.create_index("ix_measurement_act_id", "measurement", ["act_id"])


def downgrade() -> None:
    op.drop_table("measurement")
    op.drop_constraint("ck_photo_moment", "photo")
    op.drop_column("photo", "moment")
    for table in ("upload_piece", "upload", "phone"):
        op.drop_table(table)
    op.drop_table("signature")
    op.drop_table("appointment")
    for name in ("verdict", "distance_m", "is_mock"):
        op.drop_column("position", name)
    op.drop_column("ticket", "appointment_at")
    op.drop_column("ticket", "departed_at")
