"""How much of a sheet is taken: what a town's register needs, and a bomb does not get past."""

from datetime import timedelta
from typing import Final

LARGEST: Final = 60 << 20  # bytes of a file at the page; the shield refuses more anyway
LARGEST_TYPED: Final = 500 << 20  # bytes at the terminal
UNPACKED: Final = 700 << 20  # bytes a workbook says it has, all parts together
PARTS: Final = 2_000  # parts of a workbook
ROWS: Final = 500_000
SHEET_ROWS: Final = 1_048_576  # more than that no Excel ever wrote
CELLS: Final = 12_000_000
COLUMNS: Final = 200
LONGEST_CELL: Final = 10_000  # characters
MEMORY: Final = 1_536 << 20  # bytes of address space of the process that reads
TIME: Final = timedelta(minutes=10)  # for a whole file
LOOK: Final = timedelta(seconds=60)  # for a first look at it
FIRST: Final = 8  # rows shown on the page
SHOWN: Final = 50  # bad rows told on the page; the result sheet has them all
STACKED: Final = 20  # so many rows on exactly one point: nobody meant that point
ATTEMPTS: Final = 5  # a load that broke off so often is not tried again
