"""Many calls about one fault joined in one step, as JSON."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from tickets.desk.queries.ticket import TicketShown, shown
from tickets.door import PROBLEMS, DoorRoute, Line, Now, Passage, Session, Strict
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.ticket import actions

router = APIRouter(tags=["clocks"], route_class=DoorRoute, responses=PROBLEMS)


class MergesIn(Strict):
    """`refs`: 2 to 200 open tickets of one project and kind; `reason` is needed with an S1."""

    refs: Annotated[list[Line], Field(max_length=1000)]
    reason: Passage | None = None


@router.post("/tickets/merges")
async def merge_many(
    who: Annotated[Who, needs(Verb.TICKET_MERGE)], session: Session, now: Now, given: MergesIn
) -> TicketShown:
    """The gravest survives, the earliest of these, and is answered; all are joined or none."""
    survivor = await actions.merge_many(session, who, given.refs, reason=given.reason, now=now)
    return await shown(session, survivor, now)
