"""`tickets import`: registers and old tickets that were kept elsewhere until now."""

import shutil
import tempfile
import time
import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from tickets import db
from tickets.asset.actions.bring import Wish
from tickets.cli.place import in_database
from tickets.cli.take import Code, project_of, tongue
from tickets.refusals import Invalid
from tickets.sheet import reading
from tickets.sheet.actions.carry_out import Bad, load_assets
from tickets.sheet.actions.old_tickets import lines_of
from tickets.sheet.rules import limits
from tickets.sheet.rules.cells import column_letter
from tickets.sheet.rules.fields import ASSETS, plain
from tickets.ticket.actions.bring import Brought, bring_old_tickets
from tickets.ticket.rules.mapping import ColumnMap, read_mapping
from tickets.ticket.rules.old import OldTicket, read_old, read_old_rows
from tickets.ticket.rules.sheet import BadRow
from tickets.words import N_, say

File = Annotated[
    Path,
    typer.Argument(
        help="A CSV in UTF-8 or GB18030, or an XLSX.", exists=True, dir_okay=False, readable=True
    ),
]
Meant: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--mapping",
        help="What the columns mean, as TOML; docs/importing.md has its entries.",
        exists=True,
        dir_okay=False,
        readable=True,
    ),
]
DryRun = Annotated[bool, typer.Option(help="Read and judge every row, write none.")]
AllOrNothing = Annotated[
    bool, typer.Option(help="Load nothing when any row is bad; exit code 1 then.")
]
_LINE = N_("line {line}: {reason}")
_CELL = N_("line {line} ({cell}): {reason}")


def import_assets(
    file: File,
    project: Code,
    mapping: Meant = None,
    dry_run: DryRun = False,
    all_or_nothing: AllOrNothing = False,
    update: Annotated[
        bool, typer.Option(help="Change what is known by its code; else it is a bad row.")
    ] = False,
) -> None:
    """Load a register from FILE. Every bad row is named with its cell and its reason; the good
    ones are loaded, whatever their order. The columns are guessed without a mapping."""
    meant = None if mapping is None else _columns_named(_text(_weighed(mapping)))
    _weighed(file)
    began = time.monotonic()

    async def work() -> tuple[dict[str, int], list[Bad]]:
        seen = await reading.look(file.resolve(), "assets")
        columns = seen["guess"] if meant is None else _columns(meant, seen["headings"])
        if "code" not in columns:
            raise Invalid("columns", "Say which column holds the code of the asset.")
        wish = Wish(frozenset(columns), update, False, all_or_nothing, dry_run)
        with tempfile.TemporaryDirectory(prefix="sheet-") as name:
            shutil.copyfile(file, Path(name) / "sent")
            async with db.transaction() as session:
                return await load_assets(
                    session,
                    await project_of(session, project),
                    Path(name),
                    columns,
                    wish,
                    rows=seen["rows"],
                    by_id=None,
                    tell=_nobody,
                    now=datetime.now(UTC),
                )

    counts, bad = in_database("import assets", work)
    locale, written = tongue(), counts["written"]
    reasons = [
        say(
            locale,
            _CELL,
            line=row,
            cell=f"{column_letter(column)}{row}",
            reason=say(locale, sentence, **places),
        )
        for row, column, sentence, places in bad
    ]
    told = {"good": counts["good"], "bad": counts["bad"], "known": counts["same"]}
    told |= {"changed": counts["changed"] * written, "added": counts["added"] * written}
    _tell(reasons, told, time.monotonic() - began, is_dry=dry_run, is_all=all_or_nothing)


