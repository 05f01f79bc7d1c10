"""The rules an explanation leans on, each with its place in rules.md, in the reader's words."""

from collections.abc import Iterator
from enum import Enum

from tickets.sla.rules.explain import Explained
from tickets.sla.rules.facts import Joined
from tickets.sla.rules.said import Said, said
from tickets.sla.rules.taken import Why
from tickets.sla.rules.words import ActKind, ClockState, Promise


class Clause(Enum):
    """(section of rules.md, what it says)."""

    RUNNING = (
        "§2",
        said(
            "Every promise counts from when the owner told us, around the clock. What is done"
            " at the very due instant is in time."
        ),
    )
    KEPT = ("§2", said("What is done at the very due instant is in time; anything later is late."))
    ARRIVED = ("§2", said("Who is on site has answered: an arrival is a response too."))
    FIXED = (
        "§2",
        said(
            "A repair on site is an arrival and a response too, one from afar a response; what"
            " is repaired is no danger any more."
        ),
    )
    LATE = (
        "§2",
        said(
            "A breach is dated at the due instant, whenever it is noticed. Nothing removes it but"
            " true news: an act that turns out to have come before it, or a pause accepted later."
        ),
    )
    AFAR = (
        "§2",
        said(
            "Repaired from afar before the arrival was due, nobody needs to come; an arrival that"
            " was past due stays late."
        ),
    )
    ENDED = (
        "§2",
        said(
            "When a ticket is cancelled or was not ours, what is neither kept nor late is not"
            " needed any more; a breach stays."
        ),
    )
    SEVERITY = (
        "§2",
        said(
            "When the severity changes, a running clock gives way to its successor: the same"
            " start, the pauses carried over, the new target. What is late is left alone."
        ),
    )
    DANGER = (
        "§2",
        said(
            "Making safe is promised for danger (S1) alone: from the rise to S1 on, and no more"
            " once that is over."
        ),
    )
    MERGED = (
        "§2",
        said(
            "Merged tickets are one: the survivor's clocks count from the earliest report, with"
            " the acts and the pauses of both."
        ),
    )
    FROM_ARRIVAL = (
        "§2",
        said(
            "By the terms of this project the repair counts from our arrival, or from when the"
            " arrival was due, whichever is earlier."
        ),
    )
    PAUSE = (
        "§3",
        said(
            "Arrival and repair stand still, together, for a reason on the owner's side or force"
            " majeure. Due is the instant at which the time that counts reaches the target."
        ),
    )
    WAITING = (
        "§3",
        said(
            "A pause entered after a breach that it would lift counts only once a manager has"
            " accepted it."
        ),
    )
    REJECTED = ("§3", said("A pause that a manager has rejected counts no more."))
    AFTER = ("§3", said("A pause that begins at or after the due instant changes nothing."))
    CYCLE = (
        "§4",
        said(
            "The same fault again within 7 x 24 h of the repair begins a new cycle with fresh"
            " clocks; what was decided before stands."
        ),
    )

    @property
    def section(self) -> str:
        return self.value[0]

    @property
    def told(self) -> Said:
        return self.value[1]


def clauses(told: Explained) -> list[Clause]:
    """What decided first; each once."""
    return list(dict.fromkeys(_clauses(told)))


def _clauses(told: Explained) -> Iterator[Clause]:
    yield _verdict(told)
    if told.is_implied and told.kept is not None:
        yield Clause.FIXED if told.kept.kind is ActKind.REPAIR else Clause.ARRIVED
    if told.promise is Promise.REPAIR and told.matter.cycle.repair_from == "arrival":
        yield Clause.FROM_ARRIVAL
    if told.promise is Promise.MAKE_SAFE:
        yield Clause.DANGER
    elif told.generation != told.matter.cycle.episodes[0].generation:
        yield Clause.SEVERITY
    for each in told.pauses:
        if each.why in (Why.COUNTS, Why.STANDS, Why.CUT):
            yield Clause.PAUSE
        elif each.why in _NOTHING:
            yield _NOTHING[each.why]
    if len(told.matter.facts.story.family) > 1:
        yield Clause.MERGED
    if told.cycle > 1:
        yield Clause.CYCLE


_NOTHING = {
    Why.WAITING: Clause.WAITING,
    Why.REJECTED: Clause.REJECTED,
    Why.AFTER_DUE: Clause.AFTER,
}


def _verdict(told: Explained) -> Clause:
    match told.state:
        case ClockState.MET:
            return Clause.KEPT
        case ClockState.LATE:
            return Clause.LATE
        case ClockState.PAUSED:
            return Clause.PAUSE
        case ClockState.SUPERSEDED:
            return Clause.MERGED if isinstance(told.ended_by, Joined) else Clause.SEVERITY
        case ClockState.NOT_NEEDED:
            if told.is_gone:
                return Clause.SEVERITY
            is_afar = told.fix is not None and told.fix.at == told.verdict.closed_at
            return Clause.AFAR if is_afar and told.promise is Promise.ARRIVAL else Clause.ENDED
        case ClockState.RUNNING:
            return Clause.RUNNING
