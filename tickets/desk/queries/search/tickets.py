"""Of tickets: what is open first, then the latest of what is closed."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    any_,
    case,
    extract,
    func,
    or_,
    select,
)
from sqlalchemy.sql.selectable import CTE

from tickets.desk.queries.search.way import Noun, Way, columns_of, in_reach, is_caller, slices, slot
from tickets.project.models import Contact, Project
from tickets.ticket.models import Ticket

LAST = 10.0**13  # behind every instant at which something open breaks


def of_tickets(way: Way) -> list[Select[Any]]:
    """What is open, soonest due first; what is closed, the latest first, where that is no full
    list. Each by an index of slices of its own (docs/decisions/0004)."""
    t = Ticket.__table__.c
    among = in_reach(t.project_id, way.tickets)
    is_meant = _is_meant(way)
    key = (t.breaks_at, t.id)
    nearest = (
        select(t.id)
        .where(t.is_open, is_meant, *among)
        .order_by(*key)
        .limit(way.most)
        .cte("nearest")
    )
    full = select(func.count()).select_from(nearest).scalar_subquery() >= way.most
    past = (
        select(t.id)
        .where(~t.is_open, ~full, is_meant, *among)
        .order_by(t.reported_at.desc(), t.id.desc())
        .limit(way.most)
        .cte("past")
    )
    named = select(t.id).where(t.ref == slot("ref"), *among).cte("named")
    return [_shown_tickets(each) for each in (named, nearest, past)]


def _shown_tickets(few: CTE) -> Select[Any]:
    t, p = Ticket.__table__.c, Project.__table__.c
    columns = columns_of(
        Noun.TICKET,
        t.id,
        t.ref,
        func.left(t.description, 160),
        func.coalesce(t.place, ""),
        state=t.status,
        sort=t.severity,
        project=p.code,
        project_name=p.name,
        order=case(
            (t.is_open, extract("epoch", t.breaks_at)),
            else_=LAST - extract("epoch", t.reported_at),
        ),
    )
    return (
        select(*columns)
        .select_from(few)
        .join(Ticket.__table__, t.id == few.c.id)
        .join(Project.__table__, p.id == t.project_id)
    )


def _is_meant(way: Way) -> ColumnElement[bool]:
    t = Ticket.__table__.c
    words: ColumnElement[bool] = t.grams.contains(slices())
    if not way.callers:
        return words
    # Only where one may know who called: a stranger's number is not found out here.
    theirs = t.reporter_id == any_(func.array(_people(way).scalar_subquery()))
    return or_(words, and_(theirs, *in_reach(t.project_id, way.callers)))


def _people(way: Way) -> Select[Any]:
    c = Contact.__table__.c
    # More than these share a name; their tickets are found by other words.
    return select(c.id).where(is_caller(way)).limit(1000)
