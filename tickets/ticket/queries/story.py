"""What a ticket's clocks are derived from, as far as its own room knows it: cycles and family."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.refusals import Forbidden
from tickets.sla import queries as clocks_of
from tickets.sla.models import Pause
from tickets.sla.rules import Begun, Story
from tickets.staff.rules import Verb, Who
from tickets.ticket.models import PastCycle, Ticket
from tickets.ticket.queries.one import find_with
from tickets.ticket.rules import Status

# A ticket (first) and whatever was merged into it, and into that: built once.
_TREE = select(Ticket.id).where(Ticket.id == bindparam("ticket_id")).cte("tree", recursive=True)
_TREE = _TREE.union_all(select(Ticket.id).join(_TREE, Ticket.merged_into_id == _TREE.c.id))
_FAMILY = select(_TREE.c.id)
# What a ticket was merged into, nearest first.
_UP = select(Ticket.id, Ticket.merged_into_id, literal(0).label("step"))
_UP_TO = _UP.where(Ticket.id == bindparam("ticket_id")).cte("up", recursive=True)
_UP_TO = _UP_TO.union_all(
    select(Ticket.id, Ticket.merged_into_id, _UP_TO.c.step + 1).join(
        _UP_TO, Ticket.id == _UP_TO.c.merged_into_id
    )
)
_CHAIN = select(_UP_TO.c.id).order_by(_UP_TO.c.step)
_PAST = (
    select(PastCycle).where(PastCycle.ticket_id == bindparam("ticket_id")).order_by(PastCycle.cycle)
)


async def family_of(session: AsyncSession, ticket_id: int) -> Sequence[int]:
    """Its own number, and those of the duplicates merged into it."""
    return (await session.scalars(_FAMILY, {"ticket_id": ticket_id})).all()


async def callers_of(session: AsyncSession, ticket_id: int) -> frozenset[int]:
    """Everybody who called about a ticket or a duplicate of it, by the contact's number."""
    asked = select(Ticket.reporter_id).where(
        Ticket.id.in_(await family_of(session, ticket_id)), Ticket.reporter_id.is_not(None)
    )
    return frozenset(id_ for id_ in await session.scalars(asked) if id_ is not None)


async def past_cycles(session: AsyncSession, ticket_id: int) -> Sequence[PastCycle]:
    return (await session.scalars(_PAST, {"ticket_id": ticket_id})).all()


async def cover_of(session: AsyncSession, ticket: Ticket, cycle: int) -> str:
    """The decision of one cycle: that of an earlier one stands, whatever came after."""
    return (await cycle_told(session, ticket, cycle)).cover


async def cycle_told(session: AsyncSession, ticket: Ticket, cycle: int) -> Ticket | PastCycle:
    """Where cover, cause and payers of a cycle stand: on the ticket, or on what it was before."""
    if cycle == ticket.cycle:
        return ticket
    return next(past for past in await past_cycles(session, ticket.id) if past.cycle == cycle)


async def story_of(session: AsyncSession, ticket: Ticket) -> Story:
    past = await past_cycles(session, ticket.id) if ticket.cycle > 1 else ()
    return Story(
        ticket_id=ticket.id,
        project_id=ticket.project_id,
        kind=ticket.kind,
        severity=ticket.severity,
        cycles=[
            *(
                Begun(each.cycle, each.reported_at, each.received_at, each.own_terms)
                for each in past
            ),
            Begun(ticket.cycle, ticket.reported_at, ticket.received_at, ticket.own_terms),
        ],
        family=await family_of(session, ticket.id),
        ended_at=ticket.ended_at,
    )


async def earliest_report(session: AsyncSession, ticket: Ticket, own: datetime) -> datetime:
    """Of its own report and those of what is merged into it."""
    family = [id_ for id_ in await family_of(session, ticket.id) if id_ != ticket.id]
    asked = select(Ticket.reported_at).where(Ticket.id.in_(family))
    reports: list[datetime] = list(await session.scalars(asked))
    return min([own, *reports])


async def find_living(session: AsyncSession, who: Who, ref: str, verb: Verb) -> Ticket:
    """The ticket an act belongs to, locked: of a duplicate, the one it was merged into."""
    ticket, may = await find_with(session, who, ref, verb)
    if not may:
        raise Forbidden("Your role does not allow this.")
    return (await held_chain(session, ticket))[-1]


async def held_chain(session: AsyncSession, ticket: Ticket) -> Sequence[Ticket]:
    """The ticket, what it was merged into, and so on up: held in the order of their numbers, as
    everybody holds several, and looked up again if it has changed meanwhile."""
    ids: Sequence[int] = [ticket.id]
    if ticket.merged_into_id is not None:
        ids = await chain_of(session, ticket.id)
    while True:
        found = {each.id: each for each in await held(session, ids)}
        chain = [found[id_] for id_ in ids]
        if [each.merged_into_id for each in chain] == [*ids[1:], None]:
            return chain
        ids = await chain_of(session, ticket.id)


async def chain_of(session: AsyncSession, ticket_id: int) -> Sequence[int]:
    """Its own number, that of the ticket it was merged into, and so on up; not locked."""
    return (await session.scalars(_CHAIN, {"ticket_id": ticket_id})).all()


async def held(session: AsyncSession, ids: Collection[int]) -> Sequence[Ticket]:
    """Some tickets, locked in the order of their numbers until the transaction ends."""
    asked = select(Ticket).where(Ticket.id.in_(ids)).order_by(Ticket.id)
    asked = asked.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await session.scalars(asked)).all()


async def refs_of(session: AsyncSession, ids: Collection[int]) -> Mapping[int, str]:
    """The references of some tickets, by number; one statement, none for none."""
    if not ids:
        return {}
    rows = await session.execute(select(Ticket.id, Ticket.ref).where(Ticket.id.in_(ids)))
    return {id_: ref for id_, ref in rows}


async def pauses_of(session: AsyncSession, who: Who, ref: str) -> Sequence[Pause]:
    """Every pause of a ticket one may see and of what was merged into it, rejected ones too."""
    ticket, _ = await find_with(session, who, ref, Verb.TICKET_READ)
    family = await family_of(session, ticket.id)
    return await clocks_of.pauses_of_family(session, family, rejected=True)


async def awaits_look(session: AsyncSession, ticket: Ticket) -> bool:
    """A repair of the ticket waits for somebody to look at it after dark."""
    if ticket.status != Status.REPAIRED:
        return False
    family = await family_of(session, ticket.id)
    acts = await clocks_of.acts_of_family(session, family)
    return any(act.dark_check == "waiting" for act in acts)
