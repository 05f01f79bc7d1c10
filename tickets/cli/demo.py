"""Demonstration data for a first look; `tickets up` loads it into an empty database."""

from datetime import UTC, datetime

import typer
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets import db
from tickets.cli.demo_calls import demo_calls
from tickets.cli.demo_desk import DemoDesk, who_is
from tickets.cli.demo_people import _PEOPLE, PASSWORD, demo_owner, demo_people
from tickets.cli.demo_places import demo_places
from tickets.cli.place import in_database
from tickets.refusals import Missing, Refused
from tickets.staff import keys
from tickets.staff.models import Person
from tickets.staff.queries import by_login
from tickets.staff.rules import Role


async def load(session: AsyncSession, now: datetime) -> None:
    """Everything the demonstration shows, in the caller's transaction."""
    made = await demo_people(session, now)
    admin = who_is(made.people["admin"], Role.ADMIN)
    projects = await demo_places(session, admin, made.group_id, now)
    await demo_owner(session, made, projects["BJ-01"].id, now)
    await demo_calls(DemoDesk(session, made.people, now))


async def load_if_empty() -> bool:
    """Empty means: nobody was ever added. False when somebody was."""
    async with db.transaction() as session:
        if await session.scalar(select(Person.id).limit(1)) is not None:
            return False
        await load(session, datetime.now(UTC))
        return True


async def sign_ins() -> list[str]:
    """Lines for the terminal, as long as the demonstration's password still opens its door."""
    async with db.transaction() as session:
        try:
            first = await by_login(session, _PEOPLE[0][0])
        except Missing:
            return []
        if first.retired_at or not await keys.fits(PASSWORD, first.password_hash):
            return []
    names = "  ".join(f"{login} ({name})" for login, name, _, _ in _PEOPLE)
    names += "  yezhu (业主代表)"
    return ["demonstration sign-ins, all with the password " + PASSWORD + ":", names]


def demo() -> None:
    """Load demonstration data into an empty database."""
    if not in_database("demo", load_if_empty):
        raise Refused("There are people in this database already: nothing was loaded.")
    for line in in_database("demo", sign_ins):
        typer.echo(line)
