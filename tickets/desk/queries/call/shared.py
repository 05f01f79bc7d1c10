"""Several calls about one dark circuit: where that many are open, they are looked at together."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ARRAY, Integer, func, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.sql.expression import cast

from tickets.asset.models import Asset
from tickets.staff.rules import Who
from tickets.ticket.models import Ticket, TicketAsset
from tickets.ticket.queries import visible

ENOUGH = 3  # three or more are no longer single lamps (domain.md §0.7)


@dataclass(frozen=True)
class Shared:
    """A circuit or a cabinet, and how many open tickets are on it or below it."""

    id: int
    code: str
    kind: str
    count: int


async def shared(
    session: AsyncSession, who: Who, project_id: int, among: Collection[int] = ()
) -> Sequence[Shared]:
    """Circuits and cabinets of a project with enough open tickets, the most first; one statement.

    `among` names those that matter, where the caller has named a lamp. A cabinet whose tickets
    are all on one circuit is not named beside it.
    """
    own, parent, above, line = (aliased(Asset) for _ in range(4))
    places = cast(array([own.id, parent.id, above.id]), ARRAY(Integer))
    each = (
        select(Ticket.id.label("ticket_id"), func.unnest(places).label("line_id"))
        .join(TicketAsset, TicketAsset.ticket_id == Ticket.id)
        .join(own, own.id == TicketAsset.asset_id)
        .outerjoin(parent, parent.id == own.parent_id)
        .outerjoin(above, above.id == parent.parent_id)
        .where(Ticket.project_id == project_id, Ticket.is_open, visible(who))
        .subquery()
    )
    count = func.count(each.c.ticket_id.distinct())
    asked = (
        select(line.id, line.code, line.kind, count)
        .join(each, each.c.line_id == line.id)
        .where(line.kind.in_(("CIRC", "BOX")))
        .group_by(line.id)
        .having(count >= ENOUGH)
        .order_by(line.kind.desc(), count.desc(), line.code)
    )
    if among:
        asked = asked.where(line.id.in_(among))
    found = [Shared(*row) for row in await session.execute(asked.limit(20))]
    full = {one.count for one in found if one.kind == "CIRC"}
    return [one for one in found if one.kind == "CIRC" or one.count not in full][:3]
