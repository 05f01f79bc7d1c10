"""A sheet is carried out: read by a child, checked, written, and its bad rows handed back."""

import json
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset.actions.bring import Wish, bring_assets
from tickets.project.models import Project
from tickets.refusals import Invalid, Refused
from tickets.sheet import reading
from tickets.sheet.actions import store
from tickets.sheet.actions.old_tickets import bring_tickets
from tickets.sheet.models import SheetLoad
from tickets.sheet.rules import limits
from tickets.words import LOCALES

Tell = Callable[[int], Awaitable[None]]  # hears the percentage; raises Cancelled to end it
Bad = tuple[int, int, str, dict[str, Any]]  # row, column, sentence, places
# What reading, writing and handing back take of the whole.
READ, WRITTEN = 45, 92


class Cancelled(Exception):
    """Somebody called it off: nothing of it is kept."""


async def carry_out(session: AsyncSession, load: SheetLoad, *, tell: Tell, now: datetime) -> None:
    """All in the caller's transaction; a file that cannot be read ends the load with a sentence."""
    project = await session.get_one(Project, load.project_id)
    with tempfile.TemporaryDirectory(prefix="sheet-") as name:
        folder = Path(name)
        await store.fetch(store.sent_in(load.id), folder / "sent")
        try:
            if load.what == "assets":
                counts, bad = await load_assets(
                    session, project, folder, load.columns, wish_of(load),
                    rows=load.rows, by_id=load.by_id, tell=tell, now=now,
                )  # fmt: skip
            else:
                counts, bad = await bring_tickets(
                    session, project, folder, load.columns, load.wish,
                    rows=load.rows, by_id=load.by_id, tell=tell, now=now,
                )  # fmt: skip
        except Invalid as why:
            load.state = "failed"
            load.refusal = {"sentence": why.sentence, "places": why.places}
        else:
            load.state = "done"
            load.counts = counts
            load.bad = {"first": bad[: limits.SHOWN]}
            if bad:
                await tell(WRITTEN)
                await _hand_back(load, folder, bad)
    load.finished_at = now
    await tell(100)
    await session.flush()


def wish_of(load: SheetLoad) -> Wish:
    return Wish(columns=frozenset(load.columns), **load.wish)


async def load_assets(
    session: AsyncSession,
    project: Project,
    folder: Path,
    columns: Mapping[str, int],
    wish: Wish,
    *,
    rows: int,
    by_id: int | None,
    tell: Tell,
    now: datetime,
) -> tuple[dict[str, int], list[Bad]]:
    """`folder` has the file as `sent`. Counts, and what is wrong in which cell, row by row."""

    async def reading_on(done: int) -> None:
        await tell(min(READ, READ * done // max(rows, 1)))

    async def writing_on(done: int, of: int) -> None:
        await tell(READ + (WRITTEN - READ) * done // of)

    read = await reading.child(
        "assets",
        told=reading_on,
        path=folder / "sent",
        what="assets",
        columns=dict(columns),
        folder=folder,
    )
    brought = await bring_assets(
        session,
        project,
        folder / "rows.csv",
        wish,
        bad_in_file=read["bad"],
        stacked=limits.STACKED,
        by_id=by_id,
        now=now,
        tell=writing_on,
    )
    bad = [*_bad_in_file(folder / "bad.jsonl")]
    for line, field, sentence, places in brought.bad:
        bad.append((line, columns.get(field, columns["code"]), sentence, places))
    bad.sort(key=lambda why: why[:2])
    is_written = not (wish.dry_run or (wish.all_or_nothing and bad))
    counts = {
        "rows": read["rows"],
        "good": brought.added + brought.changed + brought.same,
        "bad": len({line for line, *_ in bad}),
        "added": brought.added,
        "changed": brought.changed,
        "same": brought.same,
        "written": int(is_written),
    }
    return counts, bad


def _bad_in_file(path: Path) -> Iterator[Bad]:
    with path.open() as file:
        for line in file:
            row, column, sentence, places = json.loads(line)
            yield row, column, sentence, places


async def _hand_back(load: SheetLoad, folder: Path, bad: list[Bad]) -> None:
    with (folder / "told.jsonl").open("w") as file:
        file.writelines(json.dumps(each, default=str) + "\n" for each in bad)
    out = {locale: folder / f"{locale}.xlsx" for locale in LOCALES}
    try:
        await reading.child(
            "result",
            path=folder / "sent",
            what=load.what,
            bad=folder / "told.jsonl",
            out={locale: str(path) for locale, path in out.items()},
        )
    except Refused:  # it was read once; for want of the sheet the rows are told all the same
        return
    for locale, path in out.items():
        await store.put(path, store.result_of(load.id, locale))
    load.bad = load.bad | {"has_sheet": True}
