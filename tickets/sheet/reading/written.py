"""Workbooks that go out: row by row, text as text, so that nothing in them computes."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from tickets.sheet.rules.cells import Cell, shown

WIDEST = 40


class Book:
    """One workbook, written downwards and never held in memory."""

    def __init__(self, path: Path) -> None:
        self._book = xlsxwriter.Workbook(
            str(path),
            {
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "default_date_format": "yyyy-mm-dd",
            },
        )
        self._head = self._book.add_format({"bold": True, "bg_color": "#E8EEF4", "text_wrap": True})
        self._wrong = self._book.add_format({"bg_color": "#FFE1DC"})
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._instant = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        self._text = self._book.add_format({"num_format": "@"})
        self._note = self._book.add_format({"text_wrap": True, "valign": "top"})

    def sheet(self, name: str, headings: Sequence[str], *, text: Iterable[int] = ()) -> "Page":
        """`text` are columns whose empty cells are text too, for what is typed into them."""
        return Page(self, self._book.add_worksheet(name[:31]), headings, frozenset(text))

    def close(self) -> None:
        self._book.close()


class Page:
    def __init__(
        self, book: Book, sheet: Any, headings: Sequence[str], text: frozenset[int]
    ) -> None:
        self._book = book
        self._sheet = sheet
        self._next = 0
        for column, heading in enumerate(headings):
            width = min(WIDEST, max(10, 2 + sum(1 + (ord(ch) > 0x2E7F) for ch in heading)))
            sheet.set_column(column, column, width, book._text if column in text else None)
        sheet.freeze_panes(1, 0)
        for column, heading in enumerate(headings):
            sheet.write_string(0, column, heading, book._head)
        self._next = 1

    def wide(self, column: int, width: int) -> None:
        self._sheet.set_column(column, column, width, self._book._note)

    def row(self, cells: Sequence[Cell], wrong: Iterable[int] = ()) -> None:
        marked = frozenset(wrong)
        for column, cell in enumerate(cells):
            self._write(self._next, column, cell, self._book._wrong if column in marked else None)
        self._next += 1

    def _write(self, row: int, column: int, cell: Cell, shape: Any) -> None:
        sheet, book = self._sheet, self._book
        if cell is None or cell == "":
            if shape is not None:
                sheet.write_blank(row, column, None, shape)
        elif isinstance(cell, bool):
            sheet.write_boolean(row, column, cell, shape)
        elif isinstance(cell, int | float):
            sheet.write_number(row, column, cell, shape)
        elif isinstance(cell, datetime):
            # A day that is wrong keeps looking like one.
            sheet.write_datetime(row, column, cell.replace(tzinfo=None), book._instant)
        elif isinstance(cell, date):
            sheet.write_datetime(row, column, cell, book._day)
        else:
            text = cell if isinstance(cell, str) else shown(cell)
            sheet.write_string(row, column, text[:32_767], shape)
