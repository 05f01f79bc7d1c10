"""A reported fault and what the door says of its clocks, for the tests of the verbs."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.makers.project import make_project
from tests.makers.ticket import make_ticket
from tests.ticket.night import Night, begun_night
from tickets.events import Event
from tickets.project.models import Project
from tickets.ticket.models import Ticket

H = timedelta(hours=1)


@dataclass
class Matter:
    """A ticket, and the hours of its life as instants: `at(3)` is three hours after the report."""

    ticket: Ticket
    session: AsyncSession

    @property
    def ref(self) -> str:
        return self.ticket.ref

    def at(self, hours: float) -> str:
        return (self.start + hours * H).isoformat()

    def __post_init__(self) -> None:
        self.start = self.ticket.reported_at

    async def post(self, client: AsyncClient, path: str, **body: Any) -> Response:
        return await client.post(f"/api/v1/tickets/{self.ref}/{path}", json=body)

    async def clocks(self, client: AsyncClient, cycle: int | None = None) -> dict[str, Any]:
        """The living clocks of one cycle (the newest), by promise."""
        told = (await client.get(f"/api/v1/tickets/{self.ref}")).json()
        wanted = cycle or told["cycle"]
        return {
            clock["promise"]: clock
            for clock in told["clocks"]
            if clock["cycle"] == wanted and clock["state"] != "superseded"
        }

    async def states(self, client: AsyncClient, cycle: int | None = None) -> dict[str, str]:
        return {p: clock["state"] for p, clock in (await self.clocks(client, cycle)).items()}

    async def generations(self, client: AsyncClient, promise: str) -> list[tuple[int, str]]:
        told = (await client.get(f"/api/v1/tickets/{self.ref}")).json()
        return sorted(
            (clock["generation"], clock["state"])
            for clock in told["clocks"]
            if clock["promise"] == promise
        )

    async def diary(self) -> list[str]:
        asked = select(Event.kind).where(Event.ticket_id == self.ticket.id).order_by(Event.id)
        return list(await self.session.scalars(asked))

    def due(self, clock: dict[str, Any]) -> float | None:
        """Hours from the report to the due instant."""
        if clock["due_at"] is None:
            return None
        return (datetime.fromisoformat(clock["due_at"]) - self.start) / H


Reported = Callable[..., Awaitable[Matter]]


@pytest.fixture
def reported(session: AsyncSession) -> Reported:
    """`matter = await reported(50, fault="LEAK", project=…)`: a fault told so many hours ago."""

    async def report(
        hours_ago: float, *, project: Project | None = None, terms: Any = None, **more: Any
    ) -> Matter:
        now = datetime.now(UTC).replace(microsecond=0)
        place = project or await make_project(
            session, accepted_on=date(2026, 1, 9), months=24, terms=terms
        )
        ticket = await make_ticket(
            session, project=place, now=now, reported_at=now - hours_ago * H, **more
        )
        return Matter(ticket, session)

    return report


@pytest.fixture
async def night(session: AsyncSession) -> Night:
    """Zhang is on duty, li is next; `await night.at(30)`: the worker looks after half an hour."""
    return await begun_night(session)
