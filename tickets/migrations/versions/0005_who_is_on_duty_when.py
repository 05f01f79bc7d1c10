"""the rota: turn plans, duties, absences

Revision: 0005, after 0004.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def _group(*, is_key: bool = False) -> sa.Column[int]:
    return sa.Column(
        "group_id",
        sa.Integer(),
        sa.ForeignKey("service_group.id"),
        primary_key=is_key,
        nullable=False,
    )


def _person(*, is_key: bool = False) -> sa.Column[int]:
    return sa.Column(
        "person_id", sa.Integer(), sa.ForeignKey("person.id"), primary_key=is_key, nullable=False
    )


def upgrade() -> None:
    op.create_table(
        "turn_plan",
        _group(is_key=True),
        sa.Column("turn", sa.Text(), nullable=False),
        sa.Column("order", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=False),
        sa.Column("handover", sa.Time(), server_default="08:00", nullable=False),
        sa.Column("timezone", sa.Text(), server_default="Asia/Shanghai", nullable=False),
        sa.Column("planned_until", AT),
        sa.Column("gap_from_at", AT),
        sa.Column("gap_to_at", AT),
        sa.CheckConstraint("turn IN ('daily','weekly')", name=op.f("ck_turn_plan_turn")),
    )
    op.create_table(
        "duty",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), primary_key=True),
        _group(),
        _person(),
        sa.Column("from_at", AT, nullable=False),
        sa.Column("to_at", AT, nullable=False),
        sa.Column("is_by_hand", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint("from_at < to_at", name=op.f("ck_duty_interval")),
    )
    op.execute(
        "ALTER TABLE duty ADD CONSTRAINT ex_duty_overlap EXCLUDE USING gist"
        " (int8range(group_id, group_id, '[]') WITH &&, tstzrange(from_at, to_at) WITH &&)"
    )
    op.create_index("ix_duty_group", "duty", ["group_id", "to_at"])
    op.create_index("ix_duty_person", "duty", ["person_id", "to_at"])
    op.create_table(
        "absence",
        sa.Column("id", sa.Integer(), primary_key=True),
        _person(),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("added_at", AT, server_default=sa.text("now()"), nullable=False),
        sa.Column("added_by_id", sa.Integer(), sa.ForeignKey("person.id")),
        sa.Column("ended_at", AT),
        sa.Column("ended_by_id", sa.Integer(), sa.ForeignKey("person.id")),
        sa.Column("handed_over_at", AT),
        sa.CheckConstraint("to_on >= from_on - 1", name=op.f("ck_absence_interval")),
        sa.CheckConstraint(
            "reason IN ('leave','holiday','training','sick','other')",
            name=op.f("ck_absence_reason"),
        ),
    )
    op.create_index("ix_absence_person", "absence", ["person_id", "to_on"])
    op.create_index(
        "ix_absence_waiting",
        "absence",
        ["from_on"],
        postgresql_where=sa.text("handed_over_at IS NULL"),
    )
    op.create_table(
        "told_gap",
        _group(is_key=True),
        sa.Column("from_at", AT, primary_key=True),
        sa.Column("to_at", AT, nullable=False),
    )
    op.create_table(
        "calendar_key",
        _person(is_key=True),
        sa.Column("secret", sa.Text(), nullable=False, unique=True),
        sa.Column("made_at", AT, nullable=False),
    )


def downgrade() -> None:
    for name in ("calendar_key", "told_gap", "absence", "duty", "turn_plan"):
        op.drop_table(name)
