"""Which part of a project is in cover when: first and last days, gaps, and how that is drawn."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from tickets.project.rules.cover import (
    Accepted,
    Contracted,
    Cover,
    Decision,
    is_part_of,
    warranty_of,
)

DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Gap:
    """Days without cover, between two covers; both ends without."""

    starts_on: date
    ends_on: date


@dataclass(frozen=True)
class Part:
    """A batch, or a class of equipment in it, with all its covers by their first day."""

    batch: str | None  # None: a project without acceptances
    asset_kind: str | None  # None: everything else of the batch
    covers: tuple[Cover, ...]
    gaps: tuple[Gap, ...]

    @property
    def starts_on(self) -> date:
        return self.covers[0].starts_on

    @property
    def ends_on(self) -> date:
        """The last day of all its covers."""
        return max(cover.ends_on for cover in self.covers)

    @property
    def warranty(self) -> Cover | None:
        return next((c for c in self.covers if c.contract is None), None)

    @property
    def contracts(self) -> list[Contracted]:
        return [c.contract for c in self.covers if c.contract is not None]


@dataclass(frozen=True)
class _Any:
    """Anything of a part."""

    batch: str | None
    kind: str
    code: str = ""


def parts_of(acceptances: Sequence[Accepted], contracts: Sequence[Contracted]) -> list[Part]:
    """Every batch, and every class that has days of its own in it."""
    if not acceptances:
        return [_part(None, None, None, contracts)] if contracts else []
    parts: list[Part] = []
    for accepted in sorted(acceptances, key=lambda a: (a.accepted_on, a.batch)):
        kinds = set(accepted.months_by_kind)
        for each in contracts:
            if not each.batches or accepted.batch in each.batches:
                kinds |= set(each.kinds)
        for kind in (None, *sorted(kinds)):
            parts.append(_part(accepted.batch, kind, accepted, contracts))
    return parts


def _part(
    batch: str | None,
    kind: str | None,
    accepted: Accepted | None,
    contracts: Iterable[Contracted],
) -> Part:
    thing = _Any(batch, kind or "")
    warranty = warranty_of([accepted], thing) if accepted else None
    covers = [
        Cover(Decision.CONTRACT, each.starts_on, each.ends_on, contract=each)
        for each in contracts
        # Without acceptances nothing is divided: a contract of some classes is shown all the same.
        if accepted is None or is_part_of(each, thing)
    ]
    covers += [warranty] if warranty else []
    covers.sort(key=lambda cover: (cover.starts_on, cover.ends_on))
    return Part(batch, kind, tuple(covers), tuple(gaps(covers)))


def gaps(covers: Sequence[Cover]) -> list[Gap]:
    """Days between the first and the last one that no cover holds; covers may overlap."""
    found: list[Gap] = []
    until: date | None = None
    for cover in sorted(covers, key=lambda c: c.starts_on):
        if until is not None and cover.starts_on > until + DAY:
            found.append(Gap(until + DAY, cover.starts_on - DAY))
        until = cover.ends_on if until is None else max(until, cover.ends_on)
    return found


WIDTH: Final = 1000  # of a bar, in its own units


@dataclass(frozen=True)
class Bar:
    """One stretch of a part, as drawn: `look` is `warranty`, `contract` or `gap`."""

    look: str
    x: float
    width: float
    starts_on: date
    ends_on: date
    number: str | None = None


@dataclass(frozen=True)
class Drawn:
    """All parts on one scale, from 1 January to 31 December; `today` is None outside of it."""

    rows: tuple[tuple[Part, tuple[Bar, ...]], ...]
    years: tuple[tuple[int, float], ...]
    today: float | None


def drawn(parts: Sequence[Part], today: date) -> Drawn | None:
    if not parts:
        return None
    first = date(min(part.starts_on for part in parts).year, 1, 1)
    # After sixty years nothing could be seen; the table beside it has every day.
    last = date(min(max(part.ends_on for part in parts).year, first.year + 60), 12, 31)
    total = (last - first).days + 1

    def at(day: date) -> float:
        return round(min(max((day - first).days, 0), total) * WIDTH / total, 1)

    def bar(look: str, starts_on: date, ends_on: date, number: str | None = None) -> Bar:
        x = at(starts_on)
        return Bar(look, x, max(round(at(ends_on + DAY) - x, 1), 2), starts_on, ends_on, number)

    rows = [
        (
            part,
            (
                *(bar("gap", gap.starts_on, gap.ends_on) for gap in part.gaps),
                *(
                    bar(c.kind, c.starts_on, c.ends_on, c.contract.number if c.contract else None)
                    for c in sorted(part.covers, key=lambda c: c.contract is not None)
                ),
            ),
        )
        for part in parts
    ]
    step = max(1, (last.year - first.year) // 10 + 1)
    years = [(y, at(date(y, 1, 1))) for y in range(first.year, last.year + 1, step)]
    return Drawn(tuple(rows), tuple(years), at(today) if first <= today <= last else None)
