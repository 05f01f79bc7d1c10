"""Which row has the headings, and the rows under it that hold anything."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from tickets.refusals import Invalid
from tickets.sheet.reading.opened import Opened, Row
from tickets.sheet.rules.cells import Cell, shown
from tickets.sheet.rules.fields import guess

SEARCHED = 30  # rows in which the headings stand, below a title and a logo


@dataclass
class Headed:
    headings: list[str]
    line: int
    rows: Iterator[Row]
    is_1904: bool


def headed(file: Opened, what: str) -> Headed:
    """The headings are the row in which most are known; where none is, the first with two words.

    Raises Invalid("file") when nothing stands in the file.
    """
    first = list(islice(file.rows, SEARCHED))
    best, score = None, (0, 0)
    for place, (_, cells) in enumerate(first):
        words = [_word(cell) for cell in cells]
        known = len(guess(what, words))
        filled = sum(bool(word) for word in words)
        if known > score[0] and known >= min(2, filled):
            best, score = place, (known, filled)
    if best is None:
        filled_rows = [n for n, (_, cells) in enumerate(first) if not is_blank(cells)]
        wide = [n for n in filled_rows if sum(bool(_word(c)) for c in first[n][1]) > 1]
        if not filled_rows:
            raise Invalid("file", "The file is empty.")
        best = (wide or filled_rows)[0]
    line, cells = first[best]
    headings = [_word(cell) for cell in cells]
    while headings and not headings[-1]:
        headings.pop()
    rows = (row for row in chain(first[best + 1 :], file.rows) if not is_blank(row[1]))
    return Headed(headings, line, rows, file.is_1904)


def _word(cell: Cell) -> str:
    return " ".join(shown(cell).replace("\0", "").split())[:100]


def is_blank(cells: Sequence[Cell]) -> bool:
    return not any(cell.strip() if isinstance(cell, str) else cell is not None for cell in cells)
