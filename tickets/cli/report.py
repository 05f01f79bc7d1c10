"""`tickets report`: figures for the terminal."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from tickets import db
from tickets.cli.place import in_database
from tickets.cli.take import Code, project_of
from tickets.refusals import Invalid
from tickets.report.queries import Verdicts
from tickets.report.queries import verdicts as count


def verdicts(
    project: Code,
    as_of: Annotated[
        str,
        typer.Option(
            help="An instant with its offset: 2016-01-12T23:00-05:00.", show_default=False
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead.")] = False,
) -> None:
    """Count the imported repair promises: met, late, unknown. Not yet due counts as met."""
    at = _instant(as_of)

    async def work() -> Verdicts:
        async with db.transaction() as session:
            return await count(session, (await project_of(session, project)).id, at)

    counted = in_database("report verdicts", work)
    if as_json:
        typer.echo(json.dumps(asdict(counted) | {"project": project, "as_of": at.isoformat()}))
        return
    typer.echo(f"met {counted.met}")
    typer.echo(f"late {counted.late}")
    typer.echo(f"unknown {counted.unknown}")
    if counted.apart:
        typer.echo(f"{counted.apart} more were cancelled or not needed.", err=True)


def _instant(written: str) -> datetime:
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        raise Invalid("as_of", "{written} is no instant.", written=written[:60]) from None
    if at.tzinfo is None:
        raise Invalid("as_of", "An instant needs an offset, as in +08:00.")
    return at
