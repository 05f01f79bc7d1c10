"""调班: whoever was given a duty, or lost one, hears of it; nobody of what he did himself."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import Event
from tickets.notice import actions as notices
from tickets.rota import queries
from tickets.rota.models import ServiceGroup
from tickets.staff.models import Person


async def tell_of_duty(session: AsyncSession, event: Event) -> None:
    """One message to each, with what he has and what he has no more. Duties that were over
    before it was written down are told to nobody."""
    group = await session.get_one(ServiceGroup, event.facts["group_id"])
    row = await queries.plan_row(session, group.id)
    zone = row.timezone if row else queries.ZONE
    given, taken = _tellings(event)
    for id_ in dict.fromkeys(each["person_id"] for each in [*given, *taken]):
        person = await session.scalar(
            select(Person).where(Person.id == id_, Person.retired_at.is_(None))
        )
        facts = {
            "group": group.name,
            "given": _spans(given, id_, event.recorded_at),
            "taken": _spans(taken, id_, event.recorded_at),
            "timezone": zone,
            "link": "/rota",
        }
        if person is None or id_ == event.by_id or not (facts["given"] or facts["taken"]):
            continue
        await notices.write(session, event, to=[person], facts=facts, reach="push")


Told = Mapping[str, Any]


def _tellings(event: Event) -> tuple[list[Told], list[Told]]:
    """Who has what, and who has what no more: a duty given by hand, or two that changed hands."""
    if event.kind == "duty.given":
        return [event.facts], event.facts.get("taken", [])
    first, second = event.facts["duties"]
    return [first, second], [
        first | {"person_id": second["person_id"]},
        second | {"person_id": first["person_id"]},
    ]


def _spans(told: Iterable[Told], person_id: int, now: datetime) -> list[list[str]]:
    return [
        [each["from_at"], each["to_at"]]
        for each in told
        if each["person_id"] == person_id and datetime.fromisoformat(each["to_at"]) > now
    ]
