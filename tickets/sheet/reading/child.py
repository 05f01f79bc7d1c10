"""One sheet and the end: a job comes in by stdin, what became of it goes out by stdout.

A process of its own, with limits of memory and time, so that no file can take the desk along.
"""

import csv
import json
import os
import resource
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from typing import Any

ROOT = str(Path(__file__).resolve().parents[3])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

from tickets.asset.rules import new_public_id  # noqa: E402
from tickets.grams import grams  # noqa: E402
from tickets.refusals import Invalid, Refused  # noqa: E402
from tickets.sheet.reading.headed import Headed, headed  # noqa: E402
from tickets.sheet.reading.opened import opened, too_many_rows  # noqa: E402
from tickets.sheet.reading.written import Book  # noqa: E402
from tickets.sheet.rules import limits  # noqa: E402
from tickets.sheet.rules.asset_row import asset_row  # noqa: E402
from tickets.sheet.rules.cells import Cell, column_letter, shown  # noqa: E402
from tickets.sheet.rules.fields import guess, shape_of  # noqa: E402
from tickets.words import say  # noqa: E402

TELL_EVERY = 5_000  # rows


def main() -> None:
    job = json.loads(sys.stdin.buffer.readline())
    resource.setrlimit(resource.RLIMIT_AS, (job["memory"], job["memory"]))
    os.nice(10)  # the desk comes first
    try:
        tell({"done": JOBS[job["do"]](job)})
    except Refused as why:
        tell({"refused": [why.sentence, why.places]})
    except MemoryError:
        tell({"refused": ["This file needs too much memory: please cut it into pieces.", {}]})


def tell(what: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(what, ensure_ascii=True, default=str) + "\n")
    sys.stdout.flush()


def _headed(job: Mapping[str, Any]) -> Headed:
    return headed(opened(Path(job["path"]), what=job["what"]), job["what"])


def look(job: Mapping[str, Any]) -> Mapping[str, Any]:
    """The headings, what they most likely mean, the first rows, and how many there are."""
    sheet = _headed(job)
    first: list[list[str]] = []
    rows = 0
    for _, cells in sheet.rows:
        rows += 1
        if rows > limits.ROWS:
            raise too_many_rows()
        if len(first) < limits.FIRST:
            wide = cells[: len(sheet.headings)]
            first.append([shown(cell).replace("\0", "")[:80] for cell in wide])
    if not rows:
        raise Invalid("file", "Below its headings the file is empty.")
    return {
        "headings": sheet.headings,
        "first": first,
        "rows": rows,
        "line": sheet.line,
        "shape": shape_of(sheet.headings),
        "guess": guess(job["what"], sheet.headings),
    }


COLUMNS = (
    "line", "code", "name", "kind", "is_main", "parent", "batch", "model", "maker", "lot",
    "serial", "mounting", "power_w", "cct_k", "ip", "control", "location", "lat", "lon", "datum",
    "installed_on", "public_id", "grams", "is_bad",
)  # fmt: skip


def assets(job: Mapping[str, Any]) -> Mapping[str, Any]:
    """Rows ready to be copied into a table, and beside them what is wrong in which cell."""
    sheet = _headed(job)
    columns: dict[str, int] = job["columns"]
    folder = Path(job["folder"])
    fields = COLUMNS[1:21]
    seen: dict[str, int] = {}
    rows = bad = 0
    with ExitStack() as stack:
        good_file = stack.enter_context((folder / "rows.csv").open("w", newline=""))
        bad_file = stack.enter_context((folder / "bad.jsonl").open("w"))
        write = csv.writer(good_file).writerow
        for line, cells in sheet.rows:
            rows += 1
            if rows > limits.ROWS:
                raise too_many_rows()
            told, wrong = asset_row(cells, columns, is_1904=sheet.is_1904)
            code = told.get("code")
            if code is not None and (before := seen.setdefault(code, line)) != line:
                wrong.append(
                    Invalid("code", "The code {code} stands in row {row} already.",
                            code=code, row=before)
                )  # fmt: skip
                code = None
            for why in wrong:
                where = columns.get(why.field, columns["code"])
                bad_file.write(json.dumps([line, where, why.sentence, why.places]) + "\n")
            bad += bool(wrong)
            if code is not None:
                found_by = grams(
                    code, told.get("name"), told.get("location"), told.get("model"),
                    told.get("serial"),
                )  # fmt: skip
                write(
                    [line, *[told.get(field) for field in fields], new_public_id(),
                     "{" + ",".join(found_by) + "}", bool(wrong)]
                )  # fmt: skip
            if rows % TELL_EVERY == 0:
                tell({"rows": rows})
    return {"rows": rows, "bad": bad}


