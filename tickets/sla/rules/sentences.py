"""A clock's explanation in sentences: where it starts, what was promised, when it is due, how it
stands and by what. Each is a catalogue key with its places (`said`)."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from tickets.sla.rules.explain import Explained
from tickets.sla.rules.facts import Deed, Graded, Joined
from tickets.sla.rules.said import Label, Said, said
from tickets.sla.rules.words import PAUSING, ActKind, ClockState, Promise

MINUTE = timedelta(minutes=1)
ACTS = {
    ActKind.RESPONSE: Label("our answer"),
    ActKind.ARRIVAL: Label("our arrival"),
    ActKind.REPAIR: Label("the repair"),
    ActKind.MADE_SAFE: Label("the making safe"),
}
SYSTEM = Label("the system")


def sentences(told: Explained) -> Sequence[Said]:
    """All of it in order, as somebody would read it aloud."""
    return [*start(told), promised(told), *due(told), *verdict(told), *diary(told)]


def start(told: Explained) -> Iterator[Said]:
    """Where it starts, and why there."""
    at, matter = told.verdict.started_at, told.matter
    is_first = told.generation == matter.cycle.episodes[0].generation
    if at is None:
        yield _not_begun(told)
    elif told.promise is Promise.MAKE_SAFE and not is_first:
        yield said("It counts from the rise to {severity} at {at}.", severity=told.severity, at=at)
    elif told.promise is Promise.REPAIR and matter.cycle.repair_from == "arrival":
        if any(d.at == at and d.kind in _ARRIVALS for d in matter.deeds):
            yield said("It counts from our arrival on site at {at}.", at=at)
        else:
            yield said("It counts from {at}, when the arrival was due: nobody had come.", at=at)
    else:
        yield from _reported(told, at, is_first=is_first)
    if not is_first and told.promise is not Promise.MAKE_SAFE:
        yield said(
            "It goes on from the clock it succeeded: the same start, the pauses carried over."
        )


_ARRIVALS = (ActKind.ARRIVAL, ActKind.REPAIR)


def _not_begun(told: Explained) -> Said:
    if told.verdict.met_at is not None:
        return said("It was done before it had begun.")
    if told.verdict.starts_by is not None:
        return said(
            "It counts from our arrival, at the latest from {at}, when the arrival is due;"
            " it has not begun.",
            at=told.verdict.starts_by,
        )
    return said("It counts from our arrival; it has not begun.")


def _reported(told: Explained, at: datetime, *, is_first: bool) -> Iterator[Said]:
    begun, earliest = told.matter.begun, told.matter.facts.earliest
    if begun.number == 1 and earliest is not None and earliest.at == at:
        yield said(
            "It counts from the earliest report of the tickets that were merged: {ref}, {at}.",
            ref=earliest.ref,
            at=at,
        )
        return
    if begun.number > 1:
        yield said(
            "It counts from the recurrence: the owner told us at {at} that the fault was back.",
            at=at,
        )
    else:
        yield said("It counts from the report: the owner told us at {at}.", at=at)
    if is_first and begun.received_at - at >= MINUTE:
        yield said("That it was typed in at {at} changes nothing.", at=begun.received_at)


def promised(told: Explained) -> Said:
    return said(
        "Promised for severity {severity}: {length}, as the terms said when the clock was made."
        " Later changes of the terms do not touch it; nights, weekends and holidays count.",
        severity=told.severity,
        length=told.verdict.target,
    )


def due(told: Explained) -> Iterator[Said]:
    """The sum, and elapsed and counted time side by side."""
    verdict = told.verdict
    if verdict.started_at is not None and verdict.due_at is not None:
        pauses = verdict.due_at - verdict.started_at - verdict.target
        if pauses:
            yield said(
                "Due: {start} + {target} + {pauses} of pauses = {due}.",
                start=verdict.started_at,
                target=verdict.target,
                pauses=pauses,
                due=verdict.due_at,
            )
        else:
            yield said(
                "Due: {start} + {target} = {due}.",
                start=verdict.started_at,
                target=verdict.target,
                due=verdict.due_at,
            )
    if told.elapsed and told.promise in PAUSING:
        yield said(
            "Up to {until}: {elapsed} elapsed, {paused} paused, {counted} counted.",
            until=told.until,
            elapsed=told.elapsed,
            paused=told.paused,
            counted=told.counted,
        )
    elif told.elapsed:
        yield said("Up to {until}: {elapsed}.", until=told.until, elapsed=told.elapsed)


def verdict(told: Explained) -> Iterator[Said]:
    """How it stands, the verdict first, then by which act or change."""
    match told.state:
        case ClockState.MET:
            yield _kept(told)
        case ClockState.LATE:
            yield _late(told)
        case ClockState.PAUSED:
            yield said(
                "Paused since {at}: while it is, nothing is due. {left} of the promised time are"
                " left.",
                at=told.verdict.paused_since or told.until,
                left=told.verdict.target - told.counted,
            )
        case ClockState.RUNNING if told.verdict.due_at is None:
            yield said("Running: waits for our arrival.")
        case ClockState.RUNNING:
            assert told.verdict.due_at is not None
            left = told.verdict.due_at - told.matter.at
            if left:
                yield said("Running: {left} left.", left=left)
            else:
                yield said("Running: it is due at this very instant.")
        case ClockState.SUPERSEDED:
            yield from _superseded(told)
        case ClockState.NOT_NEEDED:
            yield from _not_needed(told)
    if told.kept is not None:
        yield from _by(told, told.kept)


def _kept(told: Explained) -> Said:
    at, due_at = told.verdict.met_at, told.verdict.due_at
    assert at is not None
    if told.verdict.started_at is not None and at < told.verdict.started_at:
        return said("Kept: it had been done already, at {at}, before this clock began.", at=at)
    if due_at is None:
        return said("Kept at {at}.", at=at)
    if at == due_at:
        return said("Kept at {at}, the very instant it was due: that is in time.", at=at)
    return said("Kept at {at}, {left} before it was due.", at=at, left=due_at - at)


def _late(told: Explained) -> Said:
    at, due_at = told.verdict.met_at, told.verdict.due_at
    assert due_at is not None
    over = told.until - due_at
    if at is not None:
        return said(
            "Broken since {due}, the instant it was due: done at {at}, {late} too late.",
            due=due_at,
            at=at,
            late=over,
        )
    if told.fix is not None and told.until == told.fix.at:
        return said(
            "Broken since {due}, the instant it was due. Repaired from afar at {at}, {late} later:"
            " nobody has to come any more, the breach stays.",
            due=due_at,
            at=told.until,
            late=over,
        )
    if told.matter.cycle.ended_at == told.until:
        return said(
            "Broken since {due}, the instant it was due. The ticket ended at {at}: the breach"
            " stays.",
            due=due_at,
            at=told.until,
        )
    return said(
        "Broken since {due}, the instant it was due, whenever that was noticed: nothing that keeps"
        " it had happened by {at}, {late} later.",
        due=due_at,
        at=told.until,
        late=over,
    )


def _by(told: Explained, deed: Deed) -> Iterator[Said]:
    act, who = ACTS[deed.kind], deed.by or SYSTEM
    if told.is_implied:
        yield said("Done by implication, by {act}, which {who} recorded.", act=act, who=who)
    else:
        yield said("Done by {act}, which {who} recorded.", act=act, who=who)
    if deed.ticket_id != told.matter.facts.story.ticket_id:
        ref = told.matter.facts.ref(deed.ticket_id)
        yield said("It stands on ticket {ref}, which was merged into this one.", ref=ref)
    if deed.received_at - deed.at >= MINUTE:
        yield said("We learnt of it at {at}.", at=deed.received_at)


def _superseded(told: Explained) -> Iterator[Said]:
    change, at = told.ended_by, told.verdict.closed_at
    assert at is not None
    if isinstance(change, Joined):
        ref = told.matter.facts.ref(change.survivor_id)
        yield said(
            "Superseded at {at}: this ticket was merged into {ref}, whose clocks tell for both.",
            at=at,
            ref=ref,
        )
    elif isinstance(change, Graded) and change.joined:
        yield said(
            "Superseded at {at}: the graver ticket {ref} was merged into this one and raised it"
            " from {before} to {after}; its successor counts on.",
            at=at,
            ref=change.joined,
            before=change.before,
            after=change.after,
        )
    elif isinstance(change, Graded):
        yield said(
            "Superseded at {at}: {who} changed the severity from {before} to {after}.",
            at=at,
            who=change.by or SYSTEM,
            before=change.before,
            after=change.after,
        )
        if change.reason:
            yield said("The reason given: “{reason}”", reason=change.reason)
        if told.promise is Promise.MAKE_SAFE:
            yield said("Without danger there is nothing to make safe: nothing succeeds it.")
        else:
            yield said("Its successor counts on.")


def _not_needed(told: Explained) -> Iterator[Said]:
    at = told.verdict.closed_at
    assert at is not None
    if told.is_gone:
        yield said(
            "Not needed: what it was to succeed had been kept or broken before the severity"
            " changed, or that change was undone."
        )
    elif told.promise is Promise.ARRIVAL and told.fix is not None and told.fix.at == at:
        yield said("Not needed: repaired from afar at {at}, before anybody had to come.", at=at)
    else:
        yield said("Not needed any more since {at}: the ticket ended before it was due.", at=at)


def diary(told: Explained) -> Iterator[Said]:
    """Breaches as they were noted and withdrawn: both stand (rules.md §2)."""
    for note in sorted(told.noted, key=lambda each: each.recorded_at):
        if note.is_withdrawn:
            yield said(
                "Breach {number} (dated {at}) was withdrawn at {recorded}: true news had shown"
                " that it had not happened.",
                number=note.number,
                at=note.breached_at,
                recorded=note.recorded_at,
            )
        else:
            yield said(
                "Breach {number}, dated {at}, was written down at {recorded}.",
                number=note.number,
                at=note.breached_at,
                recorded=note.recorded_at,
            )
