"""Small tables of one ticket in one statement: their rows come as JSON and are rows again here.

A statement costs more than the few rows it brings; the ticket page has a dozen such tables.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Interval,
    ScalarSelect,
    Uuid,
    bindparam,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import TypeEngine

from tickets.db import Base
from tickets.events import Event
from tickets.loan.models import Settlement, Substitution
from tickets.ticket.models import CallBack, TicketPhoto

M = TypeVar("M", bound=Base)

NEWEST = 200  # lines of the diary that a page shows


def _rows(model: type[Base], *order: Any) -> ScalarSelect[Any]:
    """All rows of the ticket's, each as JSON. For tables without intervals."""
    table = model.__table__
    of_ticket = select(table).where(table.c.ticket_id == bindparam("ticket_id"))
    if model is Event:
        of_ticket = of_ticket.order_by(table.c.id.desc()).limit(NEWEST)
    few = of_ticket.subquery("few")
    row: ColumnElement[Any] = literal_column("few")
    by = [few.c[name] for name in order]
    return select(func.json_agg(aggregate_order_by(row, *by))).select_from(few).scalar_subquery()


_BUNDLE = select(
    _rows(Event, "happened_at", "id"),
    _rows(CallBack, "at", "id"),
    _rows(Settlement, "at", "id"),
    _rows(Substitution, "cycle"),
    _rows(TicketPhoto, "act", "photo_id"),
)


class Bundle:
    """Rows to look at, in the order people read them; they belong to no session."""

    def __init__(self, row: Sequence[list[dict[str, Any]] | None]) -> None:
        self.events: Sequence[Event] = _made(Event, row[0])
        self.call_backs: Sequence[CallBack] = _made(CallBack, row[1])
        self.settlements: Sequence[Settlement] = _made(Settlement, row[2])
        self.debts: Sequence[Substitution] = _made(Substitution, row[3])
        self.photos: Sequence[TicketPhoto] = _made(TicketPhoto, row[4])


async def bundle(session: AsyncSession, ticket_id: int) -> Bundle:
    return Bundle((await session.execute(_BUNDLE, {"ticket_id": ticket_id})).one())


def _made(model: type[M], rows: list[dict[str, Any]] | None) -> Sequence[M]:
    read = _reading(model)
    for row in rows or ():
        for name, reader in read.items():
            if row[name] is not None:
                row[name] = reader(row[name])
    return [model(**row) for row in rows or ()]


@cache
def _reading(model: type[Base]) -> Mapping[str, Callable[[str], Any]]:
    """How a table's columns that JSON does not know are read from text."""
    columns = model.__table__.columns
    assert not any(isinstance(column.type, Interval) for column in columns)
    found = ((column.name, _reader(column.type)) for column in columns)
    return {name: reader for name, reader in found if reader is not None}


def _reader(kind: TypeEngine[Any]) -> Callable[[str], Any] | None:
    if isinstance(kind, DateTime):
        return datetime.fromisoformat
    if isinstance(kind, Date):
        return date.fromisoformat
    return UUID if isinstance(kind, Uuid) else None
