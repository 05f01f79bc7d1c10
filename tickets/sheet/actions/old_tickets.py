"""Old tickets out of a sheet: its columns as a mapping, its rows as their reader has them."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.project.models import Project
from tickets.sheet import reading
from tickets.ticket.actions.bring import bring_old_tickets
from tickets.ticket.rules.mapping import CODED, FORMATS, ColumnMap, Source
from tickets.ticket.rules.old import OldTicket, read_old_rows
from tickets.ticket.rules.said import codes_said
from tickets.ticket.rules.sheet import BadRow, SheetRow

Bad = tuple[int, int, str, dict[str, Any]]
# As people write instants; a bare day means its first minute, for nobody wrote down the hour.
SHAPES = (*FORMATS, "%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日", "%Y-%m-%d %H:%M", "%Y.%m.%d")


def lines_of(path: Path, *, numbered: bool = True) -> tuple[list[str], Iterator[SheetRow]]:
    """Headings, made to differ by their number, and the rows under them; by the child's job
    `lines`."""
    file = path.open()
    _, headings = json.loads(file.readline())
    names = [f"{n}:{heading}" if numbered else heading for n, heading in enumerate(headings)]

    def rows() -> Iterator[SheetRow]:
        with file:
            for line in file:
                number, cells = json.loads(line)
                yield SheetRow(number, dict(zip(names, cells, strict=True)))

    return names, rows()


async def bring_tickets(
    session: AsyncSession,
    project: Project,
    folder: Path,
    columns: Mapping[str, int],
    wish: Mapping[str, bool],
    *,
    rows: int,
    by_id: int | None,
    tell: Callable[[int], Awaitable[None]],
    now: datetime,
) -> tuple[dict[str, int], list[Bad]]:
    async def reading_on(done: int) -> None:
        await tell(40 * done // max(rows, 1))

    await reading.child(
        "lines", told=reading_on, path=folder / "sent", what="tickets", folder=folder
    )
    await tell(40)

    def read() -> list[OldTicket | BadRow]:
        names, lines = lines_of(folder / "lines.jsonl")
        mapping = ColumnMap(
            columns={field: Source(names[column]) for field, column in columns.items()},
            formats=SHAPES,
            values={field: codes_said(field) for field in columns if field in CODED},
        )
        return list(read_old_rows(names, lines, mapping, project.timezone, now))

    found = await asyncio.to_thread(read)
    await tell(60)
    brought = await bring_old_tickets(
        session,
        project,
        found,
        by_id=by_id,
        now=now,
        all_or_nothing=wish.get("all_or_nothing", False),
        dry_run=wish.get("dry_run", False),
    )
    bad = [
        (row.line, columns.get(getattr(row.why, "field", ""), columns["external_ref"]),
         row.why.sentence, _without_numbers(row.why.places))
        for row in brought.bad
    ]  # fmt: skip
    is_written = not wish.get("dry_run") and not (wish.get("all_or_nothing") and bad)
    counts = {
        "rows": len(found),
        "good": brought.good,
        "bad": len(bad),
        "added": brought.added if is_written else brought.good - brought.known,
        "changed": 0,
        "same": brought.known,
        "written": int(is_written),
    }
    return counts, bad


def _without_numbers(places: Mapping[str, Any]) -> dict[str, Any]:
    """Columns were told apart by their number; people read their heading."""
    return {
        name: str(value).partition(":")[2] if name == "column" and ":" in str(value) else value
        for name, value in places.items()
    }
