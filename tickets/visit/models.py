"""A technician was there: where he stood, what he found and did, which parts he used."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Numeric,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from tickets.db import Base


class Position(Base):
    """Where the phone was at an arrival; WGS-84 degrees, lengths in metres. What was made of it is
    kept as it was judged then, for the register may move the asset later."""

    __tablename__ = "position"

    act_id: Mapped[int] = mapped_column(ForeignKey("act.id"), primary_key=True)
    lat: Mapped[float]
    lon: Mapped[float]
    accuracy_m: Mapped[float | None]
    is_mock: Mapped[bool] = mapped_column(default=False, server_default="false")
    distance_m: Mapped[float | None]  # to the nearest asset of the ticket
    verdict: Mapped[str] = mapped_column(default="unknown", server_default="unknown")


class Appointment(Base):
    """预约: agreed with the owner for an instant; the latest one counts."""

    __tablename__ = "appointment"
    __table_args__ = (
        # The ticket's page, and whatever supersedes one.
        Index("ix_appointment_ticket", "ticket_id"),
        # The sweep: whoever goes is to be reminded.
        Index("ix_appointment_remind", "remind_at", postgresql_where=text("remind_at IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    for_at: Mapped[datetime]
    note: Mapped[str | None]
    made_at: Mapped[datetime]
    received_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    remind_at: Mapped[datetime | None]  # None: no more
    ended_at: Mapped[datetime | None]  # another superseded it, or somebody came
    # A phone or a form names it before it sends it: sent twice, it is one.
    key: Mapped[UUID | None] = mapped_column(unique=True)


class Signature(Base):
    """签字确认: somebody of the owner's signed for a visit or a repair."""

    __tablename__ = "signature"
    # The ticket's page, and its job sheet.
    __table_args__ = (
        Index("ix_signature_ticket", "ticket_id"),
        CheckConstraint("signed_for IN ('visit','repair')", name="signed_for"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    signed_for: Mapped[str]
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"))  # who; a name is never here
    photo_id: Mapped[UUID] = mapped_column(ForeignKey("photo.id"))
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    key: Mapped[UUID | None] = mapped_column(unique=True)


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


class Upload(Base):
    """A photo that comes in pieces over a bad line; whole, it is a photo like any other."""

    __tablename__ = "upload"
    __table_args__ = (
        # How many of a person's are unfinished.
        Index("ix_upload_open", "by_id", postgresql_where=text("photo_id IS NULL")),
        # Once a day: those nobody has gone on with.
        Index("ix_upload_touched", "touched_at"),
        CheckConstraint("moment IN ('before','after','other')", name="moment"),
        CheckConstraint("received BETWEEN 0 AND size", name="received"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    key: Mapped[UUID] = mapped_column(unique=True)  # the phone's name for the photo
    size: Mapped[int]
    sha256: Mapped[str]  # of the file as the phone has it
    moment: Mapped[str]
    received: Mapped[int] = mapped_column(default=0)
    photo_id: Mapped[UUID | None] = mapped_column(ForeignKey("photo.id"))
    touched_at: Mapped[datetime]


class UploadPiece(Base):
    """Bytes that have arrived; gone as soon as the photo is whole."""

    __tablename__ = "upload_piece"

    upload_id: Mapped[UUID] = mapped_column(
        ForeignKey("upload.id", ondelete="CASCADE"), primary_key=True
    )
    start: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes]
