"""A ticket with its small tables in one statement: they come as JSON and are rows again here.

A statement costs more than the few rows it brings; the ticket page has a dozen such tables.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from types import SimpleNamespace
from typing import Any, TypeVar, cast
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    Interval,
    ScalarSelect,
    Select,
    Text,
    TextClause,
    Uuid,
    any_,
    bindparam,
    func,
    literal_column,
    select,
    true,
    union,
    union_all,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import TypeEngine

from tickets.asset.models import Asset
from tickets.db import Base, fixed
from tickets.events import Event
from tickets.loan.models import Settlement, Substitution
from tickets.notice.models import Alert
from tickets.phone.models import Phone
from tickets.project.models import Contact, Owner, Project
from tickets.sla.models import Act, Clock, Pause
from tickets.staff.models import Person
from tickets.staff.rules import Scope
from tickets.ticket.models import (
    CallBack,
    CallPromise,
    PastCycle,
    Ticket,
    TicketAsset,
    TicketPhoto,
)
from tickets.ticket.queries.seen import visible_in
from tickets.visit.models import Appointment, Measurement, Part, Signature, Work

M = TypeVar("M", bound=Base)

_EXACT = (Part, Measurement)  # what somebody wrote down as a decimal stays one

NEWEST = 200  # lines of the diary that a page shows
_ID = literal_column("ticket.id", BigInteger())  # of the ticket the statement is about
_IDS = literal_column("family.ids", ARRAY(BigInteger()))  # its own, and those of its duplicates


def _agg(few: Any, *order: str) -> ScalarSelect[Any]:
    row: ColumnElement[Any] = literal_column("few")
    by = [few.c[name] for name in order]
    rows = sql_cast(func.json_agg(aggregate_order_by(row, *by)), Text)
    return select(rows).select_from(few).scalar_subquery()


def _family() -> FromClause:
    """The ticket and whatever was merged into it, and into that: gathered once, as an array."""
    tree = select(_ID.label("id")).cte("tree", recursive=True, nesting=True)
    merged = Ticket.__table__.alias("merged")
    tree = tree.union_all(select(merged.c.id).join(tree, merged.c.merged_into_id == tree.c.id))
    return select(func.array(select(tree.c.id).scalar_subquery()).label("ids")).lateral("family")


def _of_family(column: ColumnElement[Any]) -> ColumnElement[bool]:
    return column == any_(_IDS)


def _rows(model: type[Base], *order: str, of_family: bool = False) -> ScalarSelect[Any]:
    """All rows of the ticket's, or of its duplicates' too, each as JSON."""
    table = model.__table__
    of = table.c.ticket_id
    of_ticket = select(table).where(_of_family(of) if of_family else of == _ID)
    if model is Event:
        of_ticket = of_ticket.order_by(table.c.id.desc()).limit(NEWEST)
    return _agg(of_ticket.subquery("few"), *order)


def _assets() -> ScalarSelect[Any]:
    table = Asset.__table__
    shown = (table.c[name] for name in ("id", "code", "name", "location"))
    named = TicketAsset.__table__
    few = select(*shown).join(named, named.c.asset_id == table.c.id).where(named.c.ticket_id == _ID)
    return _agg(few.subquery("few"), "code")


def _parts() -> ScalarSelect[Any]:
    table, work = Part.__table__, Work.__table__
    few = (
        select(table)
        .join(work, work.c.act_id == table.c.act_id)
        .where(_of_family(work.c.ticket_id))
    )
    return _agg(few.subquery("few"), "id")


def _measurements() -> ScalarSelect[Any]:
    table, work = Measurement.__table__, Work.__table__
    few = (
        select(table)
        .join(work, work.c.act_id == table.c.act_id)
        .where(_of_family(work.c.ticket_id))
    )
    return _agg(few.subquery("few"), "id")


def _signatures() -> ScalarSelect[Any]:
    """With the name of whoever signed."""
    table, contact = Signature.__table__, Contact.__table__
    few = (
        select(table, contact.c.name.label("name"))
        .join(contact, contact.c.id == table.c.contact_id)
        .where(table.c.ticket_id == _ID)
    )
    return _agg(few.subquery("few"), "at", "id")


def _phone() -> ScalarSelect[Any]:
    """The technician's phone that was heard of last."""
    table = Phone.__table__
    his = select(table).where(table.c.person_id == literal_column("ticket.technician_id"))
    return _agg(his.order_by(table.c.heard_at.desc()).limit(1).subquery("few"), "heard_at")


