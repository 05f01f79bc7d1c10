"""Tickets whose every promise is broken, unnoticed; and what must follow, once."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket
from tickets.ticket.rules import Main
from workers.reactions import REACTIONS

TOLD = 4  # who hears that it is broken still: two managers, an admin, a hotline lead
FOR_A_DEBT = 3  # the managers and the admin


async def make_overdue(session: AsyncSession, tickets: int) -> None:
    """Each with a response, an arrival and a repair long due, and a substitution to be owed."""
    for role in ("manager", "manager", "admin", "hotline_lead", "technician"):
        await make_person(session, role=role)
    long_ago = datetime.now(UTC) - timedelta(days=5)
    project = await make_project(session, accepted_on=date.today() - timedelta(days=60))  # noqa: DTZ011
    for _ in range(tickets):
        await make_ticket(session, project=project, now=long_ago, main=Main.YES)


async def rows(url: str, statement: str) -> list[Any]:
    connection = await asyncpg.connect(url)
    try:
        return list(await connection.fetch(statement))
    finally:
        await connection.close()


async def number(url: str, statement: str) -> int:
    return int((await rows(url, statement))[0][0])


async def must_have_happened_once(url: str, tickets: int) -> None:
    """One breach per clock, one delivery per reaction, one notice per person, one debt each."""
    clocks = 3 * tickets
    breached = "SELECT facts->>'clock_id' AS c, facts->>'breach_no' AS n, count(*) FROM event"
    breached += " WHERE kind = 'clock.breached' GROUP BY 1, 2"
    found = await rows(url, breached)
    assert len(found) == clocks
    assert {(row["n"], row["count"]) for row in found} == {("1", 1)}
    assert await number(url, "SELECT count(*) FROM clock WHERE breached_at = due_at") == clocks

    assert await number(url, "SELECT count(*) FROM unrelayed") == 0
    kinds = {row["kind"]: row["count"] for row in await rows(url, _KINDS)}
    owed = sum(len(REACTIONS.get(kind, ())) * count for kind, count in kinds.items())
    assert await number(url, "SELECT count(*) FROM delivery") == owed
    whole = "SELECT count(*) FROM delivery WHERE handled_at IS NULL OR failures > 0"
    assert await number(url, whole) == 0

    per_person = "SELECT count(*) FROM notice GROUP BY clock_id, breach_no, threshold, person_id"
    # Days late: the highest threshold is what is said, of every clock once to each.
    told = await rows(url, f"{per_person}, template HAVING template = 'clock.warned'")
    assert [row["count"] for row in told] == [1] * (clocks * TOLD)
    assert await number(url, "SELECT count(*) FROM notice WHERE template = 'clock.breached'") == 0
    alerts = "SELECT count(*) FROM alert WHERE threshold LIKE '+%'"
    assert await number(url, alerts) == clocks
    debts = "SELECT count(*) FROM notice WHERE template = 'substitution.owed'"
    assert await number(url, debts) == tickets * FOR_A_DEBT
    assert await number(url, _UNSENT) == 0
    assert await number(url, "SELECT count(*) FROM notice WHERE tries <> 1") == 0

    assert await number(url, "SELECT count(*) FROM substitution WHERE state = 'owed'") == tickets
    assert kinds["substitution.owed"] == tickets


_KINDS = "SELECT kind, count(*) FROM event GROUP BY kind"
_UNSENT = "SELECT count(*) FROM notice WHERE sent_at IS NULL"
