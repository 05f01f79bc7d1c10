"""what happens in the field: on the way, appointments, measurements, signatures, where it was

Revision: 0013, after 0012.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
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
    op.drop_table("signature")
    op.drop_table("appointment")
    for name in ("verdict", "distance_m", "is_mock"):
        op.drop_column("position", name)
    op.drop_column("ticket", "appointment_at")
    op.drop_column("ticket", "departed_at")
