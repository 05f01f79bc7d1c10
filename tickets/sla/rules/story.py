"""A ticket's story as the promises see it: its cycles, the severities within each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True)
class Begun:
    """A cycle's report: when it was, and when we learnt it (which decides whose terms count)."""

    number: int
    reported_at: datetime
    received_at: datetime
    # What the contract it is under promises otherwise than the project does.
    own_terms: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Story:
    """What the ticket's own room knows of it. `family` is itself and the duplicates merged into
    it: their acts and pauses count as its own."""

    ticket_id: int
    project_id: int
    kind: str
    severity: str
    cycles: Sequence[Begun]
    family: Sequence[int]
    ended_at: datetime | None = None


class Change(Protocol):
    """From an instant on another severity counts; undone by splitting a graver duplicate off."""

    @property
    def generation(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def before(self) -> str: ...
    @property
    def after(self) -> str: ...
    @property
    def undone_at(self) -> datetime | None: ...


def cycle_of(story: Story, at: datetime) -> int:
    """The cycle whose [reported_at, next cycle's reported_at) holds the instant (rules.md §4)."""
    begun = [each.number for each in story.cycles if each.reported_at <= at]
    return begun[-1] if begun else story.cycles[0].number


def next_report(story: Story, begun: Begun) -> datetime | None:
    """When the cycle after this one begins; None for the present one."""
    return next((b.reported_at for b in story.cycles if b.number == begun.number + 1), None)


def severities(
    story: Story, changes: Sequence[Change], begun: Begun
) -> list[tuple[int, datetime, str]]:
    """(generation, since when, severity) within one cycle; 1 is the generation it begins with.

    `changes` are all there were, oldest first; those undone only tell what was before them.
    """
    until = next_report(story, begun)
    before = changes[0].before if changes else story.severity
    found: list[tuple[int, datetime, str]] = []
    for change in changes:
        if change.undone_at is not None:
            continue
        if change.at < begun.reported_at and begun.number != story.cycles[0].number:
            before = change.after
        elif until is None or change.at < until:
            current = found[-1][2] if found else before
            if change.after != current:
                if not found:
                    found.append((1, begun.reported_at, before))
                # Split off, an earlier report may have taken its changes' beginnings with it.
                since = max(change.at, begun.reported_at)
                found.append((change.generation, since, change.after))
    return found or [(1, begun.reported_at, before)]


def severity_now(story: Story, changes: Sequence[Change]) -> str:
    """The severity that the changes that stand lead to."""
    return severities(story, changes, story.cycles[-1])[-1][2]
