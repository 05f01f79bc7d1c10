"""The service terms change from now on."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.project import queries
from tickets.project.models import Terms
from tickets.project.rules import (
    ServiceTerms,
)
from tickets.staff.rules import Verb, Who


async def change_terms(
    session: AsyncSession, who: Who, code: str, numbers: Mapping[str, Any], *, now: datetime
) -> ServiceTerms:
    """A new dated row: what is open keeps the terms it started with (rules.md §2)."""
    # The lock is for two who change the terms at once: the second builds on the first.
    project = await queries.find(session, who, code, Verb.PROJECT_WRITE, lock=True)
    before = await queries.terms_at(session, project.id, now)
    after = ServiceTerms.from_json(numbers, base=before)
    if after == before:
        return before
    await session.execute(
        insert(Terms)
        .values(project_id=project.id, valid_from=now, numbers=after.to_json(), by_id=who.id)
        .on_conflict_do_update(
            index_elements=["project_id", "valid_from"],
            set_={"numbers": after.to_json(), "by_id": who.id},
        )
    )
    record(
        session,
        "project.terms_changed",
        at=now,
        project_id=project.id,
        by_id=who.id,
        before=before.to_json(),
        after=after.to_json(),
    )
    return after
