"""What a pause took off a clock, or why it took nothing, in sentences (rules.md §3)."""

from collections.abc import Iterator

from tickets.sla.rules.said import Label, Said, said
from tickets.sla.rules.sentences import ACTS
from tickets.sla.rules.taken import Taken, Why
from tickets.sla.rules.words import PROMISE_LABELS, ActKind, Promise


def why(taken: Taken) -> Iterator[Said]:
    """First what it did, then who stands behind it."""
    yield _did(taken)
    held = taken.held
    if held.accepted_at is not None and held.accepted_at > held.received_at:
        who = held.accepted_by or _MANAGER
        yield said("{who} accepted it at {at}.", who=who, at=held.accepted_at)


_MANAGER = Label("a manager")


def _did(taken: Taken) -> Said:
    held = taken.held
    act = ACTS[taken.act or ActKind.REPAIR]
    match taken.why:
        case Why.STANDS:
            assert taken.from_at is not None
            return said(
                "The clock has stood still since {at}: {length} so far.",
                at=taken.from_at,
                length=taken.length,
            )
        case Why.COUNTS | Why.CUT:
            assert taken.from_at is not None
            assert taken.to_at is not None
            if taken.why is Why.CUT:
                return said(
                    "{length} do not count, from {start} on; {act} ended it at {at}.",
                    length=taken.length,
                    start=taken.from_at,
                    act=act,
                    at=taken.to_at,
                )
            return said(
                "{length} do not count: from {start} to {end}.",
                length=taken.length,
                start=taken.from_at,
                end=taken.to_at,
            )
        case Why.REJECTED:
            return said(
                "Nothing: {who} rejected it at {at}: “{reason}”",
                who=held.rejected_by or _MANAGER,
                at=held.rejected_at or held.from_at,
                reason=held.rejected_because or "",
            )
        case Why.WAITING:
            return said(
                "Nothing so far: it was entered at {entered}, after the breach of {promise} at"
                " {due} that it would lift, and waits for a manager.",
                entered=held.entered_at,
                promise=_promise(taken),
                due=taken.at or held.from_at,
            )
        case Why.NEVER:
            return said("Nothing: {promise} does not pause.", promise=_promise(taken))
        case Why.NOT_BEGUN:
            return said("Nothing: this clock had not begun.")
        case Why.EMPTY:
            return said("Nothing: it has no length.")
        case Why.OVERLAPS:
            return said("Nothing more: another pause holds the same time, which counts once.")
        case _:
            return _too_early_or_late(taken, act)


def _too_early_or_late(taken: Taken, act: Label) -> Said:
    at = taken.at or taken.held.from_at
    if taken.why is Why.OVER_BEFORE:
        return said("Nothing: it was over before this clock began at {at}.", at=at)
    if taken.why is Why.AFTER_ACT:
        return said("Nothing: {act} had come before it, at {at}.", act=act, at=at)
    if taken.why is Why.AFTER_END:
        return said("Nothing: this clock had ended before it, at {at}.", at=at)
    return said("Nothing: it begins at or after the due instant, {at}.", at=at)


def _promise(taken: Taken) -> Label:
    return Label(PROMISE_LABELS[taken.promise or Promise.REPAIR])
