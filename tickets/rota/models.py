"""Service groups, whose turn it is in them, who is on duty when, who is away (rules.md §5)."""

from datetime import date, datetime, time

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    func,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tickets.db import Base


class ServiceGroup(Base):
    __tablename__ = "service_group"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class GroupMember(Base):
    __tablename__ = "group_member"

    group_id: Mapped[int] = mapped_column(ForeignKey("service_group.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)


class TurnPlan(Base):
    """轮值: in which order the members of a group take their turns, from which day on."""

    __tablename__ = "turn_plan"
    __table_args__ = (CheckConstraint("turn IN ('daily','weekly')", name="turn"),)

    group_id: Mapped[int] = mapped_column(ForeignKey("service_group.id"), primary_key=True)
    turn: Mapped[str]
    order: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    begins_on: Mapped[date]
    handover: Mapped[time] = mapped_column(server_default="08:00")  # local, in `timezone`
    timezone: Mapped[str] = mapped_column(server_default="Asia/Shanghai")
    # Duties are written up to here; the sweep goes on from here.
    planned_until: Mapped[datetime | None]
    # The first gap that lies ahead, kept with the duties so that the board need not look for it.
    gap_from_at: Mapped[datetime | None]
    gap_to_at: Mapped[datetime | None]


class Duty(Base):
    """Somebody is on duty for a group in [from_at, to_at)."""

    __tablename__ = "duty"
    __table_args__ = (
        CheckConstraint("from_at < to_at", name="interval"),
        # Two people planning one group at once: duties may touch, never overlap.
        ExcludeConstraint(
            (literal_column("int8range(group_id, group_id, '[]')"), "&&"),
            (literal_column("tstzrange(from_at, to_at)"), "&&"),
            using="gist",
            name="ex_duty_overlap",
        ),
        # Who is on duty now, who is next: the first that has not ended.
        Index("ix_duty_group", "group_id", "to_at"),
        # A person's own duties, in his calendar.
        Index("ix_duty_person", "person_id", "to_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("service_group.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    from_at: Mapped[datetime]
    to_at: Mapped[datetime]
    # Given or swapped by somebody: planning anew leaves it alone.
    is_by_hand: Mapped[bool] = mapped_column(default=False, server_default="false")


class Absence(Base):
    """Whole days, the last included, in the time zone of the group. Ended early, `to_on` is the
    day before the first day back; an absence that never began is left empty."""

    __tablename__ = "absence"
    __table_args__ = (
        CheckConstraint("to_on >= from_on - 1", name="interval"),
        CheckConstraint("reason IN ('leave','holiday','training','sick','other')", name="reason"),
        # Is somebody away on a day: asked with every question who is on duty.
        Index("ix_absence_person", "person_id", "to_on"),
        # The sweep: absences whose tickets have not been handed over.
        Index("ix_absence_waiting", "from_on", postgresql_where=text("handed_over_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    from_on: Mapped[date]
    to_on: Mapped[date]
    reason: Mapped[str]
    note: Mapped[str | None]
    added_at: Mapped[datetime] = mapped_column(server_default=func.now())
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    # His open tickets went to others, once.
    handed_over_at: Mapped[datetime | None]


class ToldGap(Base):
    """空班: that nobody will be on duty was told, as far as nobody is still."""

    __tablename__ = "told_gap"

    group_id: Mapped[int] = mapped_column(ForeignKey("service_group.id"), primary_key=True)
    from_at: Mapped[datetime] = mapped_column(primary_key=True)
    to_at: Mapped[datetime]


class CalendarKey(Base):
    """The secret in the address of a person's own calendar; a new one takes the old one's place."""

    __tablename__ = "calendar_key"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    secret: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime]
