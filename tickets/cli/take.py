"""`tickets export`: registers and tickets as spreadsheets."""

import os
import shutil
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets import db
from tickets.cli.place import in_database
from tickets.project.models import Project
from tickets.refusals import Invalid, Missing
from tickets.sheet.actions import taken

Code = Annotated[str, typer.Option("--project", help="The project's code.", show_default=False)]
Out = Annotated[Path, typer.Argument(help="Where to: a name ending in .xlsx or .csv.")]


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


async def project_of(session: AsyncSession, code: str) -> Project:
    project = await session.scalar(select(Project).where(Project.code == code))
    if project is None:
        raise Missing("There is no project {code}.", code=code)
    return project


def tongue() -> str:
    """The terminal's language, for the reasons; everything else of the command is English."""
    told = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG")
    return "zh-CN" if (told or "").startswith("zh") else "en"
