"""Why a ticket's clocks stand, or stood, as they do: for programs, and in words for people."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from tickets.door import PROBLEMS, DoorRoute, Instant, Now, Session
from tickets.sla.rules.clauses import clauses
from tickets.sla.rules.explain import Explained
from tickets.sla.rules.pause_sentences import why
from tickets.sla.rules.said import aloud, spoken
from tickets.sla.rules.sentences import sentences
from tickets.sla.rules.taken import Taken
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.ticket.queries.explained import place_of, sheet

router = APIRouter(tags=["clocks"], route_class=DoorRoute, responses=PROBLEMS)


class PauseTold(BaseModel):
    """`counted_seconds` is what it took off this clock, an open one up to `as_of`."""

    id: int
    from_: Annotated[datetime, Field(serialization_alias="from")]
    to: datetime | None
    reason: str
    counted_seconds: int
    why: str


class ClauseTold(BaseModel):
    rule: str
    text: str


class ClockTold(BaseModel):
    """Elapsed, counted and paused seconds run from the start to the act that kept it, to its end,
    or to `as_of`; elapsed = counted + paused. `met_by` is the act's kind."""

    promise: str
    cycle: int
    generation: int
    severity: str
    state: str
    started_at: datetime | None
    target_minutes: int
    pauses: list[PauseTold]
    due_at: datetime | None
    met_at: datetime | None
    met_by: str | None
    closed_at: datetime | None
    elapsed_seconds: int
    counted_seconds: int
    paused_seconds: int
    rule: str
    clauses: list[ClauseTold]
    sentences: list[str]


class ClocksTold(BaseModel):
    """`known_at` is null for what we know today."""

    as_of: datetime
    known_at: datetime | None
    timezone: str
    clocks: list[ClockTold]


@router.get("/tickets/{ref}/clocks")
async def explain_clocks(
    who: Annotated[Who, needs(Verb.TICKET_READ)],
    session: Session,
    now: Now,
    ref: str,
    at: Annotated[Instant | None, Query(description="Now, or `known_at`")] = None,
    known_at: Annotated[Instant | None, Query(description="With what we knew then; today")] = None,
) -> ClocksTold:
    """Every clock of every cycle at an instant: start, target, pauses, due, verdict, and by which
    rule, in the asker's language. Before the report there are none."""
    place = await place_of(session, who, ref)
    told = await sheet(session, place, now=now, at=at, known_at=known_at)
    zone = place.project.timezone
    return ClocksTold(
        as_of=told.as_of,
        known_at=told.known_at,
        timezone=zone,
        clocks=[_clock(each, who.locale, zone) for each in told.clocks],
    )


def _clock(told: Explained, locale: str, zone: str) -> ClockTold:
    verdict, leaning = told.verdict, clauses(told)
    return ClockTold(
        promise=told.promise,
        cycle=told.cycle,
        generation=told.generation,
        severity=told.severity,
        state=told.state,
        started_at=verdict.started_at,
        target_minutes=round(verdict.target.total_seconds() / 60),
        pauses=[_pause(each, locale, zone) for each in told.pauses],
        due_at=verdict.due_at,
        met_at=verdict.met_at,
        met_by=told.kept.kind if told.kept else None,
        closed_at=verdict.closed_at,
        elapsed_seconds=round(told.elapsed.total_seconds()),
        counted_seconds=round(told.elapsed.total_seconds()) - round(told.paused.total_seconds()),
        paused_seconds=round(told.paused.total_seconds()),
        rule=f"rules.md {leaning[0].section}",
        clauses=[
            ClauseTold(rule=f"rules.md {each.section}", text=spoken(each.told, locale, zone))
            for each in leaning
        ],
        sentences=[spoken(each, locale, zone) for each in sentences(told)],
    )


def _pause(taken: Taken, locale: str, zone: str) -> PauseTold:
    return PauseTold(
        id=taken.held.id,
        from_=taken.held.from_at,
        to=taken.held.to_at,
        reason=taken.held.reason,
        counted_seconds=round(taken.length.total_seconds()),
        why=aloud(why(taken), locale, zone),
    )
