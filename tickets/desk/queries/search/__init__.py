"""One search over everything one may see: tickets, assets, projects, owners, callers."""

from tickets.desk.queries.search.caller import Called, called
from tickets.desk.queries.search.found import Group, Hit, search
from tickets.desk.queries.search.way import Noun

__all__ = ["Called", "Group", "Hit", "Noun", "called", "search"]
