"""A night on duty: a group that takes turns, a lead, a manager, and the worker that looks."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket
from tickets.events import Event
from tickets.notice.models import Notice
from tickets.project.models import Project
from tickets.rota.models import Duty, ServiceGroup
from tickets.sla import actions as sla
from tickets.staff.models import Person
from tickets.ticket import actions
from tickets.ticket.models import Ticket
from workers.relay import relay_events

H = timedelta(hours=1)
MIN = timedelta(minutes=1)


@dataclass
class Night:
    """A project whose service group takes turns: zhang now, li next; a lead, a manager."""

    session: AsyncSession
    project: Project
    zhang: Person
    li: Person
    lead: Person
    manager: Person
    start: datetime

    async def report(self, **facts: Any) -> Ticket:
        ticket = await make_ticket(self.session, project=self.project, now=self.start, **facts)
        await self.consequences()
        return ticket

    async def consequences(self) -> None:
        await self.session.commit()
        await relay_events({})

    async def at(self, minutes: float) -> None:
        """The worker looks, so many minutes after the start."""
        now = self.start + minutes * MIN
        await sla.breach_overdue(self.session, now)
        await sla.warn_in_time(self.session, now)
        await actions.climb(self.session, now)
        await self.consequences()

    async def heard(self, threshold: str, promise: str = "response") -> set[str]:
        rows = await self.session.execute(
            select(Person.name, Notice.facts)
            .join(Notice, Notice.person_id == Person.id)
            .where(Notice.threshold == threshold)
        )
        return {name for name, facts in rows if facts.get("promise", promise) == promise}

    async def kinds(self) -> list[str]:
        asked = select(Event.kind).where(Event.kind.like("alert.%")).order_by(Event.id)
        return list(await self.session.scalars(asked))


async def begun_night(session: AsyncSession) -> Night:
    """It begins now; the caller's session is the worker's, too."""
    start = datetime.now(UTC)
    group = ServiceGroup(name="滨江班")
    session.add(group)
    await session.flush()
    project = await make_project(session)
    project.group_id = group.id
    zhang, li = [await make_person(session, name=name, group_id=group.id) for name in ("张", "李")]
    lead = await make_person(session, role="hotline_lead", name="lead")
    manager = await make_person(session, role="manager", name="manager")
    for person, since in ((zhang, -1 * H), (li, 12 * H)):
        session.add(
            Duty(
                group_id=group.id,
                person_id=person.id,
                from_at=start + since,
                to_at=start + since + 12 * H if since > timedelta(0) else start + 12 * H,
                is_by_hand=False,
            )
        )
    await session.flush()
    return Night(session, project, zhang, li, lead, manager, start)
