"""What settles a substitution, as JSON: an emergency measure, or the owner's refusal."""

from typing import Annotated

from tickets.desk.queries.ticket import TicketShown, shown
from tickets.door import PROBLEMS, ActIn, ActKey, DoorRoute, Line, Now, Passage, RoomRouter, Session
from tickets.loan import actions
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs

router = RoomRouter("/api/", route_class=DoorRoute, responses=PROBLEMS, tags=["substitution"])


class MeasureIn(ActIn):
    description: Passage


class RefusalIn(ActIn):
    """`by` names the owner's person who declined; it is kept with the contacts alone."""

    by: Line
    note: Passage | None = None


@router.post("/tickets/{ref}/measures", status_code=201)
async def record_measure(
    ref: str,
    who: Annotated[Who, needs(Verb.SUBSTITUTION_SETTLE)],
    session: Session,
    now: Now,
    given: MeasureIn,
    key: ActKey = None,
) -> TicketShown:
    """An emergency measure, so that the owner's use does not suffer; before the debt or after."""
    ticket = await actions.record_measure(
        session,
        who,
        ref,
        description=given.description,
        now=now,
        at=given.at,
        phone_time=given.phone_time,
        key=key,
        photos=given.photos,
        signature=given.signature,
    )
    return await shown(session, ticket, now)


@router.post("/tickets/{ref}/substitution_declined", status_code=201)
async def record_refusal(
    ref: str,
    who: Annotated[Who, needs(Verb.SUBSTITUTION_SETTLE)],
    session: Session,
    now: Now,
    given: RefusalIn,
    key: ActKey = None,
) -> TicketShown:
    """The owner does not want a substitute: who of his people said so, and why."""
    ticket = await actions.record_refusal(
        session,
        who,
        ref,
        by=given.by,
        note=given.note,
        now=now,
        at=given.at,
        phone_time=given.phone_time,
        key=key,
        photos=given.photos,
        signature=given.signature,
    )
    return await shown(session, ticket, now)
