"""What would follow: of another severity, of merging. Everything is derived, nothing is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.sla import queries as clocks_of
from tickets.sla import rules as sla
from tickets.sla.queries import Known
from tickets.sla.rules import PROMISE_ORDER, Change, ClockState, Key, Promise, Verdict
from tickets.ticket.models import Ticket
from tickets.ticket.queries.story import story_of
from tickets.ticket.rules import Severity


@dataclass(frozen=True)
class Stand:
    """A clock before or after: how it stands, and when it is due."""

    state: ClockState
    due_at: datetime | None


@dataclass(frozen=True)
class Effect:
    """Of one promise. Without `before` it would be new; without `after` it would end."""

    promise: Promise
    before: Stand | None
    after: Stand | None
    is_superseded: bool  # its clock would give way to a successor, or to none

    @property
    def breaks(self) -> bool:
        """It would be late now, and is not."""
        is_late = self.before is not None and self.before.state is ClockState.LATE
        return not is_late and self.after is not None and self.after.state is ClockState.LATE


@dataclass(frozen=True)
class Raised:
    """A change of severity that nobody has made yet."""

    generation: int
    at: datetime
    before: str
    after: str
    undone_at: datetime | None = None


async def severity_effects(
    session: AsyncSession, ticket: Ticket, now: datetime
) -> Mapping[Severity, Sequence[Effect]]:
    """For each other severity, what would become of each promise were it changed now."""
    story = await story_of(session, ticket)
    known = await clocks_of.known_of(session, story)
    begun = story.cycles[-1]
    _, _, before = (await clocks_of.derived_of(session, story, known, now=now))[-1]
    found: dict[Severity, Sequence[Effect]] = {}
    for severity in Severity:
        if severity == ticket.severity:
            continue
        change = _change(known, max(now, begun.reported_at), ticket.severity, severity)
        changed = clocks_of.with_change(known, change)
        _, _, after = (await clocks_of.derived_of(session, story, changed, now=now))[-1]
        found[severity] = _effects(before.clocks, after.clocks, now)
    return found


async def merge_effects(
    session: AsyncSession, duplicate: Ticket, survivor: Ticket, now: datetime
) -> Sequence[Effect]:
    """What would become of the survivor's promises with the duplicate's report and acts."""
    story = await story_of(session, survivor)
    known = await clocks_of.known_of(session, story)
    begun = story.cycles[-1]
    _, _, before = (await clocks_of.derived_of(session, story, known, now=now))[-1]
    family = [*story.family, *(await story_of(session, duplicate)).family]
    joined = replace(story, family=family)
    if duplicate.reported_at < begun.reported_at:
        begun = replace(begun, reported_at=duplicate.reported_at)
        joined = replace(joined, cycles=[*story.cycles[:-1], begun])
    changed = await clocks_of.known_of(session, joined)
    since = await danger_since(session, duplicate, survivor)
    if since is not None:
        change = _change(changed, since, survivor.severity, duplicate.severity)
        changed = clocks_of.with_change(changed, change)
    _, _, after = (await clocks_of.derived_of(session, joined, changed, now=now))[-1]
    return _effects(before.clocks, after.clocks, now)


async def danger_since(
    session: AsyncSession, duplicate: Ticket, survivor: Ticket
) -> datetime | None:
    """Since when a graver duplicate raises the survivor: since it was that grave itself, after
    the changes there are. None where it is no graver."""
    if duplicate.severity >= survivor.severity:  # S1 is the gravest, and the least of the words
        return None
    own = [c for c in await clocks_of.changes_of(session, duplicate.id) if c.undone_at is None]
    since = own[-1].at if own else duplicate.reported_at
    theirs = await clocks_of.changes_of(session, survivor.id)
    earliest = min(survivor.reported_at, duplicate.reported_at)
    return max([since, earliest, *(c.at for c in theirs if c.undone_at is None)])


def next_generation(changes: Sequence[Change]) -> int:
    return max((each.generation for each in changes), default=1) + 1


def _change(known: Known, at: datetime, before: str, after: str) -> Raised:
    return Raised(next_generation(known.changes), at, before, after)


def _effects(
    before: Mapping[Key, Verdict], after: Mapping[Key, Verdict], now: datetime
) -> Sequence[Effect]:
    """By promise, in speaking order; each by its newest clock."""
    found = []
    for promise in PROMISE_ORDER:
        old, new = _newest(before, promise), _newest(after, promise)
        if old is None and new is None:
            continue
        was = _stand(before[old], now) if old else None
        comes = _stand(after[new], now) if new else None
        gives_way = old is not None and _gives_way(before[old], after.get(old))
        if comes is not None and comes.state is ClockState.SUPERSEDED:
            comes = None  # it ends without a successor
        if was is not None and was.state is ClockState.SUPERSEDED:
            was = None
        if was is not None or comes is not None:
            found.append(Effect(promise, was, comes, gives_way))
    return found


def _newest(clocks: Mapping[Key, Verdict], promise: Promise) -> Key | None:
    return max((key for key in clocks if key[0] is promise), key=lambda key: key[1], default=None)


def _gives_way(old: Verdict, new: Verdict | None) -> bool:
    is_over = old.closed_as is ClockState.SUPERSEDED
    return not is_over and new is not None and new.closed_as is ClockState.SUPERSEDED


def _stand(verdict: Verdict, now: datetime) -> Stand:
    return Stand(sla.state(verdict, now), sla.due_of(verdict, now))
