"""The `tickets` command: one line per verb."""

import sys

import asyncpg
import typer
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from tickets.cli import demo, doctor, keep, people, serve, up
from tickets.embedded import CannotStart
from tickets.refusals import Refused

app = typer.Typer(
    name="tickets",
    help="Afterglow: the after-sales maintenance desk of lighting contractors.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
user = typer.Typer(help="People who sign in.", no_args_is_help=True)
token = typer.Typer(help="Keys of programs.", no_args_is_help=True)
app.add_typer(user, name="user")
app.add_typer(token, name="token")

app.command("up")(up.up)
app.command("serve")(serve.serve)
app.command("work")(serve.work)
app.command("migrate")(serve.migrate)
app.command("demo")(demo.demo)
user.command("add")(people.add_user)
user.command("list")(people.list_users)
user.command("password")(people.set_password)
token.command("add")(people.add_token)
token.command("list")(people.list_tokens)
token.command("revoke")(people.revoke_token)
app.command("backup")(keep.backup)
app.command("restore")(keep.restore)
app.command("doctor")(doctor.doctor)


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
        app()
    except Exception as error:
        told = sentence(error)
        if told is None:
            raise
        typer.echo(told, err=True)
        sys.exit(1)
