"""A phone's own word, as JSON: it is there, and so many acts wait on it."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from tickets.door import PROBLEMS, DoorRoute, Line, Now, RoomRouter, Session, Strict
from tickets.phone import actions
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs

router = RoomRouter("/api/v1/phones", route_class=DoorRoute, responses=PROBLEMS, tags=["visit"])


class BeatIn(Strict):
    """`phone`: a UUID the app made once on this phone; `waiting`: acts not delivered yet."""

    phone: UUID
    app_version: Annotated[Line, Field(max_length=50)] | None = None
    waiting: Annotated[int, Field(ge=0, le=100_000)] = 0


@router.post("/phones/beat", status_code=204)
async def beat(
    who: Annotated[Who, needs(Verb.ROUND_SEE)], session: Session, now: Now, given: BeatIn
) -> None:
    """Light enough to be said every few minutes: the desk sees when the phone was last heard of."""
    await actions.beat(session, who.id, **given.model_dump(), now=now)
