"""How many call-backs are due, for whoever is at the door: beside the link on every page."""

from typing import Any

from sqlalchemy import ScalarSelect, and_, exists, func, or_, select

from tickets.project.models import Project
from tickets.staff.models import HeldRole, Person
from tickets.staff.rules import MAY, Role, Verb
from tickets.ticket.models import Ticket

MOST = 100  # "99+" says enough
_ROLES = [role.value for role in MAY[Verb.TICKET_CALL_BACK] if role is not Role.INTEGRATION]


def calls_due() -> ScalarSelect[Any]:
    """One column about the `Person` who asks."""
    holds = (HeldRole.person_id == Person.id, HeldRole.role.in_(_ROLES))
    reach = exists().where(
        *holds,
        or_(
            and_(HeldRole.project_id.is_(None), HeldRole.group_id.is_(None)),
            HeldRole.project_id == Project.id,
            HeldRole.group_id == Project.group_id,
        ),
    )
    some = (
        select(Ticket.id)
        .join(Project, Project.id == Ticket.project_id)
        .where(
            exists()
            .where(*holds)
            .correlate(Person),  # asked once, so that others need look at no ticket
            # The database's own instant, which the planner may look at: with one that is told it
            # fears for a third of all tickets, and makes a plan anew for every page.
            Ticket.ask_at <= func.now(),
            reach.correlate(Person, Project),
        )
        # In order, so that even a plan made for any instant reads the index and no table.
        .order_by(Ticket.ask_at)
        .limit(MOST)
        .correlate(Person)
        .lateral()
    )
    return select(func.count()).select_from(some).scalar_subquery()
