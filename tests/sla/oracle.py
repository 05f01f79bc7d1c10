"""What every clock must say, from the list of what people told us alone; naive on purpose.

Written from rules.md §2-§4 and §6 and from docs/decisions/0003, apart from `tickets.sla.rules`: it
walks through time from one interesting instant to the next and counts what lies between, and it
knows no row. Slow, short of ideas, and easy to hold against the page.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

BELIEVED: Final = timedelta(hours=72)
LINES: Final = ("response", "arrival", "repair", "make_safe")

Key = tuple[str, int, str, int]  # ticket, cycle, promise, generation


@dataclass(frozen=True)
class Terms:
    """`targets["S2"]["repair"]` is how long a repair may take."""

    targets: Mapping[str, Mapping[str, timedelta]]
    repair_from: str = "report"


@dataclass(frozen=True)
class Told:
    """One thing that was told and taken: who entered it matters only for pauses.

    `what` is one of open, respond, make_safe, arrive, repair, pause, end, accept, reject,
    severity, merge, split, recur, cancel, close, check.
    """

    ticket: str
    what: str
    now: datetime
    at: datetime | None = None
    phone_time: datetime | None = None
    on_site: bool = False
    result: str = "fixed"
    dark: bool = False
    passed: bool = False
    from_at: datetime | None = None
    to_at: datetime | None = None
    is_managers: bool = False
    pause: int = 0
    severity: str = "S3"
    into: str = ""


@dataclass(frozen=True)
class Says:
    """What a clock says; `due` and `start` only where the state has them."""

    state: str
    start: datetime | None
    due: datetime | None
    met: datetime | None = None

    @property
    def breached(self) -> datetime | None:
        return self.due if self.state == "late" else None


@dataclass
class Deed:
    what: str
    at: datetime
    on_site: bool
    result: str
    dark: str | None

    @property
    def is_fix(self) -> bool:
        return self.what == "repair" and self.result == "fixed" and self.dark != "failed"


@dataclass
class Rest:
    number: int
    begin: datetime
    end: datetime | None
    entered: datetime
    is_backed: bool
    is_rejected: bool = False

    def covers(self, instant: datetime) -> bool:
        return self.begin <= instant and (self.end is None or instant < self.end)


@dataclass
class Turn:
    generation: int
    at: datetime
    severity: str
    by_merge_of: str | None = None
    is_undone: bool = False


@dataclass
class Case:
    """A ticket as it was told."""

    name: str
    severity: str
    reports: list[datetime]
    deeds: list[Deed] = field(default_factory=list)
    rests: list[Rest] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    joined: dict[str, int] = field(default_factory=dict)  # duplicates, and into which cycle
    into: str | None = None
    ended: datetime | None = None
    left: dict[Key, Says] = field(default_factory=dict)  # of a duplicate: as it stood when merged


@dataclass(frozen=True)
class Stretch:
    """A stretch of a cycle under one severity."""

    generation: int
    since: datetime
    until: datetime | None
    severity: str


class Oracle:
    def __init__(self, terms: Terms, told: Sequence[Told] = ()) -> None:
        self.terms = terms
        self.cases: dict[str, Case] = {}
        for each in told:
            self.hear(each)

    # What is told becomes what we believe happened.

    def hear(self, told: Told) -> None:
        if told.what == "open":
            at = told.at or told.now
            self.cases[told.ticket] = Case(told.ticket, told.severity, [at])
            return
        if told.what in ("end", "accept", "reject"):
            self._review(told)
            return
        case = self.cases[told.ticket]
        if told.what in ("merge", "split"):
            (self._merge if told.what == "merge" else self._split)(case, told)
            return
        while case.into is not None:
            case = self.cases[case.into]
        first = self.report(case, 0)
        if told.what in ("respond", "make_safe", "arrive", "repair"):
            # A report may be told a little ahead: nothing is done before it.
            at = max(believed(told, first), first if told.at else self.report(case, -1))
            dark = "waiting" if told.dark else None
            deed = Deed(told.what, at, told.on_site, told.result, dark)
            case.deeds.append(deed)
            if deed.is_fix:
                self._end_rests(case, at)
        elif told.what == "pause":
            self._rest(case, told, first)
        elif told.what == "severity":
            self._turn(case, told, first)
        elif told.what == "recur":
            case.reports.append(told.at or told.now)
            case.ended = None
        elif told.what == "cancel":
            self._end(case, told.now)
        elif told.what == "close":
            self._close(case, told)
        elif told.what == "check":
            for deed in self.deeds(case):
                if deed.dark == "waiting":
                    deed.dark = "passed" if told.passed else "failed"

    def _close(self, case: Case, told: Told) -> None:
        """Not ours: whoever tells the caller so has answered him, and nothing more is owed."""
        last = len(case.reports)
        done = [d for d in self.deeds(case) if self.cycle_of(case, d.at) == last]
        if any(deed.is_fix for deed in done):
            return
        if not any(deed.what in ("respond", "arrive", "repair") for deed in done):
            case.deeds.append(
                Deed("respond", told.at or max(told.now, self.report(case, -1)), False, "", None)
            )
        self._end(case, told.now)

    def _end(self, case: Case, now: datetime) -> None:
        """Counted from when it is recorded; nobody waits for the owner any more."""
        case.ended = now
        for rest in self.rests(case):
            rest.end = rest.end or max(rest.begin, now)

    def _end_rests(self, case: Case, at: datetime) -> None:
        number = self.cycle_of(case, at)
        for rest in self.rests(case):
            if rest.end is None and self.cycle_of(case, rest.begin) <= number:
                rest.end = max(rest.begin, at)

    def _rest(self, case: Case, told: Told, first: datetime) -> None:
        entered = believed(told, first)
        skew = told.now - told.phone_time if told.phone_time else timedelta()
        begin = told.from_at + skew if told.from_at else entered
        end = told.to_at + skew if told.to_at else None
        if told.phone_time is None:
            begin = told.from_at or told.at or told.now
            entered = told.now
        if end is None:
            number = self.cycle_of(case, begin)
            fixes = [d.at for d in self.deeds(case)
                     if d.is_fix and self.cycle_of(case, d.at) == number]  # fmt: skip
            end = min(fixes, default=None)
        case.rests.append(Rest(told.pause, begin, end, entered, told.is_managers))

    def _review(self, told: Told) -> None:
        rest = next(r for c in self.cases.values() for r in c.rests if r.number == told.pause)
        if told.what == "end":
            rest.end = believed(told, rest.begin)
        elif told.what == "accept":
            rest.is_backed = True
        else:
            rest.is_rejected = True

    def _turn(self, case: Case, told: Told, first: datetime) -> None:
        """Dated back, it makes no breach unhappen: then it counts from when it was recorded."""
        at = max(believed(told, self.report(case, -1)), self.report(case, -1))
        before = self.of(case, told.now)
        generation = max([1, *(t.generation for t in case.turns)]) + 1
        turn = Turn(generation, at, told.severity)
        if any(at < t.at for t in case.turns if not t.is_undone):
            turn.at = told.now
        case.turns.append(turn)
        after = self.of(case, told.now)
        if any(s.state == "late" and (k not in after or after[k].state != "late")
               for k, s in before.items()):  # fmt: skip
            turn.at = told.now

    def _merge(self, case: Case, told: Told) -> None:
        case.left = {
            key: Says("superseded", s.start, s.due, s.met)
            for key, s in self.of(case, told.now).items()
        }
        survivor = self.cases[told.into]
        mine, theirs = self.severity_of(case), self.severity_of(survivor)
        if mine < theirs:  # S1 is the gravest
            own = [t.at for t in case.turns if not t.is_undone]
            since = own[-1] if own else self.report(case, 0)
            others = [t.at for t in survivor.turns if not t.is_undone]
            generation = max([1, *(t.generation for t in survivor.turns)]) + 1
            earliest = min(self.report(survivor, -1), self.report(case, 0))
            at = max([since, earliest, *others])
            survivor.turns.append(Turn(generation, at, mine, case.name))
        case.into = survivor.name
        survivor.joined[case.name] = len(survivor.reports) - 1

    def _split(self, case: Case, told: Told) -> None:
        assert case.into is not None
        survivor = self.cases[case.into]
        del survivor.joined[case.name]
        case.into = None
        for turn in survivor.turns:
            if turn.by_merge_of == case.name:
                turn.is_undone = True

    # Who belongs to whom.

    def family(self, case: Case) -> Iterator[Case]:
        yield case
        for name in case.joined:
            yield from self.family(self.cases[name])

    def deeds(self, case: Case) -> list[Deed]:
        return [deed for each in self.family(case) for deed in each.deeds]

    def rests(self, case: Case) -> list[Rest]:
        found = [rest for each in self.family(case) for rest in each.rests if not rest.is_rejected]
        return sorted(found, key=lambda rest: (rest.entered, rest.begin, rest.number))

    def report(self, case: Case, cycle: int) -> datetime:
        """The earliest of those about this cycle."""
        cycle %= len(case.reports)
        joined = [self.cases[name] for name, number in case.joined.items() if number == cycle]
        return min([case.reports[cycle], *(self.report(each, 0) for each in joined)])

    def cycle_of(self, case: Case, instant: datetime) -> int:
        """1 is the first; what came before every report is the first's too."""
        begun = [n for n in range(len(case.reports)) if self.report(case, n) <= instant]
        return max(begun, default=0) + 1

    def severity_of(self, case: Case) -> str:
        turns = sorted((t for t in case.turns if not t.is_undone), key=lambda t: t.generation)
        return turns[-1].severity if turns else case.severity

    # What the clocks say.

    def says(self, now: datetime) -> dict[Key, Says]:
        """Every clock of every ticket."""
        found: dict[Key, Says] = {}
        for case in self.cases.values():
            found |= case.left if case.into is not None else self.of(case, now)
        return found

    def of(self, case: Case, now: datetime) -> dict[Key, Says]:
        rests = self.counting(case)
        found: dict[Key, Says] = {}
        for cycle in range(len(case.reports)):
            found |= self._cycle(case, cycle, rests, now)
        return found

    def counting(self, case: Case) -> list[Rest]:
        """In the order of entry: what would lift a breach that was there when it was entered
        counts only when a manager stands behind it."""
        counts: list[Rest] = []
        for rest in self.rests(case):
            if rest.is_backed or not self._lifts(case, counts, rest):
                counts.append(rest)
        return counts

    def _lifts(self, case: Case, counts: list[Rest], rest: Rest) -> bool:
        for cycle in range(len(case.reports)):
            then = rest.entered
            without = self._cycle(case, cycle, counts, then, as_of=then)
            with_it = self._cycle(case, cycle, [*counts, rest], then, as_of=then)
            for key, says in without.items():
                if says.breached and says.breached < rest.entered and with_it.get(key) != says:
                    return True
        return False

    def _stretches(self, case: Case, cycle: int, as_of: datetime | None) -> list[Stretch]:
        start = self.report(case, cycle)
        stop = self.report(case, cycle + 1) if cycle + 1 < len(case.reports) else None
        severity, marks = case.severity, [(1, start, "")]
        for turn in sorted(case.turns, key=lambda t: (t.at, t.generation)):
            if turn.is_undone or (stop is not None and turn.at >= stop):
                continue
            at = turn.at if cycle else max(turn.at, start)
            if at < start:
                severity = turn.severity
            elif (as_of is None or at <= as_of) and turn.severity != (marks[-1][2] or severity):
                marks.append((turn.generation, at, turn.severity))
        ends = [since for _, since, _ in marks[1:]]
        return [
            Stretch(generation, since, until, word or severity)
            for (generation, since, word), until in zip(marks, [*ends, None], strict=True)
        ]

    def _cycle(
        self,
        case: Case,
        cycle: int,
        rests: Sequence[Rest],
        now: datetime,
        as_of: datetime | None = None,
    ) -> dict[Key, Says]:
        deeds = sorted(
            (d for d in self.deeds(case) if self.cycle_of(case, d.at) == cycle + 1),
            key=lambda deed: deed.at,
        )
        # What was open when an earlier cycle was repaired ended with that repair.
        rests = [r for r in rests if r.end is not None or r.begin >= self.report(case, cycle)]
        ended = case.ended if cycle + 1 == len(case.reports) else None
        walk = Walk(self.terms, self._stretches(case, cycle, as_of), deeds, rests, ended, now)
        return {
            (case.name, cycle + 1, line, generation): says
            for line in LINES
            for generation, says in walk.along(line).items()
        }


