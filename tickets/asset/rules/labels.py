"""Labels with a code to scan: which papers there are, where each label lies, how fine a code is."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tickets.refusals import Invalid
from tickets.words import N_

MOST: Final = 2000  # labels of one PDF; the next ones are the next part
FINEST: Final = 0.4  # mm of a module: what a phone still reads, and a 203-dpi printer still prints
QUIET: Final = 4  # modules of white around a code (ISO/IEC 18004)
PAD: Final = 1.5  # mm between the edge of a label and what stands on it


@dataclass(frozen=True)
class Sheet:
    """A paper: millimetres, from the upper left corner."""

    code: str
    name: str
    width: float  # of the paper
    height: float
    label_width: float
    label_height: float
    columns: int = 1
    rows: int = 1
    left: float = 0.0
    top: float = 0.0
    gap: float = 0.0  # between two columns; rows touch each other

    @property
    def places(self) -> int:
        return self.columns * self.rows

    def place(self, n: int) -> tuple[float, float]:
        """The upper left corner of the n-th place (from 0), row by row."""
        row, column = divmod(n, self.columns)
        x = self.left + column * (self.label_width + self.gap)
        return round(x, 3), round(self.top + row * self.label_height, 3)


_A4: Final = (210.0, 297.0)
SHEETS: Final = {
    sheet.code: sheet
    for sheet in (
        Sheet("A4-63x38", N_("A4, 63.5 × 38.1 mm, 21 labels (L7160)"), *_A4, 63.5, 38.1, 3, 7,
              7.25, 15.15, 2.5),
        Sheet("A4-70x37", N_("A4, 70 × 37 mm, 24 labels"), *_A4, 70.0, 37.0, 3, 8, 0.0, 0.5),
        Sheet("A4-99x38", N_("A4, 99.1 × 38.1 mm, 14 labels (L7163)"), *_A4, 99.1, 38.1, 2, 7,
              4.65, 15.15, 2.5),
        Sheet("A4-48x25-40", N_("A4, 48.5 × 25.4 mm, 40 labels"), *_A4, 48.5, 25.4, 4, 10, 8.0,
              21.5),
        Sheet("A4-48x25-44", N_("A4, 48.5 × 25.4 mm, 44 labels"), *_A4, 48.5, 25.4, 4, 11, 8.0,
              8.8),
        Sheet("100x70", N_("Single labels, 100 × 70 mm"), 100.0, 70.0, 100.0, 70.0),
        Sheet("80x50", N_("Single labels, 80 × 50 mm"), 80.0, 50.0, 80.0, 50.0),
        Sheet("60x40", N_("Single labels, 60 × 40 mm"), 60.0, 40.0, 60.0, 40.0),
    )
}  # fmt: skip


class Order(StrEnum):
    CODE = "code"
    TREE = "tree"


class Correction(StrEnum):
    """How much of a code may be dirty: 15 or 25 of a hundred."""

    M = "M"
    Q = "Q"


ORDER_LABELS: Final = {
    Order.CODE: N_("by code"),
    Order.TREE: N_("by cabinet and circuit"),
}
CORRECTION_LABELS: Final = {
    Correction.M: N_("usual (M)"),
    Correction.Q: N_("for outdoors: read though a quarter is dirty (Q)"),
}


def sheet_of(code: str) -> Sheet:
    if code not in SHEETS:
        raise Invalid("sheet", N_("This label paper is not known."))
    return SHEETS[code]


def check_first(sheet: Sheet, first: int) -> None:
    if not 1 <= first <= sheet.places:
        raise Invalid("first", N_("This paper has places 1 to {last}."), last=sheet.places)


def sheets_needed(sheet: Sheet, labels: int, first: int = 1) -> int:
    return -(-(labels + first - 1) // sheet.places) if labels else 0


def module_of(sheet: Sheet, modules: int) -> float:
    """Millimetres of one module, its quiet zone inside the label; refused where it is too fine."""
    # Text stands beside the code and needs as much as half of the width.
    room = min(sheet.label_height - 2 * PAD, sheet.label_width / 2)
    module = int(room / (modules + 2 * QUIET) * 100) / 100
    if module < FINEST:
        raise Invalid(
            "sheet",
            N_("On this paper the code would be too fine to be read. Take a larger label, or M."),
        )
    return module
