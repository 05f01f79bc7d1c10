"""验收: a batch is accepted, its warranty begins."""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.project.models import Acceptance, Project
from tickets.project.rules import (
    FIRST_DAY,
    LAST_DAY,
    MOST_MONTHS,
)
from tickets.refusals import Invalid, Refused
from tickets.staff.rules import Who


async def accept(
    session: AsyncSession,
    who: Who,
    project: Project,
    *,
    batch: str,
    accepted_on: date,
    months: int = 12,
    months_by_kind: Mapping[str, int] | None = None,
    now: datetime,
) -> Acceptance:
    """验收: the warranty of a batch begins. A batch is accepted once."""
    if not FIRST_DAY <= accepted_on <= LAST_DAY:
        raise Invalid("accepted_on", "This day cannot be: it is too far away.")
    by_kind = dict(months_by_kind or {})
    for name, number in [("", months), *by_kind.items()]:
        if not 1 <= number <= MOST_MONTHS:
            raise Invalid(
                f"warranty_months.{name}".rstrip("."),
                "A warranty runs for 1 to {most} months.",
                most=MOST_MONTHS,
            )
    acceptance = Acceptance(
        project_id=project.id,
        batch=batch,
        accepted_on=accepted_on,
        months=months,
        months_by_kind=by_kind,
    )
    try:
        async with session.begin_nested():
            session.add(acceptance)
    except IntegrityError:
        raise Refused("Batch {batch} has been accepted already.", batch=batch) from None
    record(
        session,
        "project.accepted",
        at=now,
        project_id=project.id,
        by_id=who.id,
        batch=batch,
        accepted_on=accepted_on.isoformat(),
        months=months,
        months_by_kind=by_kind,
    )
    return acceptance