def _people() -> ScalarSelect[Any]:
    """Everybody of ours whom the page names."""
    event, person = Event.__table__, Person.__table__
    tables = (event, CallBack.__table__, Settlement.__table__, CallPromise.__table__)
    ids = [select(table.c.by_id).where(table.c.ticket_id == _ID) for table in tables]
    act, pause = Act.__table__, Pause.__table__
    for column in (act.c.by_id, *(pause.c[name] for name in _PAUSED_BY)):
        ids.append(select(column).where(_of_family(column.table.c.ticket_id)))
    for name in ("technician_id", "before_id"):
        told = event.c.facts[name].astext
        whole = told.regexp_match("^[0-9]{1,9}$")
        ids.append(select(sql_cast(told, BigInteger)).where(event.c.ticket_id == _ID, whole))
    own: list[Select[Any]] = [
        select(literal_column(f"ticket.{name}")) for name in ("technician_id", "opened_by_id")
    ]
    shown = (person.c[name] for name in ("id", "login", "name", "phone"))
    few = select(*shown).where(person.c.id.in_(union(*ids, *own)))
    return _agg(few.subquery("few"), "id")


_PAUSED_BY = ("by_id", "accepted_by_id", "rejected_by_id")
_KIN = ("id", "ref", "status", "description", "reported_at", "closed_at", "reporter_id")


def _kin() -> ScalarSelect[Any]:
    """Duplicates, what it was merged into, what it follows and what followed it; with callers."""
    table, contact = Ticket.__table__, Contact.__table__
    own = [literal_column(f"ticket.{n}", BigInteger()) for n in ("merged_into_id", "follows_id")]
    later = table.alias("later")
    ids = union_all(
        select(func.unnest(_IDS)),
        *(select(id_) for id_ in own),
        select(later.c.id).where(later.c.follows_id == _ID),
    )
    kin = table.alias("kin")
    few = (
        select(
            *(kin.c[name] for name in (*_KIN, "merged_into_id", "follows_id")),
            contact.c.name.label("caller"),
            contact.c.phone,
        )
        .outerjoin(contact, contact.c.id == kin.c.reporter_id)
        .where(kin.c.id == any_(func.array(ids.scalar_subquery())), kin.c.id != _ID)
    )
    return _agg(few.subquery("few"), "reported_at", "id")


_SMALL: Sequence[tuple[type[Base], Callable[[], ScalarSelect[Any]]]] = (
    (Event, lambda: _rows(Event, "happened_at", "id")),
    (CallBack, lambda: _rows(CallBack, "at", "id")),
    (CallPromise, lambda: _rows(CallPromise, "at", "id")),
    (Settlement, lambda: _rows(Settlement, "at", "id")),
    (Substitution, lambda: _rows(Substitution, "cycle")),
    (TicketPhoto, lambda: _rows(TicketPhoto, "act", "photo_id", of_family=True)),
    (Act, lambda: _rows(Act, "at", "id", of_family=True)),
    (Pause, lambda: _rows(Pause, "from_at", "id", of_family=True)),
    (PastCycle, lambda: _rows(PastCycle, "cycle")),
    (Ticket, _kin),
    (Clock, lambda: _rows(Clock, "cycle", "generation", "id")),
    (Alert, lambda: _rows(Alert, "id")),
    (Work, lambda: _rows(Work, "act_id", of_family=True)),
    (Part, _parts),
    (Measurement, _measurements),
    (Appointment, lambda: _rows(Appointment, "made_at", "id")),
    (Signature, _signatures),
    (Phone, _phone),
    (Asset, _assets),
    (Person, _people),
)
_TICKET = [column for column in Ticket.__table__.c if column.name != "grams"]
_PROJECT = list(Project.__table__.c)
_CONTACT = list(Contact.__table__.c)


