"""Many tickets in one transaction, each by itself: what cannot be done to one is no matter of the
others."""

from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.project.models import Project
from tickets.refusals import Forbidden, Invalid, Missing, Refused
from tickets.staff.rules import Verb, Who
from tickets.ticket import queries
from tickets.ticket.actions.act import must_be_open
from tickets.ticket.models import Ticket
from tickets.ticket.rules import MOST_TOGETHER, Status

Do = Callable[[Ticket, Project], Awaitable[object]]


async def each_alone(
    session: AsyncSession, who: Who, refs: Sequence[str], verb: Verb, do: Do
) -> dict[str, Refused | None]:
    """Do it with every open ticket, each in a savepoint of its own. Gives, as they were named, why
    it was refused, or None where it was done; one that may not be seen is Missing.

    All are locked first, in the order of their numbers, so that two who choose overlapping ones
    wait for each other in line.
    """
    refs = list(dict.fromkeys(refs))
    if not refs:
        raise Refused("Choose at least one ticket.")
    if len(refs) > MOST_TOGETHER:
        raise Invalid("refs", "At most {most} tickets at a time, please.", most=MOST_TOGETHER)
    found = {
        each.ticket.ref: each
        for each in await queries.find_many(session, who, refs, verb, lock=True)
    }
    told: dict[str, Refused | None] = {}
    for ref in refs:
        each = found.get(ref)
        if each is None:
            told[ref] = Missing("There is no ticket {ref}.", ref=ref.replace("\0", ""))
        elif not each.may:
            told[ref] = Forbidden("Your role does not allow this.")
        else:
            told[ref] = await _alone(session, each, do)
    return told


async def _alone(session: AsyncSession, found: queries.Found, do: Do) -> Refused | None:
    ref = found.ticket.ref
    try:
        if found.ticket.status == Status.MERGED:  # an act on it would reach one nobody chose
            raise Refused("Ticket {ref} is merged into another already.", ref=ref)
        must_be_open(found.ticket)
        async with session.begin_nested():
            await do(found.ticket, found.project)
    except Refused as refusal:
        return refusal
    return None
