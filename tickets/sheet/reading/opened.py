"""A workbook or a CSV opened with care: refused early when it is a bomb, else row by row.

Runs in the child process only, under its limits of memory and time.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import python_calamine

from tickets.refusals import Invalid
from tickets.sheet.rules import limits
from tickets.sheet.rules.cells import Cell
from tickets.sheet.rules.fields import guess
from tickets.ticket.rules.sheet import DELIMITERS, decoded

_ZIP: Final = b"PK\x03\x04"
_OLD: Final = b"\xd0\xcf\x11\xe0"
Row = tuple[int, Sequence[Cell]]  # as it is numbered in the file, from 1


@dataclass
class Opened:
    rows: Iterator[Row]
    is_1904: bool = False


def opened(path: Path, *, what: str) -> Opened:
    """Raises Invalid("file") with a sentence when the file as a whole cannot be taken."""
    with path.open("rb") as file:
        begin = file.read(4)
    if begin == _OLD:
        raise Invalid(
            "file", "This is an old or a locked workbook: save it as XLSX without a password."
        )
    return _workbook(path) if begin == _ZIP else _csv(path, what)


# --- workbooks --------------------------------------------------------------------------------


def _workbook(path: Path) -> Opened:
    try:
        with zipfile.ZipFile(path) as parts:
            _weigh(parts)
            names = parts.namelist()
            if "xl/workbook.xml" not in names:
                raise _no_workbook()
            with parts.open("xl/workbook.xml") as part:
                book = part.read(1 << 20)
            for name in names:
                if re.fullmatch(r"xl/worksheets/[^/]+\.xml", name):
                    _count(parts, name)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError):
        raise _no_workbook() from None
    except ValueError:
        raise _no_workbook() from None
    try:
        calamine = python_calamine.CalamineWorkbook.from_path(str(path))
        sheet = _first_filled(calamine)
    except Invalid:
        raise
    except Exception:  # whatever the reader makes of such a file, it is none for us
        raise _no_workbook() from None
    if sheet is None:
        raise Invalid("file", "The file is empty.")
    if sheet.height > limits.ROWS + 100:
        raise too_many_rows()
    if sheet.width > limits.COLUMNS:
        raise too_many_columns()
    is_1904 = re.search(rb"""date1904=["'](1|true)["']""", book) is not None
    return Opened(_rows_of(sheet), is_1904)


def _weigh(parts: zipfile.ZipFile) -> None:
    """What the workbook itself says of its size, before any of it is unpacked."""
    told = parts.infolist()
    if len(told) > limits.PARTS or sum(part.file_size for part in told) > limits.UNPACKED:
        raise Invalid(
            "file",
            "Unpacked, this workbook has more than {megabytes} MB: please cut it into pieces.",
            megabytes=limits.UNPACKED >> 20,
        )


_ROW_END: Final = b"</row>"


def _count(parts: zipfile.ZipFile, name: str) -> None:
    """Rows and cells, counted in the packed stream: too many are refused on the way there."""
    rows = filled = cells = 0
    left = b""
    with parts.open(name) as part:
        while chunk := part.read(1 << 20):
            chunk = left + chunk
            *whole, left = chunk.split(_ROW_END)
            if len(left) > 64 << 20:
                raise too_many_rows()
            for row in whole:
                here = row.count(b"<v") + row.count(b"<is")
                cells += here
                filled += here > 0
            rows += len(whole)
            if filled > limits.ROWS + 100 or rows > limits.SHEET_ROWS:
                raise too_many_rows()
            if cells > limits.CELLS:
                raise Invalid(
                    "file",
                    "There are more than {cells} cells in this file: please cut it into pieces.",
                    cells=limits.CELLS,
                )


def _first_filled(book: Any) -> Any:
    for told in book.sheets_metadata:
        if told.typ != python_calamine.SheetTypeEnum.WorkSheet:
            continue
        if told.visible != python_calamine.SheetVisibleEnum.Visible:
            continue
        sheet = book.get_sheet_by_name(told.name)
        if sheet.height:
            return sheet
    return None


def _rows_of(sheet: Any) -> Iterator[Row]:
    """Cells merged downwards hold for every row they cover."""
    merged = [(first, last) for first, last in sheet.merged_cell_ranges or () if last[0] > first[0]]
    begins: dict[int, list[tuple[int, int]]] = {}
    for (top, left), (bottom, _) in merged:
        begins.setdefault(top, []).append((left, bottom))
    held: dict[int, tuple[int, Cell]] = {}  # column → (last row, value)
    # Rows come from the first of the sheet on, columns from the first that is filled.
    start = sheet.start[1] if sheet.start else 0
    for at, cells in enumerate(sheet.iter_rows()):
        row: list[Cell] = [*([None] * start), *cells]
        for column, (bottom, value) in list(held.items()):
            if at > bottom:
                del held[column]
            elif column < len(row) and row[column] in (None, ""):
                row[column] = value
        for left, bottom in begins.get(at, ()):
            if left < len(row):
                held[left] = (bottom, row[left])
        yield at + 1, row


def _no_workbook() -> Invalid:
    return Invalid("file", "This file cannot be read as a workbook. Save it as XLSX again.")


def too_many_rows() -> Invalid:
    return Invalid(
        "file",
        "There are more than {rows} rows in this file: please cut it into pieces.",
        rows=limits.ROWS,
    )


def too_many_columns() -> Invalid:
    return Invalid(
        "file", "There are more than {columns} columns in this file.", columns=limits.COLUMNS
    )


# --- CSV --------------------------------------------------------------------------------------


def _csv(path: Path, what: str) -> Opened:
    text = decoded(path.read_bytes())
    if text.count("\n") > limits.ROWS + 100_000:
        raise too_many_rows()
    return Opened(_lines(text, _delimiter(text, what)))


def _delimiter(text: str, what: str) -> str:
    """The one under which most headings are known, then most columns are found."""
    head = text[:200_000]

    def found(delimiter: str) -> tuple[int, int]:
        known = widest = 0
        with suppress(csv.Error):
            for n, cells in enumerate(
                csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
            ):
                known = max(known, len(guess(what, cells)) if len(cells) > 1 else 0)
                widest = max(widest, len(cells))
                if n == 30:
                    break
        return known, widest

    return max(DELIMITERS, key=found)


def _lines(text: str, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise Invalid(
                "file",
                "Line {line} cannot be read: a quoted cell does not end, or is far too long.",
                line=line,
            ) from None
        if len(cells) > limits.COLUMNS and any(cell.strip() for cell in cells[limits.COLUMNS :]):
            raise too_many_columns()
        yield line, cells
