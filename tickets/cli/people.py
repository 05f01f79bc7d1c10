"""`tickets user` and `tickets token`: for the operator at the machine, who needs no role."""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from tickets import db
from tickets.cli.place import in_database
from tickets.refusals import Invalid, Missing
from tickets.staff import actions, queries
from tickets.staff.models import Person
from tickets.staff.rules import Grant, Role, Verb

Roles = Annotated[
    list[Role], typer.Option("--role", help="May be given more than once.", show_default=False)
]
Project = Annotated[str, typer.Option(help="The roles hold for this project only (its code).")]
Password = Annotated[
    str, typer.Option(help="Asked for when not given; `-` reads it from standard input.")
]


def _password(given: str) -> str:
    if given == "-":
        return sys.stdin.readline().rstrip("\n")
    return given or str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


async def _project_id(session: AsyncSession, code: str) -> int | None:
    if not code:
        return None
    found = await queries.project_id_of(session, code)
    if found is None:
        raise Missing("There is no project {code}.", code=code)
    return found


def add_user(
    login: str,
    roles: Roles,
    name: Annotated[str, typer.Option(help="As shown to others; the login when not given.")] = "",
    project: Project = "",
    password: Password = "",
) -> None:
    """Add a person who signs in with LOGIN."""
    typed = _password(password)

    async def work() -> None:
        async with db.transaction() as session:
            place = await _project_id(session, project)
            await actions.add_person(
                session,
                login=login,
                name=name or login,
                password=typed,
                roles=[Grant(role, place) for role in roles],
                now=datetime.now(UTC),
            )

    in_database("user add", work)
    typer.echo(f"{login} may sign in now.")


def list_users() -> None:
    """Who signs in, with their roles."""

    async def work() -> None:
        async with db.transaction() as session:
            people = await session.scalars(
                select(Person)
                .where(Person.is_program.is_(False))
                .options(selectinload(Person.roles))
                .order_by(Person.login)
            )
            for person in people:
                roles = ", ".join(
                    held.role
                    + (f" (project {held.project_id})" if held.project_id else "")
                    + (f" (group {held.group_id})" if held.group_id else "")
                    for held in person.roles
                )
                gone = f"  retired {person.retired_at:%Y-%m-%d}" if person.retired_at else ""
                typer.echo(f"{person.login}  {person.name}  {roles}{gone}")

    in_database("user list", work)


def set_password(login: str, password: Password = "") -> None:
    """Give a person a new password; every browser signed in with the old one is out."""
    typed = _password(password)

    async def work() -> None:
        async with db.transaction() as session:
            person = await queries.by_login(session, login)
            await actions.set_password(session, person.id, typed, now=datetime.now(UTC))

    in_database("user password", work)
    typer.echo(f"{login} has a new password.")


def add_token(
    role: Annotated[Role, typer.Option(help="What the program is.", show_default=False)],
    name: Annotated[str, typer.Option(help="What it is for; unique.", show_default=False)],
    may: Annotated[
        list[str] | None,
        typer.Option(
            help="A permission of an integration, as `ticket.open`; may be given more than once."
            " Without any it gets all that an integration may have."
        ),
    ] = None,
    project: Project = "",
    person: Annotated[str, typer.Option(help="Speak for this person (login) instead.")] = "",
) -> None:
    """Make a key for a program. The key is the only line on standard output, shown once."""
    permissions = _permissions(role, may or [])

    async def work() -> str:
        async with db.transaction() as session:
            now = datetime.now(UTC)
            if person:
                speaker = await queries.by_login(session, person)
                if role not in {held.role for held in speaker.roles}:
                    raise Invalid(
                        "role", "{login} does not hold the role {role}.", login=person, role=role
                    )
                _, key = await actions.add_token(session, name=name, person_id=speaker.id, now=now)
            else:
                _, key = await actions.add_token(
                    session,
                    name=name,
                    role=role,
                    project_id=await _project_id(session, project),
                    permissions=permissions,
                    now=now,
                )
            return key

    typer.echo(in_database("token add", work))


def _permissions(role: Role, named: list[str]) -> list[Verb]:
    from tickets.staff.rules import PERMISSIONS

    if role is not Role.INTEGRATION:
        return []
    unknown = sorted(set(named) - {verb.value for verb in PERMISSIONS})
    if unknown:
        raise Invalid(
            "may",
            "An integration cannot be given {unknown}; it may have: {known}.",
            unknown=", ".join(unknown),
            known=", ".join(sorted(PERMISSIONS)),
        )
    return [Verb(verb) for verb in named] or list(PERMISSIONS)


def list_tokens() -> None:
    """The keys there are: number, name, roles, made, last used."""

    async def work() -> None:
        async with db.transaction() as session:
            for token in await queries.all_tokens(session):
                roles = ", ".join(held.role for held in token.person.roles)
                used = f"used {token.used_at:%Y-%m-%d %H:%M}" if token.used_at else "never used"
                end = f"  revoked {token.revoked_at:%Y-%m-%d %H:%M}" if token.revoked_at else ""
                typer.echo(
                    f"{token.id}  {token.name}  {roles}  made {token.created_at:%Y-%m-%d}"
                    f"  {used}{end}"
                )

    in_database("token list", work)


def revoke_token(name: Annotated[str, typer.Argument(help="Its name, or its number.")]) -> None:
    """A program's key opens nothing from now on."""

    async def work() -> None:
        async with db.transaction() as session:
            known = [
                token
                for token in await queries.all_tokens(session, limit=10_000)
                if not token.revoked_at and name in (token.name, str(token.id))
            ]
            if not known:
                raise Missing("There is no valid token {name}.", name=name)
            await actions.revoke_token(session, known[0].id, now=datetime.now(UTC))

    in_database("token revoke", work)
    typer.echo(f"{name} is revoked.")
