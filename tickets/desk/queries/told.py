"""What the ticket page tells in words: clocks, pauses, cycles, duplicates and their callers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tickets.events import Event
from tickets.sla.models import Act, Clock, Pause
from tickets.sla.rules import (
    ActKind,
    Begun,
    ClockState,
    Promise,
    Story,
    cycle_of,
    due_of,
    state,
)
from tickets.ticket.models import CallBack, PastCycle, Ticket, TicketPhoto
from tickets.ticket.rules import Status


@dataclass(frozen=True)
class PauseTold:
    """A pause in the words of the page. `state`: counts, waiting (for a manager), rejected."""

    pause: Pause
    state: str
    ref: str | None  # of the duplicate at which it was entered
    by: str | None
    accepted_by: str | None
    rejected_by: str | None
    because: str | None  # why it was rejected
    photos: Sequence[TicketPhoto]

    @property
    def is_open(self) -> bool:
        return self.pause.to_at is None and self.state != "rejected"

    @property
    def may_accept(self) -> bool:
        return self.pause.accepted_at is None and self.state != "rejected"


@dataclass(frozen=True)
class Kin:
    """A ticket that has to do with this one; its caller only for those who may know callers."""

    ref: str
    status: str
    description: str
    reported_at: datetime
    closed_at: datetime | None
    caller: str | None
    phone: str | None


@dataclass(frozen=True)
class CallerTold:
    """Somebody who called about it, and whether he has heard how it ended."""

    contact_id: int
    name: str
    phone: str | None
    ref: str
    is_told: bool


def pauses_told(
    pauses: Sequence[Pause],
    ticket: Ticket,
    kin: Sequence[Any],
    names: Mapping[int, str],
    events: Sequence[Event],
    photos: Mapping[str, Sequence[TicketPhoto]],
) -> Sequence[PauseTold]:
    refs = {each.id: each.ref for each in kin}
    because = {
        event.facts.get("pause_id"): event.facts.get("note")
        for event in events
        if event.kind == "pause.rejected"
    }
    return [
        PauseTold(
            pause,
            "rejected" if pause.rejected_at else "counts" if pause.counts else "waiting",
            refs.get(pause.ticket_id) if pause.ticket_id != ticket.id else None,
            names.get(pause.by_id or 0),
            names.get(pause.accepted_by_id or 0),
            names.get(pause.rejected_by_id or 0),
            because.get(pause.id),
            photos.get(f"pause_{pause.id}", ()),
        )
        for pause in pauses
    ]


@dataclass(frozen=True)
class Kinship:
    """Who belongs to whom; the duplicates with the latest merged last."""

    survivor: Kin | None
    follows: Kin | None
    followed_by: Sequence[Kin]
    duplicates: Sequence[Kin]


def kinship(ticket: Ticket, kin: Sequence[Any], *, is_ours: bool) -> Kinship:
    told = {each.id: _kin(each, is_ours) for each in kin}
    return Kinship(
        told.get(ticket.merged_into_id or 0),
        told.get(ticket.follows_id or 0),
        [told[each.id] for each in kin if each.follows_id == ticket.id],
        [told[each.id] for each in kin if _is_duplicate(each, ticket)],
    )


def _is_duplicate(each: Any, ticket: Ticket) -> bool:
    """Of this one, or of one of its duplicates: whatever is merged and not what it went into."""
    return each.status == Status.MERGED and each.id not in (
        ticket.merged_into_id,
        ticket.follows_id,
    )


def _kin(each: Any, is_ours: bool) -> Kin:
    return Kin(
        each.ref,
        each.status,
        each.description,
        each.reported_at,
        each.closed_at,
        each.caller if is_ours else None,
        each.phone if is_ours else None,
    )


def callers_told(
    ticket: Ticket, caller: Any, kin: Sequence[Any], call_backs: Sequence[CallBack]
) -> Sequence[CallerTold]:
    """Everybody who called, where duplicates brought several: all hear of the outcome (§2)."""
    asked = [c for c in call_backs if c.cycle == ticket.cycle and c.outcome != "not_reached"]
    told = {c.contact_id or ticket.reporter_id for c in asked}
    found: dict[int, CallerTold] = {}
    if caller is not None:
        found[caller.id] = CallerTold(
            caller.id, caller.name, caller.phone, ticket.ref, caller.id in told
        )
    for each in kin:
        if each.reporter_id is not None and _is_duplicate(each, ticket):
            known = CallerTold(
                each.reporter_id, each.caller, each.phone, each.ref, each.reporter_id in told
            )
            found.setdefault(each.reporter_id, known)
    is_alone = set(found) <= {ticket.reporter_id}
    return [] if is_alone else list(found.values())


def present_acts(ticket: Ticket, past: Sequence[PastCycle], acts: Sequence[Act]) -> Sequence[Act]:
    """Those of the present cycle, the duplicates' too."""
    story = Story(
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
        family=(),
    )
    return [act for act in acts if cycle_of(story, act.at) == ticket.cycle]


@dataclass(frozen=True)
class ClockTold:
    """A clock with its verdict and the act that kept it, for "why is this due then?"."""

    clock: Clock
    state: ClockState
    due_at: datetime | None
    started_at: datetime | None
    act: Act | None
    act_by: str | None

    @property
    def is_open(self) -> bool:
        return self.clock.met_at is None and self.clock.closed_as is None

    @property
    def is_implied(self) -> bool:
        """Kept by an act of another kind: who stands at the lamp has answered."""
        own = {"make_safe": "made_safe"}.get(self.clock.promise, self.clock.promise)
        return self.act is not None and self.act.kind != own


# Which acts keep which promise, its own kind first (rules.md §2).
_KEPT_BY: Mapping[str, Sequence[str]] = {
    Promise.RESPONSE: (ActKind.RESPONSE, ActKind.ARRIVAL, ActKind.REPAIR),
    Promise.ARRIVAL: (ActKind.ARRIVAL, ActKind.REPAIR),
    Promise.REPAIR: (ActKind.REPAIR,),
    Promise.MAKE_SAFE: (ActKind.MADE_SAFE, ActKind.REPAIR),
}


def clock_told(
    clock: Clock, acts: Sequence[Act], names: Mapping[int, str], now: datetime
) -> ClockTold:
    kinds = _KEPT_BY[clock.promise]
    keeping = [
        act
        for act in acts
        if act.cycle == clock.cycle and act.at == clock.met_at and act.kind in kinds
    ]
    act = min(keeping, key=lambda a: kinds.index(a.kind), default=None)
    due = due_of(clock, now)
    started = clock.started_at or (clock.starts_by if due is not None else None)
    return ClockTold(
        clock, state(clock, now), due, started, act, names.get(act.by_id or 0) if act else None
    )
