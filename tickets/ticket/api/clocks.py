"""What bears on the clocks, as JSON: pauses, severity, merging, recurrence, the look after dark."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from tickets.desk.queries.ticket import TicketShown, shown
from tickets.door import (
    PROBLEMS,
    ActIn,
    ActKey,
    DoorRoute,
    Instant,
    Line,
    Now,
    Passage,
    Session,
    Strict,
)
from tickets.sla.models import Pause
from tickets.sla.rules import PauseReason
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.ticket import actions, queries
from tickets.ticket.rules import Severity

router = APIRouter(tags=["clocks"], route_class=DoorRoute, responses=PROBLEMS)

Number = Annotated[int, Field(ge=1, lt=2**63)]


class PauseIn(ActIn):
    """`evidence` is a note; it may be left out where photos say it. Without `from` the pause
    begins at `at`, or now; without `to` it is open until somebody ends it."""

    reason: PauseReason
    evidence: Passage | None = None
    from_: Annotated[Instant | None, Field(alias="from")] = None
    to: Instant | None = None


class PauseOut(BaseModel):
    """`counts` is false while it waits for a manager, and once it is rejected."""

    id: int
    ticket: str
    reason: str
    evidence: str
    from_: Annotated[datetime, Field(serialization_alias="from")]
    to: datetime | None
    entered_at: datetime
    counts: bool
    accepted_at: datetime | None
    rejected_at: datetime | None


class ReviewIn(Strict):
    reason: Passage | None = None


class RejectionIn(Strict):
    reason: Passage


class SeverityIn(ActIn):
    severity: Severity
    reason: Passage
    version: int | None = None


class MergeIn(Strict):
    """`ref` is the ticket that survives."""

    ref: Line
    reason: Passage | None = None


class SplitIn(Strict):
    reason: Passage


class RecurrenceIn(ActIn):
    reason: Passage
    reported_at: Instant | None = None


class CheckIn(ActIn):
    passed: bool
    note: Passage | None = None


async def _out(session: Session, pause: Pause) -> PauseOut:
    return PauseOut(
        id=pause.id,
        ticket=(await queries.refs_of(session, [pause.ticket_id]))[pause.ticket_id],
        reason=pause.reason,
        evidence=pause.evidence,
        from_=pause.from_at,
        to=pause.to_at,
        entered_at=pause.entered_at,
        counts=pause.counts,
        accepted_at=pause.accepted_at,
        rejected_at=pause.rejected_at,
    )


@router.post("/tickets/{ref}/pauses", status_code=201)
async def pause(
    who: Annotated[Who, needs(Verb.TICKET_PAUSE)],
    session: Session,
    now: Now,
    ref: str,
    given: PauseIn,
    key: ActKey = None,
) -> PauseOut:
    """Arrival and repair stand still, for a reason on the owner's side or force majeure."""
    made = await actions.pause(
        session,
        who,
        ref,
        reason=given.reason,
        evidence=given.evidence,
        from_at=given.from_,
        to_at=given.to,
        at=given.at,
        phone_time=given.phone_time,
        now=now,
        key=key,
        photos=given.photos,
        signature=given.signature,
    )
    return await _out(session, made)


@router.get("/tickets/{ref}/pauses")
async def pauses(
    who: Annotated[Who, needs(Verb.TICKET_READ)], session: Session, ref: str
) -> list[PauseOut]:
    """Every pause of the ticket and of what was merged into it, rejected ones too."""
    return [await _out(session, each) for each in await queries.pauses_of(session, who, ref)]


@router.post("/pauses/{id}/end")
async def end_pause(
    who: Annotated[Who, needs(Verb.TICKET_PAUSE)],
    session: Session,
    now: Now,
    id: Number,
    given: ActIn = ActIn(),  # noqa: B008
    key: ActKey = None,
) -> PauseOut:
    ended = await actions.end_pause(
        session,
        who,
        id,
        at=given.at,
        phone_time=given.phone_time,
        key=key,
        now=now,
        photos=given.photos,
        signature=given.signature,
    )
    return await _out(session, ended)


