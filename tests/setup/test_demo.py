"""The demonstration shows every state the board knows, once."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tickets.asset.models import Asset
from tickets.cli import demo
from tickets.events import Event
from tickets.loan import actions as loan
from tickets.loan.models import Substitution
from tickets.project.models import Contact, Owner, Project
from tickets.sla import actions as sla
from tickets.ticket.models import Ticket


@pytest.mark.parametrize("hour", [2, 10, 18])
async def test_it_can_be_loaded_at_any_hour_and_shows_every_state(
    session: AsyncSession, hour: int
) -> None:
    now = datetime.now(UTC).replace(hour=hour) - timedelta(days=1)
    await demo.load(session, now)
    await session.flush()
    numbers = [
        await session.scalar(select(func.count()).select_from(table))
        for table in (Owner, Project, Asset, Ticket)
    ]
    assert numbers == [2, 3, 151, 25]
    assert (await session.scalar(select(func.count()).where(Contact.is_named)) or 0) >= 6
    states = set(await session.execute(select(Ticket.status, Ticket.is_open).distinct()))
    assert states == {
        ("open", True),
        ("answered", True),
        ("on_site", True),
        ("repaired", True),
        ("closed", False),
        ("cancelled", False),
    }
    covers = set(await session.scalars(select(Ticket.cover).distinct()))
    assert covers == {"warranty", "expired"}
    kinds = set(await session.scalars(select(Ticket.kind).distinct()))
    assert kinds == {"fault", "request", "consultation", "complaint"}


async def test_the_worker_finds_a_late_response_late_repairs_and_a_substitution_owed(
    session: AsyncSession,
) -> None:
    now = datetime.now(UTC)
    await demo.load(session, now)
    await session.flush()
    assert await sla.breach_overdue(session, now) == 3
    await session.flush()
    for event in await session.scalars(select(Event).where(Event.kind == "clock.breached")):
        await loan.owe(session, event)
    await session.flush()
    debts = set(await session.scalars(select(Substitution.state)))
    assert debts == {"owed", "measure"}
    running_out = now + timedelta(minutes=10)
    assert await session.scalar(
        select(func.count()).where(
            Ticket.is_open, Ticket.breaks_at > now, Ticket.breaks_at < running_out
        )
    )


async def test_into_a_database_with_people_it_is_not_loaded(
    session: AsyncSession, as_role: SignedIn
) -> None:
    await as_role("manager")
    assert not await demo.load_if_empty()
    assert await session.scalar(select(func.count()).select_from(Ticket)) == 0