def import_tickets(
    file: File,
    project: Code,
    mapping: Meant = None,
    dry_run: DryRun = False,
    all_or_nothing: AllOrNothing = False,
) -> None:
    """Load old tickets from FILE. They are judged at once, told to nobody, and owe nothing.

    Every bad row is named with its line and its reason; the good ones are loaded. A ticket
    whose number is known already is left alone, so the same file may be loaded twice.
    """
    columns = None if mapping is None else read_mapping(_text(_weighed(mapping)))
    content = _weighed(file).read_bytes()
    began = time.monotonic()

    async def work() -> Brought:
        async with db.transaction() as session:
            now = datetime.now(UTC)
            found = await project_of(session, project)
            rows = await _old_tickets(file, content, columns, found.timezone, now)
            return await bring_old_tickets(
                session,
                found,
                rows,
                by_id=None,
                now=now,
                all_or_nothing=all_or_nothing,
                dry_run=dry_run,
            )

    brought = in_database("import tickets", work)
    locale = tongue()
    reasons = [
        say(locale, _LINE, line=row.line, reason=say(locale, row.why.sentence, **row.why.places))
        for row in brought.bad
    ]
    told = {"good": brought.good, "bad": len(brought.bad)}
    told |= {"known": brought.known, "added": brought.added}
    _tell(reasons, told, time.monotonic() - began, is_dry=dry_run, is_all=all_or_nothing)


async def _old_tickets(
    file: Path, content: bytes, columns: ColumnMap | None, timezone: str, now: datetime
) -> list[OldTicket | BadRow]:
    """A CSV is read here; a workbook by a child that may neither grow nor linger."""
    if not content.startswith(b"PK\x03\x04"):
        return list(read_old(content, columns, timezone, now))
    with tempfile.TemporaryDirectory(prefix="sheet-") as folder:
        await reading.child("lines", path=file, what="tickets", folder=folder)
        names, lines = lines_of(Path(folder) / "lines.jsonl", numbered=False)
        return list(read_old_rows(names, lines, columns, timezone, now))


async def _nobody(percent: int) -> None:
    return None


def _weighed(file: Path) -> Path:
    if file.stat().st_size > limits.LARGEST_TYPED:
        raise Invalid("file", "The file is larger than 500 MB: please cut it into pieces.")
    return file


def _text(mapping: Path) -> str:
    try:
        return mapping.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid("mapping", "The mapping is not TOML: {why}.", why="not UTF-8") from None


def _columns_named(mapping: str) -> Mapping[str, str]:
    """`[columns]`, field = heading; as for old tickets."""
    try:
        told = tomllib.loads(mapping).get("columns", {})
    except tomllib.TOMLDecodeError as why:
        raise Invalid("mapping", "The mapping is not TOML: {why}.", why=str(why)) from None
    known = {field.name for field in ASSETS}
    for name, heading in told.items():
        if name not in known or not isinstance(heading, str):
            raise Invalid("mapping", "There is no field {name}.", name=name)
    return dict(told)


def _columns(meant: Mapping[str, str], headings: list[str]) -> dict[str, int]:
    places = {plain(heading): n for n, heading in reversed(list(enumerate(headings)))}
    found = {}
    for name, heading in meant.items():
        if plain(heading) not in places:
            raise Invalid("mapping", "There is no column {column}.", column=heading)
        found[name] = places[plain(heading)]
    return found


def _tell(
    reasons: Sequence[str], told: Mapping[str, int], seconds: float, *, is_dry: bool, is_all: bool
) -> None:
    """Reasons and counts for programs, on standard output; how it went for who waits for it.

    Exit code 1 where all was asked for and not all was good.
    """
    for reason in reasons:
        typer.echo(reason)
    for name, number in told.items():
        typer.echo(f"{name} {number}")
    loaded = told["added"] + told.get("changed", 0)
    if is_dry:
        typer.echo("A dry run: nothing was written.", err=True)
    elif loaded:
        rate = loaded / max(seconds, 0.001)
        typer.echo(f"loaded {loaded} in {seconds:.1f} s, {rate:.0f} a second.", err=True)
    elif told["bad"]:
        typer.echo("Nothing was loaded.", err=True)
    if is_all and told["bad"]:
        raise typer.Exit(1)
