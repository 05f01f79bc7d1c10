"""`tickets import`: what was kept elsewhere until now."""

import os
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets import db
from tickets.cli.place import in_database
from tickets.project.models import Project
from tickets.refusals import Invalid, Missing
from tickets.sheet import reading
from tickets.sheet.actions.old_tickets import lines_of
from tickets.ticket.actions.bring import Brought, bring_old_tickets
from tickets.ticket.rules.mapping import ColumnMap, read_mapping
from tickets.ticket.rules.old import OldTicket, read_old, read_old_rows
from tickets.ticket.rules.sheet import BadRow
from tickets.words import say

LARGEST = 500 << 20
File = Annotated[
    Path,
    typer.Argument(
        help="A CSV in UTF-8 or GB18030, or an XLSX.", exists=True, dir_okay=False, readable=True
    ),
]
Code = Annotated[str, typer.Option("--project", help="The project's code.", show_default=False)]


async def project_of(session: AsyncSession, code: str) -> Project:
    project = await session.scalar(select(Project).where(Project.code == code))
    if project is None:
        raise Missing("There is no project {code}.", code=code)
    return project


def _mapping(file: Path | None) -> ColumnMap | None:
    if file is None:
        return None
    try:
        return read_mapping(file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise Invalid("mapping", "The mapping is not TOML: {why}.", why="not UTF-8") from None


def tongue() -> str:
    """The terminal's language, for the reasons; everything else of the command is English."""
    told = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG")
    return "zh-CN" if (told or "").startswith("zh") else "en"


async def _rows(
    file: Path, content: bytes, columns: ColumnMap | None, timezone: str, now: datetime
) -> list[OldTicket | BadRow]:
    """A CSV is read here; a workbook by a child that may neither grow nor linger."""
    if not content.startswith(b"PK\x03\x04"):
        return list(read_old(content, columns, timezone, now))
    with tempfile.TemporaryDirectory(prefix="sheet-") as folder:
        await reading.child("lines", path=file, what="tickets", folder=folder)
        names, lines = lines_of(Path(folder) / "lines.jsonl", numbered=False)
        return list(read_old_rows(names, lines, columns, timezone, now))


def import_tickets(
    file: File,
    project: Code,
    mapping: Annotated[
        Path | None,
        typer.Option(
            help="What the columns mean, as TOML; docs/importing.md has its entries.",
            exists=True,
            dir_okay=False,
            readable=True,
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Read and judge every row, write none.")] = False,
    all_or_nothing: Annotated[
        bool, typer.Option(help="Load nothing when any row is bad; exit code 1 then.")
    ] = False,
) -> None:
    """Load old tickets from FILE. They are judged at once, told to nobody, and owe nothing.

    Every bad row is named with its line and its reason; the good ones are loaded. A ticket
    whose number is known already is left alone, so the same file may be loaded twice.
    """
    columns = _mapping(mapping)
    if file.stat().st_size > LARGEST:
        raise Invalid("file", "The file is larger than 500 MB: please cut it into pieces.")
    content = file.read_bytes()
    began = time.monotonic()

    async def work() -> Brought:
        async with db.transaction() as session:
            now = datetime.now(UTC)
            found = await project_of(session, project)
            rows = await _rows(file, content, columns, found.timezone, now)
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
    _tell(brought, time.monotonic() - began, dry_run=dry_run)
    if all_or_nothing and brought.bad:
        raise typer.Exit(1)


def _tell(brought: Brought, seconds: float, *, dry_run: bool) -> None:
    locale = tongue()
    for row in brought.bad:
        reason = say(locale, row.why.sentence, **row.why.places)
        typer.echo(say(locale, "line {line}: {reason}", line=row.line, reason=reason))
    typer.echo(f"good {brought.good}")
    typer.echo(f"bad {len(brought.bad)}")
    typer.echo(f"known {brought.known}")
    typer.echo(f"added {brought.added}")
    if dry_run:
        typer.echo("A dry run: nothing was written.", err=True)
    elif brought.added:
        rate = brought.added / max(seconds, 0.001)
        typer.echo(f"{brought.added} tickets in {seconds:.1f} s, {rate:.0f} a second.", err=True)
    elif brought.bad:
        typer.echo("Nothing was loaded.", err=True)
