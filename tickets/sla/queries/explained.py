"""Everything an explanation needs of a ticket's acts, pauses, severities and diary; read only."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import Event
from tickets.sla.models import Act, Clock, Pause, SeverityChange
from tickets.sla.queries.clocks import acts_of_family, all_clocks, changes_of, pauses_of_family
from tickets.sla.queries.known import Known, promised_in
from tickets.sla.rules import ActKind, ClockState, Promise, Result, Story, Verdict
from tickets.sla.rules.explain import Explained, explain
from tickets.sla.rules.facts import (
    Deed,
    Facts,
    Graded,
    Held,
    Joined,
    Noted,
    Reported,
    knew,
    standing,
)
from tickets.sla.rules.history import Key
from tickets.sla.rules.matter import matters
from tickets.staff import queries as staff

_DIARY = (
    select(Event)
    .where(
        Event.ticket_id.in_(bindparam("ticket_ids", expanding=True)),
        Event.kind.in_(
            ("pause.begun", "pause.ended", "pause.rejected", "clock.breached",
             "clock.breach_withdrawn", "ticket.opened")
        ),
    )
    .order_by(Event.id)
)  # fmt: skip


async def explained(
    session: AsyncSession,
    story: Story,
    reports: Sequence[Reported],
    joined: Sequence[Joined],
    merges: Mapping[int, str],
    *,
    at: datetime,
    known_at: datetime | None,
    now: datetime,
) -> list[Explained]:
    """Every clock of every cycle begun at `at`, with what we knew at `known_at` (now).

    `reports` are those of the ticket and of all that were ever merged into it; `merges` names,
    by the merge's number, the duplicate that brought its severity.
    """
    ids = [each.ticket_id for each in reports if _is_family(each, story, joined)]
    clocks = await all_clocks(session, story.ticket_id)
    acts = await acts_of_family(session, ids)
    pauses = await pauses_of_family(session, ids, rejected=True)
    changes = await changes_of(session, story.ticket_id)
    events = (await session.scalars(_DIARY, {"ticket_ids": ids})).all()
    names = await _names(session, acts, pauses, changes)
    facts = Facts(
        story,
        changes[0].before if changes else story.severity,
        [_own(each, events) for each in reports],
        [_deed(act, names) for act in acts],
        [_held(pause, names, events) for pause in pauses],
        [_graded(change, names, merges) for change in changes],
        joined,
        list(_noted(clocks, events)),
    )
    known = standing(facts) if known_at is None else knew(facts, known_at)
    rows = Known(clocks, (), (), known.graded)
    cycles = {
        begun.number: await promised_in(session, known.story, rows, begun)
        for begun in known.story.cycles
    }
    gone = _gone(clocks) if known_at is None else None
    found = matters(known, cycles, at=at, now=known_at or now, gone=gone)
    return [told for matter in found for told in explain(matter)]


def _is_family(each: Reported, story: Story, joined: Iterable[Joined]) -> bool:
    """Not the survivor that this ticket itself was merged into."""
    return each.ticket_id == story.ticket_id or any(
        j.duplicate_id == each.ticket_id for j in joined
    )


def _own(report: Reported, events: Iterable[Event]) -> Reported:
    """A later cycle has moved the ticket's own report; the diary has kept the first."""
    opened = (
        e.happened_at
        for e in events
        if e.kind == "ticket.opened" and e.ticket_id == report.ticket_id
    )
    return Reported(report.ticket_id, report.ref, next(opened, report.at))


async def _names(
    session: AsyncSession,
    acts: Iterable[Act],
    pauses: Iterable[Pause],
    changes: Iterable[SeverityChange],
) -> Mapping[int, str]:
    ids = {act.by_id for act in acts} | {change.by_id for change in changes}
    for pause in pauses:
        ids |= {pause.by_id, pause.accepted_by_id, pause.rejected_by_id}
    return await staff.names(session, [id_ for id_ in ids if id_ is not None])


def _deed(act: Act, names: Mapping[int, str]) -> Deed:
    return Deed(
        act.id,
        act.ticket_id,
        ActKind(act.kind),
        act.at,
        act.received_at,
        names.get(act.by_id or 0),
        act.on_site,
        Result(act.result) if act.result else None,
        act.checked_at if act.dark_check == "failed" else None,
    )


def _held(pause: Pause, names: Mapping[int, str], events: Iterable[Event]) -> Held:
    about = [e for e in events if e.facts.get("pause_id") == pause.id]
    was_whole = any(e.kind == "pause.begun" and e.facts.get("to_at") for e in about)
    ended = [e.recorded_at for e in about if e.kind == "pause.ended"]
    because = [e.facts.get("note") for e in about if e.kind == "pause.rejected"]
    return Held(
        id=pause.id,
        ticket_id=pause.ticket_id,
        reason=pause.reason,
        from_at=pause.from_at,
        to_at=pause.to_at,
        entered_at=pause.entered_at,
        received_at=pause.received_at,
        end_received_at=pause.received_at if was_whole or not ended else ended[0],
        evidence=pause.evidence,
        by=names.get(pause.by_id or 0),
        accepted_at=pause.accepted_at,
        accepted_by=names.get(pause.accepted_by_id or 0),
        rejected_at=pause.rejected_at,
        rejected_by=names.get(pause.rejected_by_id or 0),
        rejected_because=because[-1] if because else None,
    )


def _graded(change: SeverityChange, names: Mapping[int, str], merges: Mapping[int, str]) -> Graded:
    return Graded(
        change.generation,
        change.at,
        change.received_at,
        change.before,
        change.after,
        change.reason,
        names.get(change.by_id or 0),
        merges.get(change.merge_id or 0),
        change.undone_at,
    )


def _noted(clocks: Iterable[Clock], events: Iterable[Event]) -> Iterable[Noted]:
    by_id = {clock.id: clock for clock in clocks}
    for event in events:
        clock = by_id.get(event.facts.get("clock_id", 0))
        if clock is None:
            continue
        facts: Mapping[str, Any] = event.facts
        is_withdrawn = event.kind == "clock.breach_withdrawn"
        yield Noted(
            Promise(clock.promise),
            clock.cycle,
            clock.generation,
            facts["breach_no"],
            datetime.fromisoformat(facts["breached_at"]) if is_withdrawn else event.happened_at,
            event.recorded_at,
            is_withdrawn,
        )


def _gone(clocks: Iterable[Clock]) -> dict[int, dict[Key, Verdict]]:
    """Rows that say `not_needed`: shown as they are where nothing derives them any more."""
    found: dict[int, dict[Key, Verdict]] = {}
    for clock in clocks:
        if clock.closed_as == ClockState.NOT_NEEDED:
            found.setdefault(clock.cycle, {})[Promise(clock.promise), clock.generation] = Verdict(
                clock.started_at,
                clock.due_at,
                closed_as=ClockState.NOT_NEEDED,
                closed_at=clock.closed_at,
                target=clock.target,
            )
    return found
