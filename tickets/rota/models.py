"""Service groups: the named technicians a project belongs to (rules.md §5)."""

from sqlalchemy import ForeignKey
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
