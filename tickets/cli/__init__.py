"""The `tickets` command: one line per verb."""

import sys
from importlib import import_module

import asyncpg
import typer
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from tickets.embedded import CannotStart
from tickets.refusals import Refused

# Verb → module and function under tickets/cli. Only what is asked for is imported: a token is
# added in a second, not in five.
COMMANDS = {
    "up": "up:up",
    "serve": "serve:serve",
    "work": "serve:work",
    "migrate": "serve:migrate",
    "demo": "demo:demo",
    "user add": "people:add_user",
    "user list": "people:list_users",
    "user password": "people:set_password",
    "token add": "people:add_token",
    "token list": "people:list_tokens",
    "token revoke": "people:revoke_token",
    "import assets": "bring:import_assets",
    "import tickets": "bring:import_tickets",
    "export assets": "take:export_assets",
    "export tickets": "take:export_tickets",
    "report verdicts": "report:verdicts",
    "backup": "keep:backup",
    "restore": "keep:restore",
    "doctor": "doctor:doctor",
}
FAMILIES = {
    "user": "People who sign in.",
    "token": "Keys of programs.",
    "import": "What was kept elsewhere until now.",
    "export": "What is kept here, as spreadsheets.",
    "report": "Figures for the terminal.",
}


def command_line(words: list[str]) -> typer.Typer:
    """The commands that `words` may mean: one family, or all when none is named."""
    app = typer.Typer(
        name="tickets",
        help="Afterglow: the after-sales maintenance desk of lighting contractors.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    first = words[0] if words else ""
    names = [name for name in COMMANDS if name.split()[0] == first] or list(COMMANDS)
    families: dict[str, typer.Typer] = {}
    for name in names:
        module, _, function = COMMANDS[name].partition(":")
        verb = getattr(import_module(f"tickets.cli.{module}"), function)
        family, _, own_name = name.rpartition(" ")
        if not family:
            app.command(name)(verb)
            continue
        if family not in families:
            families[family] = typer.Typer(help=FAMILIES[family], no_args_is_help=True)
            app.add_typer(families[family], name=family)
        families[family].command(own_name)(verb)
    app.callback()(lambda: None)  # a lone command keeps its name
    return app


def sentence(error: Exception) -> str | None:
    """What went wrong, for the person at the terminal; None for a mistake of ours."""
    if isinstance(error, CannotStart | Refused):
        return str(error)
    if isinstance(error, ValidationError) and error.title == "Settings":
        return " ".join(
            f"TICKETS_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}."
            if e["loc"]
            else e["msg"].removeprefix("Value error, ")
            for e in error.errors()
        )
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, asyncpg.InvalidPasswordError | asyncpg.InvalidCatalogNameError):
        return f"The database refuses: {cause}."
    if isinstance(cause, ConnectionError | asyncpg.CannotConnectNowError):
        return f"The database does not answer ({cause}): see TICKETS_DATABASE_URL."
    return None


def main() -> None:
    try:
        command_line(sys.argv[1:])()
    except Exception as error:
        told = sentence(error)
        if told is None:
            raise
        typer.echo(told, err=True)
        sys.exit(1)
