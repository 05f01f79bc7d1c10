"""The verdicts on the imported repair promises of a project, as of an instant."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, case, exists, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from tickets.sla.models import Clock
from tickets.sla.rules import Promise
from tickets.ticket.models import Ticket
from tickets.ticket.rules import Kind, Status


@dataclass(frozen=True)
class Verdicts:
    """`met` holds those not yet due. `unknown` have no due instant, and so no clock. `apart`
    were cancelled, superseded or not needed (rules.md §10)."""

    met: int = 0
    late: int = 0
    unknown: int = 0
    apart: int = 0


async def verdicts(session: AsyncSession, project_id: int, as_of: datetime) -> Verdicts:
    """Late is what was past due and not repaired by its due instant; at that very instant is met.

    A fault without any repair clock can only come from an import that knew no due instant.
    """
    of_any = aliased(Clock)
    has_repair = exists().where(of_any.ticket_id == Ticket.id, of_any.promise == Promise.REPAIR)
    is_imported_repair = and_(
        Clock.ticket_id == Ticket.id, Clock.promise == Promise.REPAIR, Clock.is_imported
    )
    verdict = case(
        (or_(Ticket.status == Status.CANCELLED, Clock.closed_as.is_not(None)), literal("apart")),
        (Clock.id.is_(None), literal("unknown")),
        (
            and_(Clock.due_at < as_of, or_(Clock.met_at.is_(None), Clock.met_at > Clock.due_at)),
            literal("late"),
        ),
        else_=literal("met"),
    ).label("verdict")
    counted = await session.execute(
        select(verdict, func.count())
        .select_from(Ticket)
        .outerjoin(Clock, is_imported_repair)
        .where(
            Ticket.project_id == project_id,
            Ticket.external_ref.is_not(None),
            Ticket.kind == Kind.FAULT,
            or_(Clock.id.is_not(None), ~has_repair),
        )
        .group_by(verdict)
    )
    return Verdicts(**{name: number for name, number in counted})
