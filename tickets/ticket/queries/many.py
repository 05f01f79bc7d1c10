"""Several tickets at once, found for somebody and a verb; locked in one order by all who do."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Text

from tickets.project.models import Project
from tickets.refusals import Forbidden, Missing
from tickets.staff.rules import Verb, Who
from tickets.ticket.models import Ticket
from tickets.ticket.queries.seen import visible

_BY_REFS = (
    select(Ticket, Project)
    .join(Project, Project.id == Ticket.project_id)
    .where(Ticket.ref == any_(bindparam("refs", type_=ARRAY(Text()))))
    .order_by(Ticket.id)
)


@dataclass(frozen=True)
class Found:
    """A ticket one may see, its project, and whether one may do the verb with it."""

    ticket: Ticket
    project: Project
    may: bool


async def find_many(
    session: AsyncSession, who: Who, refs: Sequence[str], verb: Verb, *, lock: bool = False
) -> Sequence[Found]:
    """Those of them one may see, by number; one statement.

    With `lock` they are held until the transaction ends. Everybody who holds several takes them in
    the order of their numbers: of two with overlapping selections the second waits for the first.
    """
    asked = _BY_REFS.where(visible(who))
    if lock:
        asked = asked.with_for_update(key_share=True, of=Ticket).execution_options(
            populate_existing=True
        )
    # PostgreSQL knows no NUL; no ticket has one.
    rows = await session.execute(asked, {"refs": [ref for ref in refs if "\0" not in ref]})
    return [
        Found(ticket, project, who.may_for(verb, project.id, project.group_id))
        for ticket, project in rows
    ]


async def find_all(
    session: AsyncSession, who: Who, refs: Sequence[str], verb: Verb, *, lock: bool = False
) -> Sequence[Ticket]:
    """All of them as they were named, or none: the first that is not there is Missing."""
    found = {each.ticket.ref: each for each in await find_many(session, who, refs, verb, lock=lock)}
    for ref in refs:
        if ref not in found:
            raise Missing("There is no ticket {ref}.", ref=ref.replace("\0", ""))
    if not all(each.may for each in found.values()):
        raise Forbidden("Your role does not allow this.")
    return [found[ref].ticket for ref in refs]
