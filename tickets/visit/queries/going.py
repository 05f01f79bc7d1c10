"""Appointments and signatures of a ticket."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.ticket.models import Ticket
from tickets.visit.models import Appointment, Work


async def appointments_open(session: AsyncSession, ticket: Ticket) -> Sequence[Appointment]:
    """What was agreed in the present cycle and has neither been superseded nor kept."""
    return (
        await session.scalars(
            select(Appointment)
            .where(
                Appointment.ticket_id == ticket.id,
                Appointment.ended_at.is_(None),
                Appointment.made_at >= ticket.reported_at,
            )
            .order_by(Appointment.id)
        )
    ).all()


async def appointments_near(
    session: AsyncSession, now: datetime, limit: int
) -> Sequence[tuple[Appointment, Ticket]]:
    """Those of which somebody is to be reminded, each taken by one sweep. The ticket is only
    looked at: whoever acts on it holds it, and does not wait for us nor we for him."""
    rows = await session.execute(
        select(Appointment, Ticket)
        .join(Ticket, Ticket.id == Appointment.ticket_id)
        .where(Appointment.remind_at <= now)
        .order_by(Appointment.remind_at, Appointment.id)
        .limit(limit)
        .with_for_update(of=Appointment, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return [(appointment, ticket) for appointment, ticket in rows]


async def has_repair(session: AsyncSession, ticket_id: int) -> bool:
    return bool(await session.scalar(select(exists().where(Work.ticket_id == ticket_id))))
