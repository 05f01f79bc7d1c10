"""What one may see: the filter every question about tickets begins with."""

from sqlalchemy import ColumnElement, select, true

from tickets.project.models import Project
from tickets.project.queries import within
from tickets.staff.rules import Scope, Verb, Who
from tickets.ticket.models import Ticket


def visible(who: Who, verb: Verb = Verb.TICKET_READ) -> ColumnElement[bool]:
    """The filter that makes what one may not see not exist; wants Project joined or in reach."""
    return visible_in(who.scope(verb))


def visible_in(scope: Scope) -> ColumnElement[bool]:
    if scope.everywhere:
        return true()
    return Ticket.project_id.in_(select(Project.id).where(within(scope)))
