"""质保期满通知: that it was handed to the owner, when and how, and as it read."""

from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.project.models import ExpiryNotice, Project
from tickets.project.rules import FIRST_DAY, day_of
from tickets.project.rules.expiry import HOW
from tickets.refusals import Invalid
from tickets.staff.rules import Who


async def hand_over_notice(
    session: AsyncSession,
    who: Who,
    project: Project,
    *,
    handed_on: date,
    received_by: str,
    how: str,
    sheet: dict[str, Any],
    locale: str,
    now: datetime,
) -> ExpiryNotice:
    """The diary tells it without the name of him who received it."""
    if handed_on > day_of(now, project.timezone):
        raise Invalid("handed_on", "This day is still to come.")
    if handed_on < FIRST_DAY:
        raise Invalid("handed_on", "This day cannot be: it is too far away.")
    if how not in HOW:
        raise Invalid("how", "This is not one of the known values.")
    notice = ExpiryNotice(
        project_id=project.id,
        handed_on=handed_on,
        received_by=received_by,
        how=how,
        by_id=who.id,
        locale=locale,
        sheet=sheet,
    )
    session.add(notice)
    await session.flush()
    record(
        session,
        "project.expiry_told",
        at=now,
        project_id=project.id,
        by_id=who.id,
        notice_id=notice.id,
        handed_on=handed_on.isoformat(),
        how=how,
    )
    return notice
