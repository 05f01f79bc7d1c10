"""A report starts its clocks: one per promise, with the terms as they are now."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.project.rules import ServiceTerms, target
from tickets.sla import rules
from tickets.sla.actions.warn import set_warning
from tickets.sla.models import Clock
from tickets.sla.rules import Promise


def start(
    session: AsyncSession,
    *,
    ticket_id: int,
    cycle: int,
    kind: str,
    severity: str,
    terms: ServiceTerms,
    reported_at: datetime,
    is_imported: bool = False,
) -> list[Clock]:
    """One clock per promise, with the terms as they are now; later changes do not touch it."""
    clocks = []
    latest: datetime | None = None
    for promise in rules.promised(kind, severity):
        frozen = target(terms, promise, severity)
        waits = _waits(promise, terms)
        due = None if waits else reported_at + frozen
        clock = Clock(
            ticket_id=ticket_id,
            cycle=cycle,
            generation=1,
            promise=promise,
            reported_at=reported_at,
            target=frozen,
            repair_from=terms.repair_from if promise is Promise.REPAIR else "report",
            started_at=None if waits else reported_at,
            starts_by=latest if waits else None,
            due_at=due,
            paused=timedelta(0),
            breach_no=0,
            is_imported=is_imported,
            first_warning_percent=terms.first_warning_percent,
            second_warning_percent=terms.second_warning_percent,
            remind_every=timedelta(hours=terms.remind_hours),
            warned=0,
        )
        set_warning(clock)
        if promise is Promise.ARRIVAL:
            latest = due
        session.add(clock)
        clocks.append(clock)
    return clocks


def first_due(kind: str, severity: str, terms: ServiceTerms, reported_at: datetime) -> datetime:
    """When the first of a fresh ticket's promises breaks."""
    return reported_at + min(
        target(terms, promise, severity)
        for promise in rules.promised(kind, severity)
        if not _waits(promise, terms)
    )


def _waits(promise: Promise, terms: ServiceTerms) -> bool:
    """The repair may count from the arrival; until then it has no due instant."""
    return promise is Promise.REPAIR and terms.repair_from == "arrival"
