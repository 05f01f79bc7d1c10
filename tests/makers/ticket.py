"""Tickets for tests, opened through the verb that opens them."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from tests.makers.staff import make_person
from tickets.project.models import Project
from tickets.staff.rules import Grant, Role, Who
from tickets.ticket.actions import open_ticket
from tickets.ticket.models import Ticket
from tickets.ticket.rules import Call, Kind, Main, Severity


def who_of(person_id: int, *roles: Role, locale: str = "en") -> Who:
    return Who(person_id, "somebody", locale, tuple(Grant(role) for role in roles))


async def make_ticket(
    session: AsyncSession,
    *,
    project: Project,
    now: datetime,
    reported_at: datetime | None = None,
    who: Who | None = None,
    fault: str | None = "OUT_ONE",
    kind: Kind = Kind.FAULT,
    severity: Severity | None = None,
    main: Main | None = None,
    assets: tuple[str, ...] = (),
    description: str = "The lamp is dark",
    reporter_name: str | None = "Ms Caller",
    reporter_phone: str | None = "13912345678",
    place: str | None = None,
) -> Ticket:
    if who is None:
        person = await make_person(session, role="hotline")
        who = who_of(person.id, Role.HOTLINE)
    call = Call(
        project=project.code,
        description=description,
        kind=kind,
        fault=fault,
        assets=assets,
        severity=severity,
        main_equipment=main,
        reporter_name=reporter_name,
        reporter_phone=reporter_phone,
        place=place,
        reported_at=reported_at,
    )
    ticket = await open_ticket(session, who, call, now)
    await session.flush()
    return ticket