@lru_cache(maxsize=100)
def _bundle(scope: Scope) -> TextClause:
    """Put into words once for each reach of a role."""
    return fixed(
        select(*_TICKET, *_PROJECT, *_CONTACT, Owner.name, *(small() for _, small in _SMALL))
        .select_from(Ticket)
        .join(Project, Project.id == Ticket.project_id)
        .join(Owner, Owner.id == Project.owner_id)
        .outerjoin(Contact, Contact.id == Ticket.reporter_id)
        .join(_family(), true())
        .where(Ticket.ref == bindparam("ref", type_=Text()), visible_in(scope))
    )


class Bundle:
    """Rows to look at, in the order people read them; they have their columns and belong to no
    session."""

    def __init__(self, cells: Sequence[Any]) -> None:
        heads = (_TICKET, _PROJECT, _CONTACT)
        pieces = []
        for columns in heads:
            names = [column.name for column in columns]
            pieces.append(SimpleNamespace(**dict(zip(names, cells, strict=False))))
            cells = cells[len(columns) :]
        self.ticket = cast(Ticket, pieces[0])
        self.project = cast(Project, pieces[1])
        self.contact = cast(Contact, pieces[2]) if pieces[2].id is not None else None
        self.owner: str = cells[0]
        self._small = dict(zip((model for model, _ in _SMALL), cells[1:], strict=True))

    def all(self, model: type[M]) -> Sequence[M]:
        told = self._small[model]
        if not told:
            return []
        read = _reading(model)
        rows = json.loads(told, parse_float=Decimal if model in _EXACT else None)
        for row in rows:
            for name, reader in read:
                if row.get(name) is not None:
                    row[name] = reader(row[name])
        return [cast(M, SimpleNamespace(**row)) for row in rows]


async def bundle(session: AsyncSession, scope: Scope, ref: str) -> Bundle | None:
    row = (await session.execute(_bundle(scope), {"ref": ref})).first()
    return Bundle(tuple(row)) if row else None


@cache
def _reading(model: type[Base]) -> Sequence[tuple[str, Callable[[str], Any]]]:
    """How a table's columns that JSON does not know are read from text."""
    found = ((column.name, _reader(column.type)) for column in model.__table__.columns)
    return [(name, reader) for name, reader in found if reader is not None]


_KINDS: Mapping[type[TypeEngine[Any]], Callable[[str], Any]] = {
    DateTime: datetime.fromisoformat,
    Date: date.fromisoformat,
    Uuid: UUID,
}
_LENGTH = re.compile(r"(?:(-?\d+) days? ?)?(?:(-?)(\d+):(\d\d):(\d\d(?:\.\d+)?))?")


def _reader(kind: TypeEngine[Any]) -> Callable[[str], Any] | None:
    if isinstance(kind, Interval):
        return _length
    return next((reader for sort, reader in _KINDS.items() if isinstance(kind, sort)), None)


def _length(text: str) -> timedelta:
    """`2 days 03:00:00`, as PostgreSQL writes what we gave it: days, and a time with one sign."""
    found = _LENGTH.fullmatch(text)
    if found is None:
        raise ValueError(f"This length cannot be read: {text}")
    days, sign, hours, minutes, seconds = found.groups(default="0")
    time = timedelta(hours=int(hours), minutes=int(minutes), seconds=float(seconds))
    return timedelta(days=int(days)) + (-time if sign == "-" else time)
