"""The ladder (rules.md §5): whoever must hear of a ticket hears it, and if nobody says that he
did, the next rung hears it too, until somebody does."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import Event, record
from tickets.notice import actions as notices
from tickets.notice import queries as told
from tickets.notice.models import Alert, Notice
from tickets.project import queries as projects
from tickets.project.models import Project
from tickets.rota import queries as rota
from tickets.sla.models import Clock
from tickets.sla.rules import Promise, is_breach
from tickets.staff import queries as staff
from tickets.staff.models import Person
from tickets.staff.rules import Role
from tickets.ticket import rules
from tickets.ticket.actions.tell.about import LEADS, about_ticket, leads_of, technician_of
from tickets.ticket.models import Ticket
from tickets.ticket.rules import Rung

EVERYBODY = (Role.TECHNICIAN, Role.HOTLINE, Role.HOTLINE_LEAD, *LEADS)


async def call_out(
    session: AsyncSession,
    event: Event,
    ticket: Ticket,
    project: Project,
    clock: Clock,
    *,
    threshold: str,
    breach_no: int,
    falls_at: datetime,
    facts: dict[str, Any],
) -> None:
    """A threshold is called out once; those who hear it at once are told, by push at any hour.

    Where nobody stands on the rung, the next one hears it at once."""
    terms = await projects.terms_at(
        session, project.id, min(ticket.reported_at, ticket.received_at), ticket.own_terms
    )
    alert = await notices.raise_alert(
        session,
        event,
        clock_id=clock.id,
        breach_no=breach_no,
        threshold=threshold,
        falls_at=falls_at,
        every=timedelta(minutes=terms.acknowledge_minutes),
    )
    if alert is None:
        return
    if not _is_wanted(alert, ticket, clock):
        alert.climbs_at = None
    people, alert.rung = await _hears_at_once(
        session,
        ticket,
        project,
        rules.rung_of(threshold, is_first=threshold == str(clock.first_warning_percent)),
        clock=clock,
        at=event.recorded_at,
    )
    await notices.write(
        session,
        event,
        to=people,
        threshold=threshold,
        clock_id=clock.id,
        breach_no=breach_no,
        facts=facts,
        reach="urgent",
        alert=alert,
        falls_at=falls_at,
    )


async def call_out_anew(
    session: AsyncSession,
    event: Event,
    ticket: Ticket,
    project: Project,
    clock: Clock,
    facts: dict[str, Any],
) -> None:
    """A report, or the same fault or danger again: whoever is on duty hears it first."""
    await call_out(
        session,
        event,
        ticket,
        project,
        clock,
        threshold="open",
        breach_no=clock.breach_no + 1,
        falls_at=event.recorded_at,
        facts=facts,
    )


async def _hears_at_once(
    session: AsyncSession,
    ticket: Ticket,
    project: Project,
    top: Rung,
    *,
    clock: Clock,
    at: datetime,
) -> tuple[list[Person], Rung]:
    """Everybody up to `top`, or up to the first rung above it where somebody stands."""
    people: list[Person] = []
    for rung in rules.heard_by(clock.promise, clock.target, ticket.severity, Rung.MANAGERS):
        found = await _on_rung(session, ticket, project, rung, at)
        people += found
        if rung >= top and found:
            return people, rung
    return people, Rung.MANAGERS


async def _on_rung(
    session: AsyncSession, ticket: Ticket, project: Project, rung: Rung, at: datetime
) -> list[Person]:
    match rung:
        case Rung.ON_DUTY:
            return await whose_it_is(session, ticket, project, at)
        case Rung.NEXT:
            before = await _on_rung(session, ticket, project, Rung.ON_DUTY, at)
            besides = [person.id for person in before]
            on_duty = await rota.on_duty(session, project.group_id, at)
            if on_duty is not None and on_duty.id not in besides:
                return [on_duty]
            following = await rota.next_on_duty(session, project.group_id, at, besides)
            return [following] if following else []
        case Rung.LEAD:
            return await _in_role(session, project, Role.HOTLINE_LEAD)
        case Rung.MANAGERS:
            return list(await leads_of(session, project))
        case Rung.EVERYONE:
            return await _in_role(session, project, *EVERYBODY)


async def _in_role(session: AsyncSession, project: Project, *roles: Role) -> list[Person]:
    found = await staff.in_role(session, *roles, project_id=project.id, group_id=project.group_id)
    return list(found)


async def whose_it_is(
    session: AsyncSession, ticket: Ticket, project: Project, at: datetime
) -> list[Person]:
    """His to whom it was given, else his who is on duty."""
    own = list(await technician_of(session, ticket))
    on_duty = None if own else await rota.on_duty(session, project.group_id, at)
    return [on_duty] if on_duty else own


async def clock_of(session: AsyncSession, ticket: Ticket, *promises: Promise) -> Clock | None:
    """The open clock of the present cycle that counts one of the promises, the last named first."""
    for promise in reversed(promises):
        found = await session.scalar(
            select(Clock)
            .where(
                Clock.ticket_id == ticket.id,
                Clock.cycle == ticket.cycle,
                Clock.promise == promise,
                Clock.met_at.is_(None),
                Clock.closed_as.is_(None),
            )
            .order_by(Clock.generation.desc())
            .limit(1)
        )
        if found is not None:
            return found
    return None


async def climb(session: AsyncSession, now: datetime, limit: int = 500) -> int:
    """The sweep: what nobody has acknowledged in time goes one rung up; an S1 goes to everyone,
    by every channel, as often as it takes. Returns how many alerts it looked at."""
    alerts = await told.climbing(session, now, limit)
    for alert in alerts:
        await _climb(session, alert, now)
    return len(alerts)


async def _climb(session: AsyncSession, alert: Alert, now: datetime) -> None:
    ticket = await session.get_one(Ticket, alert.ticket_id, populate_existing=True)
    clock = await session.get_one(Clock, alert.clock_id, populate_existing=True)
    if not _is_wanted(alert, ticket, clock):
        alert.climbs_at = None
        return
    _, project, facts = await about_ticket(session, ticket)
    rung = rules.next_rung(ticket.severity, alert.rung)
    people: list[Person] = []
    while rung is not None:
        people = await _on_rung(session, ticket, project, rung, now)
        if people or rung is Rung.EVERYONE:
            break
        rung = rules.next_rung(ticket.severity, rung)
    event = record(
        session,
        "alert.climbed" if rung is not None else "alert.unheard",
        at=now,
        ticket_id=ticket.id,
        project_id=project.id,
        alert_id=alert.id,
        clock_id=clock.id,
        promise=clock.promise,
        threshold=alert.threshold,
        rung=rung.name.lower() if rung is not None else None,
        people=[person.id for person in people],
    )
    if rung is None:  # the managers have it, and the page says that nobody has acknowledged it
        alert.climbs_at = None
        return
    await session.flush()
    await session.refresh(event)
    is_for_all = rung is Rung.EVERYONE
    alert.rung = rung
    alert.rounds += int(is_for_all)
    alert.climbs_at = now + alert.climbs_every
    await notices.write(
        session,
        event,
        to=people,
        threshold=f"{alert.threshold}.{alert.rounds}" if is_for_all else alert.threshold,
        clock_id=clock.id,
        breach_no=alert.breach_no,
        facts=facts
        | {
            "promise": clock.promise,
            "due_at": clock.due_at.isoformat() if clock.due_at else None,
            "unheard_for": (now - alert.falls_at).total_seconds(),
        },
        reach="everywhere" if is_for_all else "urgent",
        alert=alert,
        falls_at=now,
    )


def _is_wanted(alert: Alert, ticket: Ticket, clock: Clock) -> bool:
    """Kept, paused, gone or withdrawn: there is nothing to be heard any more."""
    if alert.acknowledged_at is not None or not ticket.is_open:
        return False
    if clock.met_at is not None or clock.closed_as is not None or clock.paused_since is not None:
        return False
    if is_breach(alert.threshold):
        return clock.breached_at is not None and clock.breach_no == alert.breach_no
    return True


async def acknowledge(
    session: AsyncSession,
    ticket: Ticket,
    *,
    by_id: int,
    now: datetime,
    by_link: Notice | None = None,
    upto: int | None = None,
) -> int:
    """收到. Gives how many alerts climb no further; a second word changes nothing."""
    alerts = await notices.acknowledge(
        session, ticket.id, by_id=by_id, now=now, by_link=by_link, upto=upto
    )
    if alerts:
        record(
            session,
            "alert.acknowledged",
            at=now,
            ticket_id=ticket.id,
            project_id=ticket.project_id,
            by_id=by_id,
            thresholds=[alert.threshold for alert in alerts],
        )
    return len(alerts)