@router.post("/pauses/{id}/acceptance")
async def accept_pause(
    who: Annotated[Who, needs(Verb.PAUSE_REVIEW)],
    session: Session,
    now: Now,
    id: Number,
    given: ReviewIn | None = None,
) -> PauseOut:
    """A manager stands behind it: now it counts, also where it lifts a breach."""
    reason = given.reason if given else None
    accepted = await actions.accept_pause(session, who, id, reason=reason, now=now)
    return await _out(session, accepted)


@router.post("/pauses/{id}/rejection")
async def reject_pause(
    who: Annotated[Who, needs(Verb.PAUSE_REVIEW)],
    session: Session,
    now: Now,
    id: Number,
    given: RejectionIn,
) -> PauseOut:
    """It counts no more; a breach that follows is dated in the past."""
    rejected = await actions.reject_pause(session, who, id, reason=given.reason, now=now)
    return await _out(session, rejected)


@router.post("/tickets/{ref}/severity")
async def change_severity(
    who: Annotated[Who, needs(Verb.TICKET_GRADE)],
    session: Session,
    now: Now,
    ref: str,
    given: SeverityIn,
    key: ActKey = None,
) -> TicketShown:
    """Running clocks are superseded; their successors keep start and pauses."""
    ticket = await actions.change_severity(
        session,
        who,
        ref,
        severity=given.severity,
        reason=given.reason,
        version=given.version,
        at=given.at,
        phone_time=given.phone_time,
        now=now,
        key=key,
        photos=given.photos,
        signature=given.signature,
    )
    return await shown(session, ticket, now)


@router.post("/tickets/{ref}/duplicate_of")
async def merge(
    who: Annotated[Who, needs(Verb.TICKET_MERGE)],
    session: Session,
    now: Now,
    ref: str,
    given: MergeIn,
) -> TicketShown:
    """This ticket is a duplicate of `ref`, which survives; gives the duplicate as it is now."""
    await actions.merge(session, who, ref, into=given.ref, reason=given.reason, now=now)
    return await shown(session, await queries.find(session, who, ref), now)


@router.post("/tickets/{ref}/split")
async def split(
    who: Annotated[Who, needs(Verb.TICKET_MERGE)],
    session: Session,
    now: Now,
    ref: str,
    given: SplitIn,
) -> TicketShown:
    """The duplicate was none: both are derived anew, each from its own acts."""
    ticket = await actions.split(session, who, ref, reason=given.reason, now=now)
    return await shown(session, ticket, now)


@router.post("/tickets/{ref}/recurrence")
async def recur(
    who: Annotated[Who, needs(Verb.TICKET_REOPEN)],
    session: Session,
    now: Now,
    ref: str,
    given: RecurrenceIn,
    key: ActKey = None,
) -> TicketShown:
    """The same fault again: within 7 x 24 h of the repair this ticket in a new cycle, later a new
    ticket that `follows` it."""
    ticket = await actions.recur(
        session,
        who,
        ref,
        reason=given.reason,
        reported_at=given.reported_at or given.at,
        now=now,
        key=key,
        photos=given.photos,
    )
    return await shown(session, ticket, now)


@router.post("/tickets/{ref}/check")
async def check_after_dark(
    who: Annotated[Who, needs(Verb.TICKET_REPAIR)],
    session: Session,
    now: Now,
    ref: str,
    given: CheckIn,
    key: ActKey = None,
) -> TicketShown:
    """The look after dark at what was repaired by day; failed, it was no repair."""
    ticket = await actions.check_after_dark(
        session,
        who,
        ref,
        passed=given.passed,
        note=given.note,
        at=given.at,
        phone_time=given.phone_time,
        now=now,
        key=key,
        photos=given.photos,
        signature=given.signature,
    )
    return await shown(session, ticket, now)
