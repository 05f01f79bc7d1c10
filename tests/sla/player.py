"""Plays moves on real tickets through the real verbs, and holds every row against the oracle."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket, who_of
from tests.sla.oracle import Key, Oracle, Says, Terms, Told
from tickets import db
from tickets.events import Event
from tickets.project.models import Project
from tickets.refusals import Refused
from tickets.sla import actions as sla
from tickets.sla.models import Clock
from tickets.sla.rules import PauseReason, Result, state
from tickets.staff.rules import Role, Who
from tickets.ticket import actions
from tickets.ticket.models import Ticket
from tickets.ticket.rules import Severity
from tickets.visit import actions as visit
from tickets.visit.rules import Found

H: Final = timedelta(hours=1)
US: Final = timedelta(microseconds=1)

# Outside names of the terms, and the same for the oracle.
SEVERITIES: Final = {
    "S1": {"response_minutes": 30, "arrival_hours": 4, "repair_hours": 24},
    "S2": {"response_minutes": 30, "arrival_hours": 24, "repair_hours": 36},
    "S4": {"arrival_hours": 72, "repair_hours": 96},
}


def terms_of(repair_from: str) -> Terms:
    targets = {}
    for severity in ("S1", "S2", "S3", "S4"):
        own = SEVERITIES.get(severity, {})
        targets[severity] = {
            "response": own.get("response_minutes", 60) * H / 60,
            "arrival": own.get("arrival_hours", 48) * H,
            "repair": own.get("repair_hours", 48) * H,
            "make_safe": 2 * H,
        }
    return Terms(targets, repair_from)


@dataclass(frozen=True)
class Move:
    """What hypothesis draws; the numbers choose among what there is when it is played."""

    what: str
    wait: int = 0
    ticket: int = 0
    other: int = 0
    when: int | None = None  # None is "now"
    until: int | None = None
    nudge: int = 0
    phone: int | None = None  # seconds the phone's clock is ahead of ours; None is a desk
    yes: bool = False
    choice: int = 0


# What is no news about the past: it can move a breach, and never takes one away.
NO_NEWS: Final = ("open", "severity", "cancel", "recur", "sweep", "wait", "end", "reject", "check")
RESULTS: Final = ("fixed", "fixed", "fixed", "partial", "temporary")
GRADES: Final = ("S1", "S2", "S3", "S4")


@dataclass
class Figures:
    """What a run has been through."""

    taken: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)

    @property
    def steps(self) -> int:
        return self.taken.total() + self.refused.total()

    def __str__(self) -> str:
        done = ", ".join(
            f"{what} {n}+{self.refused[what]}" for what, n in sorted(self.taken.items())
        )
        met = ", ".join(f"{what} {n}" for what, n in sorted(self.events.items()))
        seen = ", ".join(f"{what} {n}" for what, n in sorted(self.states.items()))
        return f"model: {self.steps} steps (taken+refused: {done}); {met}; compared: {seen}"


class Player:
    """One project, its people, up to four tickets; `now` goes forward only."""

    def __init__(self, repair_from: str, now: datetime, figures: Figures) -> None:
        self.repair_from = repair_from
        self.now = now
        self.figures = figures
        self.oracle = Oracle(terms_of(repair_from))
        self.told: list[Told] = []
        self.refs: dict[str, str] = {}
        self.ids: dict[int, str] = {}
        self.noted: dict[int, tuple[datetime | None, int]] = {}
        self.last_event = 0
        self.breaches: Counter[int] = Counter()
        self.withdrawn: Counter[int] = Counter()

    async def set_up(self) -> None:
        async with db._sessions() as session, session.begin():
            terms = {"repair_from": self.repair_from, "severities": SEVERITIES}
            self.project: Project = await make_project(session, terms=terms)
            people = [await make_person(session, role=r) for r in ("manager", "technician")]
            self.manager = who_of(people[0].id, Role.MANAGER)
            self.technician = who_of(people[1].id, Role.TECHNICIAN)

    async def play(self, move: Move) -> bool:
        """Whether it was taken. Whatever it was, the rows must say what the oracle says."""
        self.now += self._wait(move)
        told = self.choose(move)
        before = self.oracle.says(self.now)
        taken = True
        if told is not None:
            taken = await self.tell(told)
        elif move.what == "sweep":
            async with db._sessions() as session, session.begin():
                await sla.breach_overdue(session, self.now)
        (self.figures.taken if taken else self.figures.refused)[move.what] += 1
        await self.compare(move.what)
        if move.what == "pause":
            _never_earlier(before, self.oracle.says(self.now))
        return taken

    async def tell(self, told: Told) -> bool:
        try:
            async with db._sessions() as session, session.begin():
                told = await self._do(session, told)
        except Refused:
            return False
        self.told.append(told)
        self.oracle.hear(told)
        return True

    def so_far(self) -> str:
        """For whoever has to find out what went wrong: in hours after the first report."""
        first = self.told[0].now if self.told else self.now

        def spoken(told: Told) -> str:
            facts = {n: getattr(told, n) for n in told.__dataclass_fields__}
            plain = Told("", "", told.now)
            said = [
                f"{n}={(v - first) / H!r}h" if isinstance(v, datetime) else f"{n}={v}"
                for n, v in facts.items()
                if n == "now" or v != getattr(plain, n)
            ]
            return " ".join(said)

        return "\n".join([*map(spoken, self.told), f"now={(self.now - first) / H!r}h"])

    # A move becomes something somebody says.

    def _wait(self, move: Move) -> timedelta:
        ways: list[timedelta] = [timedelta(), US, 20 * US, H / 3, 3 * H, 20 * H, 50 * H, 100 * H]
        dues = [s.due - self.now for s in self.oracle.says(self.now).values() if s.due]
        dues = [due for due in dues if due > timedelta()]
        if dues:
            ways += [min(dues), min(dues) + US, max(dues), min(dues) - US]
        return ways[move.wait % len(ways)]

    def choose(self, move: Move) -> Told | None:
        if move.what in ("sweep", "wait"):
            return None
        names = list(self.refs)
        if move.what == "open" and len(names) >= 3:
            return None
        if move.what == "open" or not names:
            back = (timedelta(), 10 * US, H, 30 * H, 47 * H, -H / 60)[move.choice % 6]
            severity = GRADES[(move.ticket + 2) % 4]
            return Told("A", "open", self.now, at=self.now - back, severity=severity)
        if move.what == "split" and move.choice:  # most of the time one that can be
            names = [n for n in names if self.oracle.cases[n].into is not None] or names
        name = names[move.ticket % len(names)]
        at: datetime | None = self._instant(name, move.when, move.nudge)
        told = Told(
            name,
            move.what,
            self.now,
            at=at,
            on_site=move.yes,
            result=RESULTS[move.choice % 5],
            passed=move.yes,
            is_managers=move.yes,
            severity=GRADES[move.choice % 4],
            into=list(self.refs)[move.other % len(self.refs)],
        )
        told = replace(told, dark=told.result == "fixed" and move.other == 0)
        if told.what == "pause":
            # From the desk an interval; a phone says "from here on", or an interval.
            begin = at if move.phone is None else self._instant(name, move.other, 0)
            end = self._instant(name, move.until, move.nudge)
            if begin is not None and end is not None and end < begin and move.choice:
                begin, end = end, begin
            entered = at if move.phone is not None else None
            told = replace(told, at=entered, from_at=begin, to_at=end)
        if told.what in ("end", "accept", "reject"):
            rests = [r for c in self.oracle.cases.values() for r in c.rests]
            wanted = [r for r in rests if not r.is_rejected and not (
                r.end if told.what == "end" else told.what == "accept" and r.is_backed
            )] or rests  # fmt: skip
            told = replace(told, pause=wanted[move.choice % len(wanted)].number if wanted else -1)
        if move.phone is not None and told.what in PHONE:
            told = by_phone(told, timedelta(seconds=move.phone))
        return told

    def _instant(self, name: str, when: int | None, nudge: int) -> datetime | None:
        """One of the instants that matter to a ticket, or a microsecond beside it."""
        if when is None:
            return None
        case = self.oracle.cases[name]
        while case.into is not None:
            case = self.oracle.cases[case.into]
        found: list[datetime] = [
            *case.reports,
            self.now,
            self.now - H / 2,
            self.now - 5 * H,
            self.now - 73 * H,
        ]
        found += [d.at for d in self.oracle.deeds(case)]
        found += [t.at for t in case.turns]
        for rest in self.oracle.rests(case):
            found += [rest.begin, rest.end or self.now]
        found += [s.due for s in self.oracle.of(case, self.now).values() if s.due]
        first = self.oracle.report(case, 0)
        likely = sorted({each for each in found if first <= each <= self.now}) or found
        return likely[when % len(likely)] + nudge * US

    # What somebody says goes through the verbs.

    async def _do(self, session: AsyncSession, told: Told) -> Told:
        ref = self.refs.get(told.ticket, "")
        common: dict[str, Any] = {"now": told.now, "at": told.at}
        phoned = common | {"phone_time": told.phone_time}
        manager = self.manager
        match told.what:
            case "open":
                ticket = await make_ticket(
                    session,
                    project=self.project,
                    now=told.now,
                    reported_at=told.at,
                    who=manager,
                    severity=Severity(told.severity),
                )
                return self._named(told, ticket)
            case "respond":
                await actions.answer(session, manager, ref, **phoned)
            case "arrive":
                await visit.arrive(session, manager, ref, **phoned)
            case "make_safe":
                await visit.make_safe(session, manager, ref, note="guarded", **phoned)
            case "repair":
                await visit.repair(session, manager, ref, _found(told), **phoned)
            case "pause":
                return await self._pause(session, told, ref, phoned)
            case "end":
                await actions.end_pause(session, manager, told.pause, **phoned)
            case "accept":
                await actions.accept_pause(session, manager, told.pause, now=told.now)
            case "reject":
                await actions.reject_pause(session, manager, told.pause, reason="no", now=told.now)
            case "severity":
                severity = Severity(told.severity)
                await actions.change_severity(
                    session, manager, ref, severity=severity, reason="so", **phoned
                )
            case "merge":
                into = self.refs[told.into]
                await actions.merge(session, manager, ref, into=into, reason="one", now=told.now)
            case "split":
                await actions.split(session, manager, ref, reason="two", now=told.now)
            case "recur":
                ticket = await actions.recur(
                    session, manager, ref, reason="again", reported_at=told.at, now=told.now
                )
                if ticket.ref not in self.refs.values():
                    told = replace(told, what="open", severity=ticket.severity)
                    return self._named(told, ticket)
            case "cancel":
                await actions.cancel(session, manager, ref, reason="a mistake", **phoned)
            case "close":
                word: dict[str, Any] = {"outcome": "out_of_scope", "told": "no"}
                common |= word if told.passed else {"confirmed_by": "Ms Li"}
                await actions.close(session, manager, ref, **common)
            case "check":
                await actions.check_after_dark(
                    session, manager, ref, passed=told.passed, note="dark", now=told.now
                )
        return told

    async def _pause(
        self, session: AsyncSession, told: Told, ref: str, phoned: Mapping[str, Any]
    ) -> Told:
        who: Who = self.manager if told.is_managers else self.technician
        made = await actions.pause(
            session,
            who,
            ref,
            reason=PauseReason.NO_ACCESS,
            evidence="locked",
            from_at=told.from_at,
            to_at=told.to_at,
            **phoned,
        )
        return replace(told, pause=made.id)

    def _named(self, told: Told, ticket: Ticket) -> Told:
        name = told.ticket
        while name in self.refs:
            name = chr(ord(name) + 1)
        self.refs[name], self.ids[ticket.id] = ticket.ref, name
        return replace(told, ticket=name)

    # Rows and diary against the oracle.

    async def compare(self, what: str = "") -> None:
        async with db._sessions() as session:
            rows = (await session.scalars(select(Clock).where(Clock.ticket_id.in_(self.ids)))).all()
            events = (
                await session.scalars(
                    select(Event)
                    .where(Event.ticket_id.in_(self.ids), Event.id > self.last_event)
                    .order_by(Event.id)
                )
            ).all()
        says = self.oracle.says(self.now)
        found = {self._key(row): row for row in rows}
        assert len(found) == len(rows)
        assert says.keys() <= found.keys(), says.keys() - found.keys()
        for key, row in found.items():
            self._hold(key, row, says.get(key))
            if what == "sweep" and state(row, self.now) == "late":
                assert row.breached_at == row.due_at, key
        self._diary(what, rows, events)

    def _key(self, row: Clock) -> Key:
        return self.ids[row.ticket_id], row.cycle, row.promise, row.generation

    def _hold(self, key: Key, row: Clock, says: Says | None) -> None:
        stands = str(state(row, self.now))
        self.figures.states[stands] += 1
        if says is None:  # nobody needs it any more, or it went with a duplicate
            is_merged = self.oracle.cases[key[0]].into is not None
            assert stands == ("superseded" if is_merged else "not_needed"), (key, stands)
            assert row.breached_at is None, key
            return
        started_at, due_at = row.started_at, row.due_at
        if started_at is None and row.starts_by is not None and row.starts_by <= self.now:
            started_at, due_at = row.starts_by, row.starts_by + row.target
        told = Says(stands, started_at, due_at, row.met_at)
        if stands == "not_needed" or self.oracle.cases[key[0]].into is not None:
            told, says = replace(told, start=None, due=None), replace(says, start=None, due=None)
        assert told == says, (key, told, says)
        assert row.breached_at in (None, says.breached), key

    def _diary(self, what: str, rows: Any, events: Any) -> None:
        """A breach vanishes by true news alone, with an entry of its own; its own entry stays."""
        moved: list[int] = []
        for event in events:
            self.last_event = event.id
            if event.kind == "clock.breached":
                clock = event.facts["clock_id"]
                self.breaches[clock] += 1
                assert event.facts["breach_no"] == self.breaches[clock]
                assert event.happened_at.isoformat() == event.facts["due_at"]
            elif event.kind == "clock.breach_withdrawn":
                clock = event.facts["clock_id"]
                self.withdrawn[clock] += 1
                if what in NO_NEWS and not event.facts.get("moved"):
                    moved.append(clock)
            if event.kind.startswith(("clock.", "pause.")):
                self.figures.events[event.kind] += 1
        late = {self._key(row)[:3] for row in rows if state(row, self.now) == "late"}
        for row in rows:
            # Without news of the past a breach can only move to another clock of the promise.
            assert row.id not in moved or self._key(row)[:3] in late, (what, self._key(row))
            was, number = self.noted.get(row.id, (None, 0))
            assert row.breach_no >= number
            assert self.breaches[row.id] == row.breach_no
            assert self.withdrawn[row.id] == row.breach_no - (row.breached_at is not None)
            if was is not None and row.breached_at is not None and row.breached_at != was:
                assert row.breach_no > number
            self.noted[row.id] = row.breached_at, row.breach_no


PHONE: Final = ("respond", "make_safe", "arrive", "repair", "pause", "end", "severity")


def by_phone(told: Told, ahead: timedelta) -> Told:
    """The same, as a phone says it whose clock is ahead of ours."""

    def moved(instant: datetime | None) -> datetime | None:
        return instant + ahead if instant is not None else None

    return replace(
        told,
        at=moved(told.at),
        from_at=moved(told.from_at),
        to_at=moved(told.to_at),
        phone_time=told.now + ahead,
    )


def _found(told: Told) -> Found:
    expires = (told.now + 30 * 24 * H).date() if told.result == "temporary" else None
    return Found(
        work="work",
        cause="C_PRODUCT",
        result=Result(told.result),
        expires_on=expires,
        on_site=told.on_site,
        check_after_dark=told.dark,
    )


def _never_earlier(before: Mapping[Key, Says], after: Mapping[Key, Says]) -> None:
    for key, was in before.items():
        now = after.get(key)
        if now is not None and was.due is not None and now.due is not None:
            assert now.due >= was.due, (key, was, now)
