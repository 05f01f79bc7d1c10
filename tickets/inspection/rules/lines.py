"""Where each item is looked at: hundreds of lines in the order one walks (rules.md §9).

Nobody ticks a thousand lamps one by one. What is of lamps, poles and boxes is looked at circuit
by circuit, what is of a cabinet in front of it; a lamp that fails is named on its own.
"""

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tickets.inspection.rules.checklist import Item


class Level(StrEnum):
    PROJECT = "project"
    AREA = "area"
    CABINET = "cabinet"
    CIRCUIT = "circuit"


KIND_OF: Final = {Level.AREA: "AREA", Level.CABINET: "BOX", Level.CIRCUIT: "CIRC"}


@dataclass(frozen=True)
class Where:
    """The places of an item. `kinds` (a kind or its family) must stand there for it to be asked;
    where `is_always`, the register need not name them: every cabinet has an earth."""

    level: Level
    kinds: frozenset[str] = frozenset()
    is_always: bool = False


_LAMPS: Final = frozenset({"LUM", "SCREEN"})
CLASSES: Final[dict[str, Where]] = {
    "project": Where(Level.PROJECT, is_always=True),
    "zone": Where(Level.AREA, is_always=True),
    "luminaire": Where(Level.CIRCUIT, _LAMPS),
    "driver": Where(Level.CIRCUIT, _LAMPS | {"DRV"}),
    "pole": Where(Level.CIRCUIT, frozenset({"POLE", "LUM_STREET", "LUM_HIMAST", "LUM_GARDEN"})),
    "bracket": Where(Level.CIRCUIT, frozenset({"BRK", "POLE", "LUM_STREET"})),
    "cabinet": Where(Level.CABINET, is_always=True),
    "circuit": Where(Level.CIRCUIT, is_always=True),
    "rcd": Where(Level.CABINET, is_always=True),
    "cable": Where(Level.CIRCUIT, is_always=True),
    "junction_box": Where(Level.CIRCUIT, frozenset({"JBOX"}) | _LAMPS),
    "cable_well": Where(Level.CABINET, frozenset({"WELL"})),
    "earth": Where(Level.CABINET, is_always=True),
    "lightning": Where(Level.CABINET, frozenset({"LPS"})),
    "controller": Where(Level.CABINET, frozenset({"CCU", "MID", "CONC", "SUB", "NODE", "GW"})),
    "server": Where(Level.PROJECT, frozenset({"SRV", "CCU"})),
    "sim": Where(Level.PROJECT, frozenset({"SIM"})),
    "sensor": Where(Level.CABINET, frozenset({"SENS"})),
}
# Counted circuit by circuit although it is of the project.
BY_CIRCUIT: Final = frozenset({"STA-01"})


@dataclass(frozen=True)
class Place:
    """Something of the register that is walked to, and what stands on it."""

    id: int
    kind: str  # AREA, BOX or CIRC
    below: frozenset[str]  # kinds of what is not retired, itself among them


@dataclass(frozen=True)
class Line:
    item: str
    asset_id: int | None


def lines_of(items: Iterable[Item], places: Sequence[Place]) -> list[Line]:
    """Every item at each of its places; once for the project where the register has none of them.

    `places` come in the order one walks: each cabinet before its circuits.
    """
    here = frozenset().union(*(place.below for place in places))
    found: list[Line] = []
    for item in items:
        where = CLASSES.get(item.asset_class, Where(Level.PROJECT, is_always=True))
        level = Level.CIRCUIT if item.id in BY_CIRCUIT else where.level
        is_here = where.is_always or not places or has(where.kinds, here)
        if not is_here:
            continue
        at: list[int | None] = [
            place.id
            for place in places
            if place.kind == KIND_OF.get(level)
            and (where.is_always or item.id in BY_CIRCUIT or has(where.kinds, place.below))
        ]
        found += [Line(item.id, asset_id) for asset_id in at or [None]]
    return found


def has(kinds: frozenset[str], below: frozenset[str]) -> bool:
    return any(kind in kinds or kind.partition("_")[0] in kinds for kind in below)


def sampled(lines: Sequence[Line], items: Sequence[Item], percent: int, seed: str) -> list[Line]:
    """The lines of luminaires thinned out to `percent`, at least one of each item; the same `seed`
    gives the same ones, so that anybody can repeat it. Safety is never sampled."""
    thinned = {i.id for i in items if i.asset_class in ("luminaire", "driver") and not i.is_safety}
    kept: set[Line] = set()
    for item in sorted(thinned):
        of_item = [line for line in lines if line.item == item]
        if of_item:
            wanted = max(1, math.ceil(len(of_item) * percent / 100))
            chance = random.Random(f"{seed}:{item}")
            kept.update(chance.sample(of_item, wanted))
    return [line for line in lines if line.item not in thinned or line in kept]
