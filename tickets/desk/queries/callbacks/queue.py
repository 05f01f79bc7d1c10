"""回访: what is repaired and waits for the owner's word, in the order in which he is asked."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Text,
    and_,
    cast,
    exists,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from tickets.desk.queries.callbacks.promised import CallBackFilter
from tickets.desk.queries.callbacks.row import ToAsk, Try, Voice
from tickets.project.models import Contact, Project
from tickets.refusals import Invalid
from tickets.sla.models import Act
from tickets.staff.models import Person
from tickets.staff.rules import Verb, Who
from tickets.ticket.models import CallBack, CallPromise, Ticket
from tickets.ticket.queries import visible
from tickets.visit.models import Work

PAGE = 25


_TRIES = (
    select(
        cast(
            func.json_agg(
                aggregate_order_by(
                    func.json_build_array(
                        CallBack.outcome,
                        CallBack.at,
                        Person.name,
                        CallBack.rating,
                        CallBack.note,
                        CallBack.contact_id,
                    ),
                    CallBack.at,
                    CallBack.id,
                )
            ),
            Text,
        )
    )
    .outerjoin(Person, Person.id == CallBack.by_id)
    .where(CallBack.ticket_id == Ticket.id, CallBack.cycle == Ticket.cycle)
    .correlate(Ticket)
    .scalar_subquery()
)
_FIX = (
    select(cast(func.json_build_array(Act.at, Person.name, func.left(Work.work, 400)), Text))
    .outerjoin(Person, Person.id == Act.by_id)
    .outerjoin(Work, Work.act_id == Act.id)
    .where(Act.ticket_id == Ticket.id, Act.kind == "repair", Act.result == "fixed")
    .order_by(Act.at.desc())
    .limit(1)
    .correlate(Ticket)
    .scalar_subquery()
)
_LOOK = exists().where(Act.ticket_id == Ticket.id, Act.dark_check == "waiting")
_HEAD = [each.name for each in fields(ToAsk)][:18]
_ROWS = select(
    Ticket.id,
    Ticket.ref,
    Ticket.kind,
    Ticket.status,
    Ticket.severity,
    Ticket.fault,
    func.left(Ticket.description, 400),
    Ticket.place,
    Ticket.cycle,
    Ticket.ask_at,
    Ticket.call_promised_at,
    Ticket.reminders,
    Ticket.reporter_id,
    Ticket.project_id,
    Project.group_id,
    Project.code,
    Project.name,
    Project.timezone,
    _FIX,
    _TRIES,
    _LOOK,
).join(Project, Project.id == Ticket.project_id)


def _wanted(who: Who, wanted: CallBackFilter) -> list[ColumnElement[bool]]:
    found = [visible(who, Verb.TICKET_CALL_BACK)]
    if wanted.project:
        found.append(Project.code == wanted.project)
    if wanted.mine:
        promised = exists().where(
            CallPromise.ticket_id == Ticket.id,
            CallPromise.by_id == who.id,
            CallPromise.kept_at.is_(None),
            CallPromise.lapsed_at.is_(None),
        )
        found.append(or_(Ticket.opened_by_id == who.id, promised))
    return found


async def queue(
    session: AsyncSession, who: Who, wanted: CallBackFilter, *, cursor: str | None = None
) -> tuple[Sequence[ToAsk], str | None]:
    """A page and the key of the next; two statements, however many rows."""
    asked = _ROWS.where(*_wanted(who, wanted)).limit(PAGE + 1)
    if wanted.state == "closing":
        asked = asked.where(
            Ticket.is_open, Ticket.status == "repaired", Ticket.ask_at.is_(None)
        ).order_by(Ticket.id)
        if cursor:
            asked = asked.where(Ticket.id > _key_of(cursor)[2])
    else:
        # Promised ones first: what has no promise comes last in the index.
        asked = asked.where(Ticket.ask_at.is_not(None)).order_by(
            Ticket.call_promised_at, Ticket.ask_at, Ticket.id
        )
        if cursor:
            asked = asked.where(_after(*_key_of(cursor)))
    cells = (await session.execute(asked)).all()
    rows = await _with_callers(session, who, [_row(tuple(each)) for each in cells[:PAGE]])
    return rows, _cursor_of(rows[-1]) if len(cells) > PAGE else None


def _after(
    promised_at: datetime | None, ask_at: datetime | None, ticket_id: int
) -> ColumnElement[bool]:
    unpromised = Ticket.call_promised_at.is_(None)
    later = tuple_(Ticket.ask_at, Ticket.id) > tuple_(ask_at, ticket_id)
    if promised_at is None:
        return and_(unpromised, later)
    key = tuple_(Ticket.call_promised_at, Ticket.ask_at, Ticket.id)
    return or_(unpromised, key > tuple_(promised_at, ask_at, ticket_id))


async def one(session: AsyncSession, who: Who, ref: str) -> ToAsk | None:
    """One row again, after something was done with it; wherever it stands now."""
    asked = _ROWS.where(visible(who, Verb.TICKET_CALL_BACK), Ticket.ref == ref)
    cells = (await session.execute(asked)).first()
    if cells is None:
        return None
    return (await _with_callers(session, who, [_row(tuple(cells))]))[0]


def _row(cells: Sequence[Any]) -> ToAsk:
    fix, tries, awaits_look = cells[-3:]
    at, by, work = json.loads(fix) if fix else (None, None, None)
    head: dict[str, Any] = dict(zip(_HEAD, cells[:-3], strict=True))
    return ToAsk(
        **head,
        fixed_at=datetime.fromisoformat(at) if at else None,
        fixed_by=by,
        work=work,
        tries=[
            Try(outcome, datetime.fromisoformat(when), name, rating, note, contact)
            for outcome, when, name, rating, note, contact in json.loads(tries or "[]")
        ],
        awaits_look=awaits_look,
    )


async def _with_callers(session: AsyncSession, who: Who, rows: Sequence[ToAsk]) -> list[ToAsk]:
    """Everybody who called about each, of merged tickets too."""
    ids = [row.id for row in rows]
    tree = select(Ticket.id.label("top"), Ticket.id.label("id")).where(Ticket.id.in_(ids))
    family = tree.cte("family", recursive=True)
    merged = aliased(Ticket)
    family = family.union_all(
        select(family.c.top, merged.id).join(family, merged.merged_into_id == family.c.id)
    )
    found = await session.execute(
        select(family.c.top, Ticket.ref, Contact.id, Contact.name, Contact.phone)
        .join(Ticket, Ticket.id == family.c.id)
        .join(Contact, Contact.id == Ticket.reporter_id)
        .order_by(family.c.top, Ticket.id != family.c.top, Ticket.reported_at, Ticket.id)
    )
    voices: dict[int, dict[int, Voice]] = {}
    told = {
        row.id: {
            each.contact_id or row.reporter_id
            for each in row.tries
            if each.outcome != "not_reached"
        }
        for row in rows
    }
    for top, ref, contact_id, name, phone in found:
        voice = Voice(contact_id, name, phone, ref, contact_id in told[top])
        voices.setdefault(top, {}).setdefault(contact_id, voice)
    return [
        replace(
            row,
            callers=list(voices.get(row.id, {}).values()),
            is_whole=who.may_for(Verb.CALLER_READ, row.project_id, row.group_id),
        )
        for row in rows
    ]


def _cursor_of(row: ToAsk) -> str:
    instants = (each.isoformat() if each else "-" for each in (row.promised_at, row.ask_at))
    key = f"{' '.join(instants)} {row.id}"
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _key_of(cursor: str) -> tuple[datetime | None, datetime | None, int]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        first, second, number = text.split(" ")
        promised_at, ask_at = (
            None if each == "-" else datetime.fromisoformat(each) for each in (first, second)
        )
        is_zoned = all(each is None or each.tzinfo for each in (promised_at, ask_at))
        if not is_zoned or not 0 < int(number) < 2**63:
            raise ValueError
    except (ValueError, binascii.Error):
        raise Invalid("cursor", "This cursor is not one of ours.") from None
    return promised_at, ask_at, int(number)
