"""`tickets import assets` and `tickets export`: registers and tickets as spreadsheets."""

import shutil
import tempfile
import time
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tickets import db
from tickets.asset.actions.bring import Wish
from tickets.cli.bring import LARGEST, Code, project_of, tongue
from tickets.cli.place import in_database
from tickets.refusals import Invalid
from tickets.sheet import reading
from tickets.sheet.actions import taken
from tickets.sheet.actions.carry_out import Bad, load_assets
from tickets.sheet.rules.cells import column_letter
from tickets.sheet.rules.fields import ASSETS, plain
from tickets.words import say

File = Annotated[
    Path,
    typer.Argument(
        help="An XLSX, or a CSV in UTF-8 or GB18030.", exists=True, dir_okay=False, readable=True
    ),
]
Out = Annotated[Path, typer.Argument(help="Where to: a name ending in .xlsx or .csv.")]


def import_assets(
    file: File,
    project: Code,
    mapping: Annotated[
        Path | None,
        typer.Option(
            help="What the columns mean, as TOML; guessed from the headings without.",
            exists=True,
            dir_okay=False,
            readable=True,
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Read and judge every row, write none.")] = False,
    all_or_nothing: Annotated[
        bool, typer.Option(help="Load nothing when any row is bad; exit code 1 then.")
    ] = False,
    update: Annotated[
        bool, typer.Option(help="Change what is known by its code; else it is a bad row.")
    ] = False,
) -> None:
    """Load a register from FILE. Every bad row is named with its cell and its reason; the good
    ones are loaded, whatever their order."""
    if file.stat().st_size > LARGEST:
        raise Invalid("file", "The file is larger than 500 MB: please cut it into pieces.")
    meant = _mapping(mapping)
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
    _tell(counts, bad, time.monotonic() - began, dry_run=dry_run)
    if all_or_nothing and bad:
        raise typer.Exit(1)


async def _nobody(percent: int) -> None:
    return None


def _mapping(file: Path | None) -> Mapping[str, str] | None:
    """`[columns]`, field = heading; as for old tickets."""
    if file is None:
        return None
    try:
        told = tomllib.loads(file.read_text(encoding="utf-8-sig")).get("columns", {})
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as why:
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


def _tell(counts: Mapping[str, int], bad: list[Bad], seconds: float, *, dry_run: bool) -> None:
    locale = tongue()
    for row, column, sentence, places in bad:
        typer.echo(
            say(
                locale,
                "line {line}: {reason}",
                line=f"{row} ({column_letter(column)}{row})",
                reason=say(locale, sentence, **places),
            )
        )
    written = counts["written"]
    typer.echo(f"good {counts['good']}")
    typer.echo(f"bad {counts['bad']}")
    typer.echo(f"known {counts['same']}")
    typer.echo(f"changed {counts['changed'] * written}")
    typer.echo(f"added {counts['added'] * written}")
    if dry_run:
        typer.echo("A dry run: nothing was written.", err=True)
    elif not written:
        typer.echo("Nothing was loaded.", err=True)
    else:
        typer.echo(f"{counts['rows']} rows in {seconds:.1f} s.", err=True)


def export_assets(file: Out, project: Code) -> None:
    """Write the register of a project to FILE; it can be sent in again with `--update`."""
    _export(file, project, "assets")


def export_tickets(file: Out, project: Code) -> None:
    """Write all tickets of a project to FILE, callers included."""
    _export(file, project, "tickets")


def _export(file: Path, code: str, what: str) -> None:
    ending = file.suffix.lower().removeprefix(".")
    if ending not in ("xlsx", "csv"):
        raise Invalid("file", "The name of the file ends in .xlsx or .csv.")

    async def work() -> None:
        async with db.transaction(is_reading=True) as session:
            found = await project_of(session, code)
            if what == "assets":
                made = await taken.register(session, found, tongue(), ending)
            else:
                made = await taken.tickets(session, found, tongue(), ending, with_callers=True)
            shutil.move(made, file)

    in_database("export", work)
    typer.echo(f"written: {file}", err=True)
