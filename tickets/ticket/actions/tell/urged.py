"""Whom a reminder by the owner, a promised call and a ticket handed back are told to."""

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import Event
from tickets.notice import actions as notices
from tickets.staff import queries as staff
from tickets.staff.models import Person
from tickets.staff.rules import Role
from tickets.ticket.actions.tell.about import about, leads_of, technician_of
from tickets.ticket.models import CallPromise
from tickets.ticket.rules import told_of_reminder


async def tell_of_reminder(session: AsyncSession, event: Event) -> None:
    """His whose ticket it is; the hotline lead and the managers as it grows. A ticket nobody has
    yet is told to the lead at once."""
    ticket, project, facts = await about(session, event)
    number, within_a_day = event.facts["number"], event.facts["within_a_day"]
    to_lead, to_managers = told_of_reminder(number, within_a_day)
    people = list(await technician_of(session, ticket))
    if to_managers:
        people += await leads_of(session, project, Role.HOTLINE_LEAD)
    elif to_lead or not people:
        people += await staff.in_role(
            session, Role.HOTLINE_LEAD, project_id=project.id, group_id=project.group_id
        )
    told = {"number": number, "within_a_day": within_a_day, "note": event.facts["note"]}
    to = [person for person in people if person.id != event.by_id]
    await notices.write(session, event, to=to, facts=facts | told)


async def tell_of_call_due(session: AsyncSession, event: Event) -> None:
    """It is time: one message to whoever promised the call, or to the leads if he is gone."""
    promise = await _open(session, event)
    if promise is None:
        return  # made meanwhile
    _, _, facts = await about(session, event)
    promised = await session.get(Person, promise.by_id) if promise.by_id else None
    if promised is not None and (promised.retired_at or promised.is_program):
        promised = None
    to = [promised] if promised else await _leads(session, event)
    await notices.write(session, event, to=to, facts=facts | _told(promise, promised))


async def tell_of_missed_call(session: AsyncSession, event: Event) -> None:
    """Ten minutes later, still not made: the hotline leads of the project."""
    promise = await _open(session, event)
    if promise is None:
        return
    _, _, facts = await about(session, event)
    promised = await session.get(Person, promise.by_id) if promise.by_id else None
    to = await _leads(session, event)
    await notices.write(session, event, to=to, facts=facts | _told(promise, promised))


async def tell_of_hand_back(session: AsyncSession, event: Event) -> None:
    """The hotline and its lead, at once: somebody must go instead. Not where one has it already."""
    ticket, project, facts = await about(session, event)
    if not ticket.is_open or ticket.technician_id is not None:
        return
    before = await session.get(Person, event.facts["before_id"])
    to = await staff.in_role(
        session,
        Role.HOTLINE,
        Role.HOTLINE_LEAD,
        project_id=project.id,
        group_id=project.group_id,
    )
    told = {
        "name": before.name if before else None,
        "reason": event.facts["reason_code"],
        "note": event.facts["note"],
    }
    to = [person for person in to if person.id != event.by_id]
    await notices.write(session, event, to=to, facts=facts | told, reach="push")


async def _open(session: AsyncSession, event: Event) -> CallPromise | None:
    promise = await session.get(CallPromise, event.facts["promise_id"], populate_existing=True)
    if promise is None or promise.kept_at is not None or promise.lapsed_at is not None:
        return None
    return promise


async def _leads(session: AsyncSession, event: Event) -> list[Person]:
    _, project, _ = await about(session, event)
    found = await staff.in_role(
        session, Role.HOTLINE_LEAD, project_id=project.id, group_id=project.group_id
    )
    return list(found)


def _told(promise: CallPromise, promised: Person | None) -> dict[str, object]:
    return {
        "promised_at": promise.at.isoformat(),
        "promised_by": promised.name if promised else None,
        "note": promise.note,
    }
