"""The life of a ticket: what it says, which status its acts give it, what may be done now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from tickets.sla.rules import ActKind, Clock, Done, due_of
from tickets.ticket.rules.codes import FAULTS, Kind, Main, Severity, Status
from tickets.words import N_

OPEN_STATUSES = (Status.OPEN, Status.ANSWERED, Status.ON_SITE, Status.REPAIRED)
NOTHING_BREAKS = datetime(9999, 1, 1, tzinfo=UTC)
SAME_FAULT = timedelta(days=7)  # after the repair: the same fault reopens (rules.md §4)
LOOK_WITHIN = timedelta(hours=24)  # a look after dark is due a day after the repair
TRIES = 3  # unanswered call-backs that stand for the owner's word (rules.md §4)


@dataclass(frozen=True)
class Call:
    """A report as it was taken, from whichever door."""

    project: str
    description: str
    kind: Kind = Kind.FAULT
    fault: str | None = None
    assets: tuple[str, ...] = ()
    severity: Severity | None = None
    main_equipment: Main | None = None
    reporter_name: str | None = None
    reporter_phone: str | None = None
    channel: str = "phone"
    place: str | None = None
    reported_at: datetime | None = None
    photos: tuple[UUID, ...] = ()
    key: UUID | None = None


@dataclass(frozen=True)
class Asked:
    """A call-back, as far as closing cares."""

    outcome: str


class Doable(StrEnum):
    """What may be done with a ticket now; pages show these and nothing else."""

    ASSIGN = "assign"
    ANSWER = "answer"
    MAKE_SAFE = "make_safe"
    ARRIVE = "arrive"
    REPAIR = "repair"
    CALL_BACK = "call_back"
    CLOSE = "close"
    CANCEL = "cancel"
    NOTE = "note"
    SUBSTITUTE = "substitute"
    PAUSE = "pause"
    END_PAUSE = "end_pause"
    REVIEW_PAUSE = "review_pause"
    GRADE = "grade"
    MERGE = "merge"
    SPLIT = "split"
    RECUR = "recur"
    CHECK = "check"
    PROMISE_CALL = "promise_call"
    REMIND = "remind"
    DEPART = "depart"
    HAND_BACK = "hand_back"
    APPOINT = "appoint"
    SIGN = "sign"


@dataclass(frozen=True)
class Stands:
    """What else bears on what may be done: pauses, the look after dark, what was done before."""

    owes: bool = False  # a substitution nobody has settled
    is_fixed: bool = False  # in the present cycle
    is_paused: bool = False  # by a pause that is open
    has_pauses: bool = False  # that a manager may accept or reject
    awaits_look: bool = False
    cycle: int = 1


NOTHING_ELSE = Stands()


def severity_of(kind: Kind, fault: str | None, given: Severity | None) -> Severity:
    """S1 is set by the fault and cannot be lowered by the caller's tone (domain.md §1.6)."""
    usual = FAULTS[fault].severity if fault else Severity.S3
    if fault and usual is Severity.S1:
        return Severity.S1
    return given or (usual if kind is Kind.FAULT else Severity.S4)


def main_of(kind: Kind, named: Sequence[bool], given: Main | None) -> Main:
    """From the assets where these are named (`named`: is each of them main equipment?)."""
    if kind is not Kind.FAULT:
        return Main.NO
    if named:
        return Main.YES if any(named) else Main.NO
    return given or Main.UNKNOWN


def status_of(acts: Iterable[Done]) -> Status:
    """How far a cycle has come, from what was done in it."""
    acts = list(acts)
    if any(act.is_fix for act in acts):
        return Status.REPAIRED
    if any(act.kind is ActKind.ARRIVAL or act.on_site for act in acts):
        return Status.ON_SITE
    if any(act.kind in (ActKind.RESPONSE, ActKind.REPAIR) for act in acts):
        return Status.ANSWERED
    return Status.OPEN