@dataclass(frozen=True)
class Walk:
    """One cycle, from its report to `now`."""

    terms: Terms
    stretches: Sequence[Stretch]
    deeds: Sequence[Deed]
    rests: Sequence[Rest]
    ended: datetime | None
    now: datetime

    def along(self, line: str) -> dict[int, Says]:
        found: dict[int, Says] = {}
        goes_on = True
        for stretch in self.stretches:
            target = self.terms.targets[stretch.severity].get(line)
            if target is None or (line == "make_safe" and stretch.severity != "S1"):
                continue
            if line == "make_safe":
                goes_on = True  # every rise to S1 has its own
            if not goes_on:
                break
            found[stretch.generation] = says = self._one(line, stretch, target)
            goes_on = says.state == "superseded"
        return found

    def _one(self, line: str, stretch: Stretch, target: timedelta) -> Says:
        """What ends it first decides; what is past due by then is late whatever comes."""
        met = self._met(line, stretch)
        ends = [(met, 0, "met"), (stretch.until, 2, "superseded"), (self.ended, 3, "not_needed")]
        if line == "arrival":
            ends.append((self._fixed(), 1, "not_needed"))
        end, _, word = min(
            ((at, place, word) for at, place, word in ends if at is not None),
            default=(None, 9, "running"),
        )
        rests = [] if line in ("response", "make_safe") else self.rests
        start = self._start(line, stretch, end)
        due = None if start is None else reached(start, target, rests, end)
        if due is not None and due < (end or self.now):
            return Says("late", start, due, met)
        if word == "superseded" and end is not None:
            rests = [Rest(0, r.begin, None, r.entered, True) if r.covers(end) else r
                     for r in rests if r.begin < end]  # fmt: skip
            due = None if start is None else reached(start, target, rests, None)
        if word == "running" and start is not None and due is None:
            word = "paused"
        return Says(word, start, due, met if word == "met" else None)

    def _start(self, line: str, stretch: Stretch, end: datetime | None) -> datetime | None:
        report = self.stretches[0].since
        if line == "make_safe":
            return stretch.since
        if line != "repair" or self.terms.repair_from == "report":
            return report
        arrivals = self.along("arrival")
        upto = [s for generation, s in arrivals.items() if generation <= stretch.generation]
        last = upto[-1]
        instants = [last.due, self._met("arrival", stretch)]
        start = min((each for each in instants if each is not None), default=None)
        if start is None or start > (end or max(self.now, report)):
            return None
        return start

    def _met(self, line: str, stretch: Stretch) -> datetime | None:
        return next((d.at for d in self.deeds if self._meets(line, d, stretch)), None)

    def _meets(self, line: str, deed: Deed, stretch: Stretch) -> bool:
        if line == "response":
            return deed.what in ("respond", "arrive", "repair")
        if line == "arrival":
            return deed.what == "arrive" or (deed.what == "repair" and deed.on_site)
        if line == "repair":
            return deed.is_fix
        return deed.is_fix or (deed.what == "make_safe" and not self._was_before(deed, stretch))

    def _was_before(self, deed: Deed, stretch: Stretch) -> bool:
        """It was made safe for an earlier danger, which has passed."""
        for other in self.stretches:
            if other is stretch:
                return False
            if other.severity == "S1" and other.until is not None and deed.at <= other.until:
                return True
        return False

    def _fixed(self) -> datetime | None:
        return next((d.at for d in self.deeds if d.is_fix and not d.on_site), None)


def believed(told: Told, report: datetime) -> datetime:
    """The phone's skew is taken off; what cannot be or is older than 72 h counts from now."""
    if told.at is None:
        return told.now
    if told.phone_time is None:
        return told.at
    at = told.at + (told.now - told.phone_time)
    return at if report <= at <= told.now and told.now - at <= BELIEVED else told.now


def reached(
    start: datetime, target: timedelta, rests: Sequence[Rest], end: datetime | None
) -> datetime | None:
    """When the time outside the rests has reached the target; None while one of them is open.
    What ends the clock ends the rest."""
    edges = {start, *(r.begin for r in rests), *(r.end for r in rests if r.end)}
    if end is not None:
        edges.add(end)
    instants = sorted(each for each in edges if each >= start)
    counted = timedelta()
    for one, other in zip(instants, [*instants[1:], None], strict=True):
        is_over = end is not None and one >= end
        if not is_over and any(rest.covers(one) for rest in rests):
            continue
        if other is None or counted + (other - one) >= target:
            return one + (target - counted)
        counted += other - one
    return None
