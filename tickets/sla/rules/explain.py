"""Why a clock stands as it does at an instant: every figure of it, and what each pause took off.

Pure, like everything it rests on: `history.clocks` decides, this only says what it decided. The
sentences are in `sentences`, the rules they lean on in `clauses`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tickets.sla.rules.due import state
from tickets.sla.rules.facts import Deed, Graded, Joined, Noted
from tickets.sla.rules.history import Key, clocks
from tickets.sla.rules.judge import Verdict
from tickets.sla.rules.matter import Matter
from tickets.sla.rules.taken import NOTHING, Taken, taken
from tickets.sla.rules.words import PROMISE_ORDER, ActKind, ClockState, Promise

_OWN_KIND = {Promise.MAKE_SAFE: ActKind.MADE_SAFE}


@dataclass(frozen=True)
class Explained:
    """A clock at an instant. Elapsed and counted time run to `until`: the act, the end, or `at`.
    Always `elapsed == counted + paused`, and where it is due `due = started + target + paused`."""

    matter: Matter
    promise: Promise
    generation: int
    state: ClockState
    verdict: Verdict
    until: datetime
    elapsed: timedelta
    paused: timedelta
    pauses: Sequence[Taken]
    kept: Deed | None = None
    fix: Deed | None = None
    ended_by: Graded | Joined | None = None  # of a superseded one
    is_gone: bool = False  # nothing calls for it any more

    @property
    def cycle(self) -> int:
        return self.matter.begun.number

    @property
    def severity(self) -> str:
        """That it was promised for."""
        graded = (g.after for g in self.matter.facts.graded if g.generation == self.generation)
        return self.matter.severities.get(self.generation) or next(
            graded, self.matter.facts.severity
        )

    @property
    def counted(self) -> timedelta:
        return self.elapsed - self.paused

    @property
    def is_implied(self) -> bool:
        own = _OWN_KIND.get(self.promise, self.promise.value)
        return self.kept is not None and self.kept.kind != own

    @property
    def noted(self) -> list[Noted]:
        """What the diary says of this clock's breaches."""
        key = (self.promise, self.cycle, self.generation)
        return [n for n in self.matter.facts.noted if (n.promise, n.cycle, n.generation) == key]


def explain(matter: Matter) -> list[Explained]:
    """Every clock of the cycle, superseded ones and their successors too, in speaking order."""
    pauses = [h.entered for h in matter.held if h.id in matter.counted]
    made = clocks(matter.cycle, [d.done for d in matter.deeds], pauses, now=matter.at)
    merged = matter.facts.merged
    told = [_explained(matter, key, _merged(each, merged), merged) for key, each in made.items()]
    for key, verdict in matter.gone.items():
        if key not in made:
            told.append(replace(_explained(matter, key, verdict, None), is_gone=True))
    return sorted(told, key=lambda each: (each.generation, PROMISE_ORDER.index(each.promise)))


def _merged(verdict: Verdict, merged: Joined | None) -> Verdict:
    """The survivor's clocks tell for both (rules.md §2)."""
    if merged is None or verdict.closed_as is ClockState.SUPERSEDED:
        return verdict
    gone = replace(verdict, closed_as=ClockState.SUPERSEDED, closed_at=merged.at)
    return replace(gone, starts_by=None, paused_since=None)


def _explained(matter: Matter, key: Key, verdict: Verdict, merged: Joined | None) -> Explained:
    promise, generation = key
    stands = state(verdict, matter.at)
    fix = min((d for d in matter.deeds if d.done.is_fix), key=lambda d: d.at, default=None)
    kept = _kept(matter.deeds, promise, verdict)
    until = _until(matter, promise, verdict, stands, fix)
    ended = _successor(matter, generation) if verdict.closed_as is ClockState.SUPERSEDED else None
    gave_way = ended is not None and ended.at == verdict.closed_at
    pauses = taken(matter, promise, verdict, until, [] if gave_way else [kept, fix])
    elapsed = max(until - verdict.started_at, NOTHING) if verdict.started_at else NOTHING
    return Explained(
        matter,
        promise,
        generation,
        stands,
        verdict,
        until,
        elapsed,
        sum((each.length for each in pauses), NOTHING),
        pauses,
        kept,
        fix,
        ended if gave_way else merged if stands is ClockState.SUPERSEDED else None,
    )


def _kept(deeds: Iterable[Deed], promise: Promise, verdict: Verdict) -> Deed | None:
    """The act that kept it, as `judge` found it by its instant and kind."""
    needs_fix = promise in (Promise.REPAIR, Promise.MAKE_SAFE)
    return next(
        (
            deed
            for deed in deeds
            if (deed.at, deed.kind) == (verdict.met_at, verdict.met_by or ActKind.REPAIR)
            and not (deed.kind is ActKind.REPAIR and needs_fix and not deed.done.is_fix)
            and not (
                deed.kind is ActKind.REPAIR and promise is Promise.ARRIVAL and not deed.on_site
            )
        ),
        None,
    )


def _until(
    matter: Matter, promise: Promise, verdict: Verdict, stands: ClockState, fix: Deed | None
) -> datetime:
    ends = [matter.at]
    if verdict.closed_at is not None:
        ends.append(verdict.closed_at)
    if verdict.met_at is not None:
        ends.append(verdict.met_at)
    if stands is ClockState.LATE and verdict.met_at is None:
        # Nobody has to come any more; the breach stays.
        ends += [matter.cycle.ended_at] if matter.cycle.ended_at else []
        ends += [fix.at] if fix and promise is Promise.ARRIVAL else []
    return min(ends)


def _successor(matter: Matter, generation: int) -> Graded | None:
    """The change of severity that came after this generation's own."""
    numbers = [episode.generation for episode in matter.cycle.episodes]
    after = numbers[numbers.index(generation) + 1 :]
    return next((g for g in matter.facts.graded if after and g.generation == after[0]), None)
