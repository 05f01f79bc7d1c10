"""One cycle of a ticket as it stood at an instant: what an explanation starts from."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from tickets.sla.rules.facts import Deed, Facts, Held, happened
from tickets.sla.rules.history import Cycle, Key, Lived, derive_all
from tickets.sla.rules.judge import Verdict
from tickets.sla.rules.story import Begun, cycle_of, next_report, severities
from tickets.sla.rules.words import Promise


@dataclass(frozen=True)
class Matter:
    """One cycle of a ticket as it stood at `at`: what had happened by then (`facts.happened`),
    which pauses count, and which breach each waiting one would lift."""

    facts: Facts
    begun: Begun
    cycle: Cycle
    severities: Mapping[int, str]  # by generation
    counted: frozenset[int]
    lifts: Mapping[int, tuple[Promise, datetime]]
    at: datetime
    # Clocks there are that nothing calls for any more: true news made them needless.
    gone: Mapping[Key, Verdict] = field(default_factory=dict)

    @property
    def deeds(self) -> list[Deed]:
        story, number = self.facts.story, self.begun.number
        return [d for d in self.facts.deeds if cycle_of(story, d.at) == number]

    @property
    def held(self) -> list[Held]:
        until = next_report(self.facts.story, self.begun)
        return [
            h
            for h in self.facts.held
            if (h.from_at if h.to_at is None else h.to_at) >= self.begun.reported_at
            and (until is None or h.from_at < until)
        ]

    @property
    def lived(self) -> Lived:
        entered = [held.entered for held in self.held if held.rejected_at is None]
        return Lived(self.cycle, [deed.done for deed in self.deeds], entered)


def matters(
    known: Facts,
    cycles: Mapping[int, Cycle],
    *,
    at: datetime,
    now: datetime,
    gone: Mapping[int, Mapping[Key, Verdict]] | None = None,
) -> list[Matter]:
    """Every cycle that had begun at `at`. `known` is all that is known, `now` when it was known.

    Which pauses count is decided by everything known, later news too; only then is cut off what
    had not happened yet: a pause accepted on the fifth was no breach on the third.
    """
    then = happened(known, at)
    wholes = [
        Matter(known, begun, cycles[begun.number], {}, frozenset(), {}, now)
        for begun in known.story.cycles
    ]
    made = []
    for whole, derived in zip(
        wholes, derive_all([whole.lived for whole in wholes], now=now), strict=True
    ):
        begun = whole.begun
        if begun.reported_at > at:
            continue
        severities_ = severities(known.story, known.graded, begun)
        left = gone.get(begun.number, {}) if gone else {}
        made.append(
            Matter(
                then,
                begun,
                cut(whole.cycle, at),
                {generation: severity for generation, _, severity in severities_},
                frozenset(each.id for each in derived.counted),
                derived.lifts,
                at,
                {
                    key: each
                    for key, each in left.items()
                    if key not in derived.clocks and each.closed_at and each.closed_at <= at
                },
            )
        )
    return made


def cut(cycle: Cycle, at: datetime) -> Cycle:
    """The cycle as it stood at an instant: severities until then, an end that had come."""
    ended = cycle.ended_at
    return replace(
        cycle,
        episodes=[each for each in cycle.episodes if each.since <= at],
        ended_at=ended if ended is not None and ended <= at else None,
    )
