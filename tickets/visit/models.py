"""A technician was there: where he stood, what he found and did, which parts he used."""

from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from tickets.db import Base


class Position(Base):
    """Where the phone was at an arrival; WGS-84 degrees, accuracy in metres."""

    __tablename__ = "position"

    act_id: Mapped[int] = mapped_column(ForeignKey("act.id"), primary_key=True)
    lat: Mapped[float]
    lon: Mapped[float]
    accuracy_m: Mapped[float | None]


class Work(Base):
    """What a repair found and did."""

    __tablename__ = "work"

    act_id: Mapped[int] = mapped_column(ForeignKey("act.id"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    cause: Mapped[str]
    work: Mapped[str]


class Measurement(Base):
    """What was measured at a repair, before the work and after it."""

    __tablename__ = "measurement"
    __table_args__ = (
        # A row that says nothing is none.
        CheckConstraint("before IS NOT NULL OR after IS NOT NULL", name="measured"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    act_id: Mapped[int] = mapped_column(ForeignKey("act.id"), index=True)
    name: Mapped[str]  # a code of rules.MEASURED, or as somebody calls it
    before: Mapped[Decimal | None] = mapped_column(Numeric(14, 4))
    after: Mapped[Decimal | None] = mapped_column(Numeric(14, 4))
    unit: Mapped[str]


class Part(Base):
    """A part put in; the serial numbers chain the old one to the new."""

    __tablename__ = "part"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    act_id: Mapped[int] = mapped_column(ForeignKey("act.id"), index=True)
    name: Mapped[str]
    quantity: Mapped[Decimal] = mapped_column(Numeric(12, 3))
    unit_price: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    old_serial: Mapped[str | None]
    new_serial: Mapped[str | None]
    payer: Mapped[str | None]
