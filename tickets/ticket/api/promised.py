"""What other programs do about calls: promise one, keep it; record that the owner urges."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from tickets.desk.queries.ticket import TicketShown, shown
from tickets.door import (
    PROBLEMS,
    ActKey,
    DoorRoute,
    Instant,
    Line,
    Now,
    Passage,
    Session,
    Strict,
)
from tickets.refusals import Invalid
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.ticket import actions
from tickets.ticket.api.calls import ReporterIn
from tickets.ticket.models import CallPromise

router = APIRouter(prefix="/tickets", tags=["tickets"], route_class=DoorRoute, responses=PROBLEMS)

Promises = Annotated[Who, needs(Verb.CALL_PROMISE)]


class CallPromiseIn(Strict):
    """`at` is still to come; `contact`: to which of the callers, where there are several."""

    at: Instant
    note: Passage | None = None
    contact: Annotated[int, Field(ge=1, lt=2**31)] | None = None


class ReminderIn(Strict):
    """Who urges: `reporter`, or `by`, a name alone; neither is the ticket's own caller."""

    note: Passage | None = None
    by: Line | None = None
    reporter: ReporterIn | None = None


@dataclass(frozen=True)
class CallPromiseOut:
    """Instants in UTC; `kept_at` is null until he was called."""

    id: int
    at: datetime
    note: str | None
    contact: int | None
    created_at: datetime
    kept_at: datetime | None


def _told(promise: CallPromise) -> CallPromiseOut:
    return CallPromiseOut(
        promise.id,
        promise.at,
        promise.note,
        promise.contact_id,
        promise.created_at,
        promise.kept_at,
    )


@router.post("/{ref}/call_promises", status_code=201)
async def promise(
    who: Promises,
    session: Session,
    now: Now,
    ref: str,
    given: CallPromiseIn,
    key: ActKey = None,
) -> CallPromiseOut:
    made = await actions.promise_call(
        session,
        who,
        ref,
        at=given.at,
        note=given.note,
        contact=given.contact,
        now=now,
        key=key,
    )
    return _told(made)


@router.post("/{ref}/call_promises/{promise_id}/kept")
async def keep(
    who: Promises,
    session: Session,
    now: Now,
    ref: str,
    promise_id: Annotated[int, Path(ge=1, lt=2**63)],
) -> CallPromiseOut:
    """He was called. A response or a call-back that is recorded keeps the promise as well."""
    return _told(await actions.keep_call(session, who, ref, promise_id, now=now))


@router.post("/{ref}/reminders", status_code=201)
async def remind(
    who: Annotated[Who, needs(Verb.TICKET_REMIND)],
    session: Session,
    now: Now,
    ref: str,
    given: ReminderIn = ReminderIn(),  # noqa: B008
    key: ActKey = None,
) -> TicketShown:
    """The owner urges. Refused where the ticket is ended."""
    if given.by and given.reporter:
        raise Invalid("by", "Name who urges once: by, or reporter.")
    ticket = await actions.remind(
        session,
        who,
        ref,
        note=given.note,
        name=given.reporter.name if given.reporter else given.by,
        phone=given.reporter.phone if given.reporter else None,
        now=now,
        key=key,
    )
    return await shown(session, ticket, now)
