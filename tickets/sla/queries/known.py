"""Everything the clocks of a ticket are derived from, and what is derived; nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.project import queries as projects
from tickets.project.rules import ServiceTerms, target
from tickets.sla import rules
from tickets.sla.models import Act, Clock, Pause
from tickets.sla.queries.clocks import acts_of_family, all_clocks, changes_of, pauses_of_family
from tickets.sla.rules import (
    ActKind,
    Begun,
    Change,
    Cycle,
    Derived,
    Done,
    Entered,
    Episode,
    Lived,
    Promise,
    Result,
    Story,
    cycle_of,
    next_report,
)


@dataclass(frozen=True)
class Known:
    """The rows that clocks are derived from."""

    clocks: Sequence[Clock]
    acts: Sequence[Act]
    pauses: Sequence[Pause]
    changes: Sequence[Change]


async def known_of(session: AsyncSession, story: Story, *, lock: bool = False) -> Known:
    """Four statements. With `lock` the clocks are held against the sweep."""
    return Known(
        await all_clocks(session, story.ticket_id, lock=lock),
        await acts_of_family(session, story.family),
        await pauses_of_family(session, story.family),
        await changes_of(session, story.ticket_id),
    )


def with_change(known: Known, change: Change) -> Known:
    """What would be known after a change of severity."""
    return replace(known, changes=[*known.changes, change])


def as_done(act: Act) -> Done:
    """A repair that failed the look after dark was none."""
    result = Result(act.result) if act.result else None
    if act.dark_check == "failed":
        result = Result.PARTIAL
    return Done(ActKind(act.kind), act.at, act.on_site, result)


def as_entered(pause: Pause) -> Entered:
    return Entered(
        pause.from_at, pause.to_at, pause.entered_at, pause.accepted_at is not None, pause.id
    )


async def derived_of(
    session: AsyncSession, story: Story, known: Known, *, now: datetime
) -> list[tuple[Begun, Cycle, Derived]]:
    """Every cycle, derived from what is known."""
    lived = [await _lived(session, story, known, begun) for begun in story.cycles]
    made = rules.derive_all(lived, now=now)
    return [
        (begun, each.cycle, derived)
        for begun, each, derived in zip(story.cycles, lived, made, strict=True)
    ]


async def _lived(session: AsyncSession, story: Story, known: Known, begun: Begun) -> Lived:
    until = next_report(story, begun)
    cycle = await promised_in(session, story, known, begun)
    acts = [as_done(act) for act in known.acts if cycle_of(story, act.at) == begun.number]
    pauses = [
        as_entered(pause)
        for pause in known.pauses
        if (pause.from_at if pause.to_at is None else pause.to_at) >= begun.reported_at
        and (until is None or pause.from_at < until)
    ]
    return Lived(cycle, acts, pauses)


async def promised_in(session: AsyncSession, story: Story, known: Known, begun: Begun) -> Cycle:
    """The report of one cycle and what its severities promise."""
    repair_from = _repair_from(known.clocks, begun.number)
    if repair_from is None:
        repair_from = (await terms_of(session, story, begun)).repair_from
    return Cycle(
        begun.reported_at,
        await _episodes(session, story, known, begun),
        repair_from,
        story.ended_at if next_report(story, begun) is None else None,
    )


async def terms_of(session: AsyncSession, story: Story, begun: Begun) -> ServiceTerms:
    """As they were when the report was taken: a later change touches nothing that is open."""
    as_of = min(begun.reported_at, begun.received_at)
    return await projects.terms_at(session, story.project_id, as_of, begun.own_terms)


def _repair_from(clocks: Sequence[Clock], cycle: int) -> str | None:
    own = [c.repair_from for c in clocks if c.cycle == cycle and c.promise == Promise.REPAIR]
    return own[0] if own else None


async def _episodes(
    session: AsyncSession, story: Story, known: Known, begun: Begun
) -> list[Episode]:
    """The severities of a cycle, each with what it promises: frozen in the clock where there is
    one that counts from this very report, else as the terms were then. With a duplicate that is
    split off goes the severity it had brought, with which a later cycle may have begun."""
    is_shaken = begun.number > story.cycles[0].number and any(c.undone_at for c in known.changes)
    frozen = {
        (clock.promise, clock.generation): clock.target
        for clock in known.clocks
        if clock.cycle == begun.number
        and clock.reported_at == begun.reported_at
        and not (is_shaken and clock.generation == 1)
    }
    terms: ServiceTerms | None = None
    made: list[Episode] = []
    for generation, since, severity in rules.severities(story, known.changes, begun):
        targets: dict[Promise, timedelta] = {}
        for promise in rules.promised(story.kind, severity):
            length = frozen.get((promise.value, generation))
            if length is None:
                terms = terms or await terms_of(session, story, begun)
                length = target(terms, promise, severity)
            targets[promise] = length
        made.append(Episode(generation, since, targets))
    return made