def lines(job: Mapping[str, Any]) -> Mapping[str, Any]:
    """Every row as its number and its cells as text, a line of JSON each; the headings first."""
    sheet = _headed(job)
    rows = 0
    with (Path(job["folder"]) / "lines.jsonl").open("w") as out:
        out.write(json.dumps([sheet.line, sheet.headings]) + "\n")
        for line, cells in sheet.rows:
            rows += 1
            if rows > limits.ROWS:
                raise too_many_rows()
            wide = [shown(cell) for cell in cells[: len(sheet.headings)]]
            wide += [""] * (len(sheet.headings) - len(wide))
            out.write(json.dumps([line, wide]) + "\n")
            if rows % TELL_EVERY == 0:
                tell({"rows": rows})
    return {"rows": rows}


def result(job: Mapping[str, Any]) -> Mapping[str, Any]:
    """The bad rows as they came, with their cells and reasons behind them, once per language.

    `bad` has lines of [row, column, sentence, places]. What is corrected there can be sent again:
    the headings are the same, and the columns behind them mean nothing to us.
    """
    sheet = _headed(job)
    wrong: dict[int, list[tuple[int, str, dict[str, Any]]]] = {}
    with Path(job["bad"]).open() as told:
        for each in told:
            line, column, sentence, places = json.loads(each)
            wrong.setdefault(line, []).append((column, sentence, places))
    books = {locale: Book(Path(path)) for locale, path in job["out"].items()}
    width = len(sheet.headings)
    pages = {}
    for locale, book in books.items():
        behind = [say(locale, each) for each in ("Row", "Cell", "Reason")]
        pages[locale] = book.sheet(say(locale, "To be corrected"), [*sheet.headings, *behind])
        pages[locale].wide(width + 2, 70)
    for line, cells in sheet.rows:
        found = wrong.get(line)
        if not found:
            continue
        row: list[Cell] = [*cells[:width], *([None] * (width - len(cells)))]
        where = ", ".join(f"{column_letter(column)}{line}" for column, _, _ in found)
        for locale, page in pages.items():
            reasons = "\n".join(say(locale, sentence, **places) for _, sentence, places in found)
            page.row([*row, line, where, reasons], {column for column, _, _ in found})
    for book in books.values():
        book.close()
    return {"rows": len(wrong)}


def write(job: Mapping[str, Any]) -> Mapping[str, Any]:
    """A workbook of lines of JSON that come in by stdin after the job."""
    book = Book(Path(job["path"]))
    rows = 0
    page = book.sheet(job["title"], job["headings"], text=job.get("text", ()))
    days, instants = frozenset(job.get("days", ())), frozenset(job.get("instants", ()))
    for cells in _given():
        rows += 1
        page.row([_meant(n, cell, days, instants) for n, cell in enumerate(cells)])
    for further in job.get("further", ()):
        page = book.sheet(further["title"], further["headings"])
        for column, width in enumerate(further["widths"]):
            page.wide(column, width)
        for cells in further["rows"]:
            page.row(cells)
    book.close()
    return {"rows": rows}


def _given() -> Iterator[Sequence[Cell]]:
    for line in sys.stdin.buffer:
        if line == b"\n":
            return
        yield json.loads(line)


def _meant(column: int, cell: Cell, days: frozenset[int], instants: frozenset[int]) -> Cell:
    if isinstance(cell, str) and column in days:
        return date.fromisoformat(cell)
    if isinstance(cell, str) and column in instants:
        return datetime.fromisoformat(cell)
    return cell


JOBS = {"look": look, "assets": assets, "lines": lines, "result": result, "write": write}

if __name__ == "__main__":
    main()
