"""What is written down of a ticket, each with when it was and when we learnt it; and less of it:
what we knew at an instant, what had happened by one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tickets.sla.rules.history import Entered
from tickets.sla.rules.judge import Done
from tickets.sla.rules.story import Begun, Story
from tickets.sla.rules.words import ActKind, Promise, Result


@dataclass(frozen=True)
class Deed:
    """An act: what, when, who recorded it, and when we learnt it."""

    id: int
    ticket_id: int
    kind: ActKind
    at: datetime
    received_at: datetime
    by: str | None = None
    on_site: bool = False
    result: Result | None = None
    failed_at: datetime | None = None  # the look after dark showed that it was no repair

    @property
    def done(self) -> Done:
        result = Result.PARTIAL if self.failed_at is not None else self.result
        return Done(self.kind, self.at, self.on_site, result)


@dataclass(frozen=True)
class Held:
    """A pause with everybody's word on it. `end_received_at` is when we learnt its end."""

    id: int
    ticket_id: int
    reason: str
    from_at: datetime
    to_at: datetime | None
    entered_at: datetime
    received_at: datetime
    end_received_at: datetime | None = None
    evidence: str = ""
    by: str | None = None
    accepted_at: datetime | None = None
    accepted_by: str | None = None
    rejected_at: datetime | None = None
    rejected_by: str | None = None
    rejected_because: str | None = None

    @property
    def entered(self) -> Entered:
        return Entered(
            self.from_at, self.to_at, self.entered_at, self.accepted_at is not None, self.id
        )


@dataclass(frozen=True)
class Graded:
    """A change of severity; `joined` names the graver duplicate that brought it by merging."""

    generation: int
    at: datetime
    received_at: datetime
    before: str
    after: str
    reason: str = ""
    by: str | None = None
    joined: str | None = None
    undone_at: datetime | None = None


@dataclass(frozen=True)
class Joined:
    """A duplicate joined to the ticket that survives, until it was split off again."""

    duplicate_id: int
    survivor_id: int
    at: datetime
    split_at: datetime | None = None


@dataclass(frozen=True)
class Reported:
    """A ticket's own report, before any merging moved it."""

    ticket_id: int
    ref: str
    at: datetime


@dataclass(frozen=True)
class Noted:
    """A line of the diary: a breach noted, or withdrawn by true news."""

    promise: Promise
    cycle: int
    generation: int
    number: int
    breached_at: datetime
    recorded_at: datetime
    is_withdrawn: bool = False


@dataclass(frozen=True)
class Facts:
    """One ticket's matter, and that of every ticket ever merged into it."""

    story: Story
    severity: str  # before any change
    reports: Sequence[Reported]
    deeds: Sequence[Deed] = ()
    held: Sequence[Held] = ()
    graded: Sequence[Graded] = ()
    joined: Sequence[Joined] = ()
    noted: Sequence[Noted] = ()

    def ref(self, ticket_id: int) -> str:
        return next(each.ref for each in self.reports if each.ticket_id == ticket_id)

    @property
    def merged(self) -> Joined | None:
        """Into which other ticket this one has gone, if it has."""
        own = [j for j in self.joined if j.duplicate_id == self.story.ticket_id]
        return next((j for j in own if j.split_at is None), None)

    @property
    def earliest(self) -> Reported | None:
        """Of the merged ones, the ticket whose report is earlier than our own."""
        by_id = {each.ticket_id: each for each in self.reports}
        own = by_id[self.story.ticket_id]
        others = [by_id[id_] for id_ in self.story.family if id_ in by_id]
        first = min(others, key=lambda each: each.at, default=own)
        return first if first.at < own.at else None


def standing(facts: Facts) -> Facts:
    """What is known now: without what belongs to a duplicate that was split off again."""
    family = facts.story.family
    return replace(
        facts,
        deeds=[d for d in facts.deeds if d.ticket_id in family],
        held=[h for h in facts.held if h.ticket_id in family],
    )


def knew(facts: Facts, at: datetime) -> Facts:
    """What we knew at an instant: acts, pauses, changes received by then, the ends, acceptances,
    rejections, merges and failed looks after dark by then."""
    joined = [
        replace(j, split_at=j.split_at if j.split_at and j.split_at <= at else None)
        for j in facts.joined
        if j.at <= at
    ]
    graded = [
        replace(g, undone_at=g.undone_at if g.undone_at and g.undone_at <= at else None)
        for g in facts.graded
        if g.received_at <= at
    ]
    family = family_of(facts.story.ticket_id, joined)
    ended = facts.story.ended_at
    return replace(
        facts,
        story=replace(
            facts.story,
            severity=next((g.after for g in reversed(graded) if not g.undone_at), facts.severity),
            cycles=_cycles(facts, family, at),
            family=family,
            ended_at=ended if ended is not None and ended <= at else None,
        ),
        deeds=[
            replace(d, failed_at=d.failed_at if d.failed_at and d.failed_at <= at else None)
            for d in facts.deeds
            if d.received_at <= at and d.ticket_id in family
        ],
        held=[
            _held_then(h, at) for h in facts.held if h.received_at <= at and h.ticket_id in family
        ],
        graded=graded,
        joined=joined,
        noted=[n for n in facts.noted if n.recorded_at <= at],
    )


def happened(facts: Facts, at: datetime) -> Facts:
    """What had happened by an instant, as we know it: acts dated by then, pauses begun by then
    (one that ended later was open), severities changed by then, an end that had come."""
    ended = facts.story.ended_at
    return replace(
        facts,
        story=replace(
            facts.story,
            cycles=[begun for begun in facts.story.cycles if begun.reported_at <= at],
            ended_at=ended if ended is not None and ended <= at else None,
        ),
        deeds=[d for d in facts.deeds if d.at <= at],
        held=[
            h if h.to_at is not None and h.to_at <= at else replace(h, to_at=None)
            for h in facts.held
            if h.from_at <= at
        ],
        graded=[g for g in facts.graded if g.at <= at],
        joined=[j for j in facts.joined if j.at <= at or j.survivor_id == facts.story.ticket_id],
        noted=[n for n in facts.noted if n.breached_at <= at],
    )


def family_of(ticket_id: int, joined: Iterable[Joined]) -> list[int]:
    """A ticket (first) and whatever is merged into it, and into that."""
    joined = list(joined)
    family = [ticket_id]
    for survivor in family:  # it grows as it is read
        family += [
            j.duplicate_id
            for j in joined
            if j.survivor_id == survivor and j.split_at is None and j.duplicate_id not in family
        ]
    return family


def _cycles(facts: Facts, family: Sequence[int], at: datetime) -> list[Begun]:
    """The first counts from the earliest report of those that were merged by then."""
    known = [begun for begun in facts.story.cycles if begun.received_at <= at]
    reports = [each.at for each in facts.reports if each.ticket_id in family]
    return [
        replace(begun, reported_at=min(reports)) if begun.number == 1 and reports else begun
        for begun in known
    ]


def _held_then(held: Held, at: datetime) -> Held:
    if held.to_at is not None and (held.end_received_at or held.received_at) > at:
        held = replace(held, to_at=None)
    if held.accepted_at is not None and held.accepted_at > at:
        held = replace(held, accepted_at=None, accepted_by=None)
    if held.rejected_at is not None and held.rejected_at > at:
        held = replace(held, rejected_at=None, rejected_by=None, rejected_because=None)
    return held