def breaks_at(status: Status, clocks: Iterable[Clock], now: datetime) -> datetime:
    """When the next promise breaks (or broke, while it is still owed)."""
    if status not in (Status.OPEN, Status.ANSWERED, Status.ON_SITE):
        return NOTHING_BREAKS
    owed = [
        due_of(clock, now) or (clock.starts_by and clock.starts_by + clock.target)
        for clock in clocks
        if clock.met_at is None and clock.closed_as is None
    ]
    return min((due for due in owed if due is not None), default=NOTHING_BREAKS)


def paused_since(status: Status, clocks: Iterable[Clock]) -> datetime | None:
    """Since when arrival or repair stand still, while that still matters."""
    if status not in (Status.OPEN, Status.ANSWERED, Status.ON_SITE):
        return None
    still = [
        clock.paused_since
        for clock in clocks
        if clock.paused_since is not None and clock.met_at is None and clock.closed_as is None
    ]
    return min(still, default=None)


def is_new_fault(fixed_at: datetime, told_at: datetime) -> bool:
    """At most 7 x 24 h after the repair it is the same one; a microsecond later it is not."""
    return told_at - fixed_at > SAME_FAULT


def may_now(
    kind: str, severity: str, status: str, done: Iterable[ActKind], stands: Stands = NOTHING_ELSE
) -> frozenset[Doable]:
    """`done`: the kinds of acts of the present cycle. What is owed stands on the managers' page
    until somebody settles it, also after the end; so do pauses that a manager may still judge."""
    if status == Status.MERGED:
        return frozenset({Doable.NOTE, Doable.SPLIT})
    always = {Doable.NOTE}
    if stands.owes:
        always.add(Doable.SUBSTITUTE)
    if stands.has_pauses:
        always.add(Doable.REVIEW_PAUSE)
    if kind == Kind.FAULT and status != Status.CANCELLED:
        always.add(Doable.PAUSE)  # afterwards, too: for what came before the repair
    if stands.is_fixed and status in (Status.REPAIRED, Status.CLOSED):
        always.add(Doable.RECUR)
    if status not in OPEN_STATUSES:
        return frozenset(always)
    acts = set(done)
    may = always | {Doable.ASSIGN, Doable.CANCEL, Doable.CLOSE}
    may |= {Doable.PROMISE_CALL, Doable.REMIND, Doable.SIGN}
    if stands.is_paused:
        may.add(Doable.END_PAUSE)
    if stands.awaits_look:
        may.add(Doable.CHECK)
    if stands.cycle == 1:
        may.add(Doable.MERGE)
    if status == Status.REPAIRED:
        return frozenset((may | {Doable.CALL_BACK}) - {Doable.CANCEL})
    may |= {Doable.GRADE, Doable.DEPART, Doable.HAND_BACK, Doable.APPOINT}
    if status == Status.OPEN:
        may.add(Doable.ANSWER)
    if kind != Kind.FAULT and status != Status.OPEN:
        may.add(Doable.CALL_BACK)
    if ActKind.ARRIVAL not in acts:
        may.add(Doable.ARRIVE)
    if kind == Kind.FAULT:
        may |= {Doable.REPAIR, Doable.SUBSTITUTE}
        if ActKind.MADE_SAFE not in acts:
            may.add(Doable.MAKE_SAFE)
    else:
        may.add(Doable.REPAIR)
    return frozenset(may)


def why_not_close(
    kind: str,
    status: str,
    asked: Sequence[Asked],
    *,
    confirmed_by: str | None,
    outcome: str | None,
    awaits_look: bool = False,
) -> str | None:
    """What stands in the way, or None. Closing needs the owner's word or three tries."""
    if status not in OPEN_STATUSES:
        return N_("This ticket is not open any more.")
    if outcome == "out_of_scope":
        return None
    if kind == Kind.FAULT and status != Status.REPAIRED:
        return N_("The repair has not been recorded yet.")
    if awaits_look:
        return N_("The repair still waits for its look after dark.")
    if status == Status.OPEN:
        return N_("Nobody has answered the caller yet.")
    if asked and asked[-1].outcome == "does_not":
        return N_("The owner says that it does not work: this cannot be closed.")
    tries = sum(1 for each in asked if each.outcome == "not_reached")
    if confirmed_by or any(each.outcome == "works" for each in asked) or tries >= TRIES:
        return None
    return N_("Closing needs the owner's word: name who confirmed it, or call back three times.")
