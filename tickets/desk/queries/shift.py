"""交接班: what the next one must know, gathered over many rooms into plain JSON.

No caller's name or number stands in it: sheets are kept for good (docs/decisions/0012).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.desk.queries.callbacks import CallBackFilter, promised
from tickets.loan.models import Substitution
from tickets.project.models import Project
from tickets.sla.models import Act, Pause
from tickets.staff.models import Person
from tickets.staff.rules import Verb, Who
from tickets.ticket.models import Ticket
from tickets.ticket.queries import visible
from tickets.ticket.rules import NOTHING_BREAKS

AHEAD = timedelta(hours=12)  # a shift
MOST = 200  # open tickets written out; the rest is a number
SOME = 50  # of every other list
ARRIVED = ("on_site", "repaired")


async def compose(
    session: AsyncSession, who: Who, *, since: datetime | None, now: datetime
) -> dict[str, Any]:
    """The sheet as it stands now; `since`: when the shift before was handed over. A constant
    number of statements."""
    begins = since or now - AHEAD
    seen = visible(who, Verb.SHIFT_HAND_OVER)
    counts = await _counts(session, seen, begins, now)
    rows = await _open(session, seen, now)
    calls = await promised(session, who, CallBackFilter(), verb=Verb.SHIFT_HAND_OVER, limit=SOME)
    return {
        "since": begins.isoformat(),
        "at": now.isoformat(),
        "by": who.name,
        "counts": counts,
        "open": rows,
        "more": max(0, counts["open"] - len(rows)),
        "moved": await _moved(session, seen, begins),
        "calls": [
            {
                "ref": each.ref,
                "at": each.at.isoformat(),
                "by": each.by,
                "note": each.note,
                "project": each.project_code,
                "timezone": each.timezone,
            }
            for each in calls
        ],
        "arrivals": await _arrivals(session, seen),
        "owed": await _owed(session, seen),
        "pauses": await _pauses(session, seen),
        "repairs": await _repairs(session, seen),
    }


async def _counts(
    session: AsyncSession, seen: ColumnElement[bool], begins: datetime, now: datetime
) -> dict[str, int]:
    is_open = Ticket.is_open
    asked = {
        "open": is_open,
        "registered": is_open & (Ticket.status == "open"),
        **{
            status: is_open & (Ticket.status == status)
            for status in ("answered", "on_site", "repaired")
        },
        "late": is_open & (Ticket.breaks_at < now),
        "danger": is_open & (Ticket.severity == "S1"),
        "soon": is_open & Ticket.breaks_at.between(now, now + AHEAD),
        "paused": is_open & Ticket.paused_since.is_not(None),
        "urged": is_open & (Ticket.reminders > 0),
        "to_ask": is_open & Ticket.ask_at.is_not(None),
        "to_ask_now": is_open & (Ticket.ask_at <= now),
        "opened": Ticket.received_at >= begins,
        "ended": Ticket.closed_at >= begins,
    }
    columns = [func.count().filter(condition).label(name) for name, condition in asked.items()]
    touched = or_(is_open, Ticket.received_at >= begins, Ticket.closed_at >= begins)
    row = (await session.execute(select(*columns).where(seen, touched))).one()
    return dict(zip(asked, row, strict=True))


def _told(*more: SQLColumnExpression[Any]) -> Select[Any]:
    return (
        select(
            Ticket.ref,
            Project.code,
            Ticket.place,
            Ticket.severity,
            Ticket.status,
            Project.timezone,
            Person.name,
            *more,
        )
        .join(Project, Project.id == Ticket.project_id)
        .outerjoin(Person, Person.id == Ticket.technician_id)
    )


_NAMES = ("ref", "project", "place", "severity", "status", "timezone", "technician")


async def _rows(session: AsyncSession, asked: Select[Any], *more: str) -> list[dict[str, Any]]:
    found: Sequence[Sequence[Any]] = (await session.execute(asked)).all()
    return [dict(zip((*_NAMES, *more), map(_plain, row), strict=True)) for row in found]


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


async def _open(
    session: AsyncSession, seen: ColumnElement[bool], now: datetime
) -> list[dict[str, Any]]:
    """Late first, then danger, then what is due in this shift, then the rest."""
    group = case(
        (Ticket.breaks_at < now, "late"),
        (Ticket.severity == "S1", "danger"),
        (Ticket.breaks_at <= now + AHEAD, "soon"),
        else_="rest",
    )
    rank = case({"late": 0, "danger": 1, "soon": 2}, value=group, else_=3)
    asked = (
        _told(
            Ticket.fault,
            func.left(Ticket.description, 120),
            func.nullif(Ticket.breaks_at, NOTHING_BREAKS),
            Ticket.paused_since,
            Ticket.reminders,
            group,
        )
        .where(seen, Ticket.is_open)
        .order_by(rank, Ticket.breaks_at, Ticket.id)
        .limit(MOST)
    )
    more = ("fault", "description", "due", "paused_since", "reminders", "group")
    return await _rows(session, asked, *more)


async def _moved(
    session: AsyncSession, seen: ColumnElement[bool], begins: datetime
) -> list[dict[str, Any]]:
    """Opened or ended in the shift that ends, newest first."""
    at = func.greatest(Ticket.received_at, Ticket.closed_at)
    asked = (
        _told(Ticket.received_at, Ticket.closed_at)
        .where(seen, or_(Ticket.received_at >= begins, Ticket.closed_at >= begins))
        .order_by(at.desc(), Ticket.id.desc())
        .limit(SOME)
    )
    return await _rows(session, asked, "opened", "ended")


async def _arrivals(session: AsyncSession, seen: ColumnElement[bool]) -> list[dict[str, Any]]:
    """Callers were told when somebody comes, and nobody has come yet."""
    asked = (
        _told(Ticket.expected_at)
        .where(
            seen,
            Ticket.is_open,
            Ticket.expected_at.is_not(None),
            Ticket.status.not_in(ARRIVED),
        )
        .order_by(Ticket.expected_at, Ticket.id)
        .limit(SOME)
    )
    return await _rows(session, asked, "expected")


async def _owed(session: AsyncSession, seen: ColumnElement[bool]) -> list[dict[str, Any]]:
    asked = (
        _told(Substitution.owed_at)
        .join(Substitution, Substitution.ticket_id == Ticket.id)
        .where(seen, Substitution.state == "owed")
        .order_by(Substitution.owed_at, Ticket.id)
        .limit(SOME)
    )
    return await _rows(session, asked, "since")


async def _pauses(session: AsyncSession, seen: ColumnElement[bool]) -> list[dict[str, Any]]:
    """Those that wait for a manager's word."""
    asked = (
        _told(Pause.reason, Pause.received_at)
        .join(Pause, Pause.ticket_id == Ticket.id)
        .where(
            seen,
            Pause.counts.is_(False),
            Pause.rejected_at.is_(None),
            Pause.accepted_at.is_(None),
        )
        .order_by(Pause.received_at, Pause.id)
        .limit(SOME)
    )
    return await _rows(session, asked, "reason", "since")


async def _repairs(session: AsyncSession, seen: ColumnElement[bool]) -> list[dict[str, Any]]:
    """Temporary ones with their day, and looks after dark that are still to be taken."""
    asked = (
        _told(Act.expires_on, Act.dark_check, Act.at)
        .join(Act, Act.ticket_id == Ticket.id)
        .where(
            seen,
            Ticket.is_open,
            or_(
                Act.dark_check == "waiting",
                Act.expires_on.is_not(None) & (Ticket.status != "repaired"),
            ),
        )
        .order_by(Act.expires_on, Act.at, Act.id)
        .limit(SOME)
    )
    return await _rows(session, asked, "expires_on", "look", "at")
