"""How substitutions stand, and what was recorded to settle them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.loan.models import Settlement, Substitution
from tickets.loan.rules import IN_COVER, SubstitutionState
from tickets.sla.models import Clock
from tickets.ticket.models import Ticket


@dataclass(frozen=True)
class SubstitutionShown:
    """As the ticket's JSON has it; `loan` comes with the loaners."""

    state: SubstitutionState = SubstitutionState.NOT_OWED
    owed_at: datetime | None = None
    settled_at: datetime | None = None
    loan: int | None = None


NOT_OWED = SubstitutionShown()


# Built once: every ticket that is shown asks them.
_OF_TICKETS = (
    select(Substitution)
    .where(Substitution.ticket_id.in_(bindparam("ticket_ids", expanding=True)))
    .order_by(Substitution.ticket_id, Substitution.cycle)
)


def shown(debt: Substitution) -> SubstitutionShown:
    return SubstitutionShown(SubstitutionState(debt.state), debt.owed_at, debt.settled_at)


async def of_tickets(
    session: AsyncSession, ticket_ids: Sequence[int]
) -> Mapping[int, SubstitutionShown]:
    """The debt of each ticket's newest cycle that has one; absent where none is owed."""
    if not ticket_ids:
        return {}
    debts = await session.scalars(_OF_TICKETS, {"ticket_ids": ticket_ids})
    return {debt.ticket_id: shown(debt) for debt in debts}


async def debt_of(session: AsyncSession, ticket_id: int, cycle: int) -> Substitution | None:
    """The debt of one cycle, read afresh: the caller holds the ticket's lock."""
    debt: Substitution | None = await session.scalar(
        select(Substitution)
        .where(Substitution.ticket_id == ticket_id, Substitution.cycle == cycle)
        .execution_options(populate_existing=True)
    )
    return debt


async def settlements_of_family(
    session: AsyncSession, ticket_ids: Sequence[int], cycle: int
) -> Sequence[Settlement]:
    """Those of a ticket's cycle, and all of the duplicates merged into it."""
    own, *others = ticket_ids
    asked = select(Settlement).where(
        or_(
            (Settlement.ticket_id == own) & (Settlement.cycle == cycle),
            Settlement.ticket_id.in_(others),
        )
    )
    return (await session.scalars(asked.order_by(Settlement.at, Settlement.id))).all()


async def owing(session: AsyncSession, now: datetime, limit: int) -> Sequence[tuple[int, int]]:
    """(ticket, repair clock) of what is over its time but for pauses, and owes nothing yet."""
    rows = await session.execute(
        select(Clock.ticket_id, Clock.id)
        .join(Ticket, Ticket.id == Clock.ticket_id)
        .where(
            Clock.promise == "repair",
            Clock.met_at.is_(None),
            Clock.closed_as.is_(None),
            or_(Clock.paused_since.is_not(None), Clock.paused > timedelta(0)),
            Clock.started_at + Clock.target < now,
            Clock.is_imported.is_(False),
            Ticket.cycle == Clock.cycle,
            Ticket.cover.in_(IN_COVER),
            Ticket.main_equipment != "no",
            ~exists().where(
                Substitution.ticket_id == Clock.ticket_id,
                Substitution.cycle == Clock.cycle,
                Substitution.state != "lapsed",
            ),
        )
        .order_by(Clock.id)
        .limit(limit)
    )
    return [(ticket_id, clock_id) for ticket_id, clock_id in rows]


async def by_key(session: AsyncSession, key: UUID) -> Settlement | None:
    found: Settlement | None = await session.scalar(select(Settlement).where(Settlement.key == key))
    return found
