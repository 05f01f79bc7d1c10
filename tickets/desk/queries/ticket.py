"""A ticket as other programs see it: the contract's JSON, gathered over many rooms."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from pydantic_core import to_json
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.loan import queries as loans
from tickets.loan.queries import SubstitutionShown
from tickets.project.models import Project
from tickets.sla import queries as sla
from tickets.sla.models import Clock
from tickets.sla.queries import in_order
from tickets.sla.rules import due_of, state
from tickets.staff.models import Person
from tickets.ticket import queries as tickets
from tickets.ticket.models import Ticket
from tickets.ticket.queries import NamedAsset


@dataclass(frozen=True)
class ClockShown:
    """Instants in UTC; `target_minutes` as frozen when the clock started."""

    promise: str
    cycle: int
    generation: int  # grows with every change of severity
    started_at: datetime | None
    target_minutes: int
    due_at: datetime | None
    met_at: datetime | None
    state: str
    breached_at: datetime | None
    paused_seconds: int


class ClockRow(NamedTuple):
    """A clock's columns as a list reads them."""

    ticket_id: int
    promise: str
    cycle: int
    generation: int
    target: timedelta
    started_at: datetime | None
    starts_by: datetime | None
    due_at: datetime | None
    met_at: datetime | None
    closed_as: str | None
    paused_since: datetime | None
    paused: timedelta
    breached_at: datetime | None
    owed: str | None = None  # the substitution of its cycle
    owed_at: datetime | None = None
    settled_at: datetime | None = None


@dataclass(frozen=True)
class CoverShown:
    decision: str
    reason: str
    ends_on: date | None


@dataclass(frozen=True)
class PayerShown:
    labour: str
    parts: str
    reason: str | None


@dataclass(frozen=True)
class TicketShown:
    ref: str
    kind: str
    project: str
    assets: list[str]
    main_equipment: str
    status: str
    severity: str
    fault: str | None
    description: str
    place: str | None
    channel: str
    reported_at: datetime
    received_at: datetime
    cycle: int
    technician: str | None  # the sign-in name, as POST …/assignment takes it
    technician_name: str | None
    expected_at: datetime | None
    departed_at: datetime | None  # on his way since then
    appointment_at: datetime | None  # agreed with the owner, until somebody has come
    call_promised_at: datetime | None  # the earliest call promised and not made
    reminders: int  # how often the owner urged, in the present cycle
    last_reminded_at: datetime | None
    cause: str | None
    cover: CoverShown
    payer: PayerShown
    clocks: list[ClockShown]
    substitution: SubstitutionShown
    flags: list[str]
    paused_since: datetime | None
    merged_into: str | None
    follows: str | None
    closed_at: datetime | None
    version: int


def clock_shown(clock: Clock, now: datetime) -> ClockShown:
    return ClockShown(**_clock(clock, now))


def _clock(clock: Clock | ClockRow, now: datetime) -> dict[str, Any]:
    due = due_of(clock, now)
    judged = state(clock, now)
    is_self_started = clock.started_at is None and due is not None
    return {
        "promise": clock.promise,
        "cycle": clock.cycle,
        "generation": clock.generation,
        "started_at": clock.starts_by if is_self_started else clock.started_at,
        "target_minutes": round(clock.target.total_seconds() / 60),
        "due_at": due,
        "met_at": clock.met_at,
        "state": judged,
        # Dated at the due instant, whether or not the sweep has been there yet.
        "breached_at": due if judged == "late" else clock.breached_at,
        "paused_seconds": round(_paused(clock, judged, now).total_seconds()),
    }


def _paused(clock: Clock | ClockRow, judged: str, now: datetime) -> timedelta:
    """By every pause that counts, the open one up to now."""
    if judged != "paused" or clock.paused_since is None:
        return clock.paused
    return clock.paused + max(now - clock.paused_since, timedelta(0))


async def shown(session: AsyncSession, ticket: Ticket, now: datetime) -> TicketShown:
    """The contract's ticket, as of `now`."""
    await session.flush()
    clocks = await sla.clocks_of(session, [ticket.id])
    assets = await tickets.assets_of(session, [ticket.id])
    debts = await loans.of_tickets(session, [ticket.id])
    person = await session.get(Person, ticket.technician_id) if ticket.technician_id else None
    told = told_as(
        ticket,
        (await session.get_one(Project, ticket.project_id)).code,
        (person.login, person.name) if person else (None, None),
        clocks.get(ticket.id, ()),
        [asset.code for asset in assets.get(ticket.id, ())],
        ticket.flags,
        debts.get(ticket.id, loans.NOT_OWED),
        await tickets.refs_of(session, named_by([ticket])),
        now,
    )
    return _shown(told)


def named_by(tickets_: Iterable[Ticket | Row[Any]]) -> set[int]:
    """The tickets that these name: what they were merged into, what they follow."""
    return {id_ for t in tickets_ for id_ in (t.merged_into_id, t.follows_id) if id_}


def _shown(told: dict[str, Any]) -> TicketShown:
    return TicketShown(
        **told
        | {
            "cover": CoverShown(**told["cover"]),
            "payer": PayerShown(**told["payer"]),
            "clocks": [ClockShown(**clock) for clock in told["clocks"]],
        }
    )


async def shown_opened(
    session: AsyncSession,
    ticket: Ticket,
    project: Project,
    clocks: Sequence[Clock],
    assets: Sequence[NamedAsset],
    now: datetime,
) -> bytes:
    """A ticket written in this very transaction, as its JSON: what is at hand is not asked for
    again."""
    await session.flush()
    codes = [asset.code for asset in assets]
    nobody = (None, None)
    told = told_as(
        ticket, project.code, nobody, in_order(clocks), codes, [], loans.NOT_OWED, {}, now
    )
    return to_json(told)


def told_as(
    ticket: Ticket | Row[Any],
    project: str,
    technician: tuple[str | None, str | None],
    clocks: Sequence[Clock | ClockRow],
    assets: Sequence[str],
    flags: Sequence[str],
    debt: SubstitutionShown,
    refs: Mapping[int, str],
    now: datetime,
) -> dict[str, Any]:
    return {
        "ref": ticket.ref,
        "kind": ticket.kind,
        "project": project,
        "assets": list(assets),
        "main_equipment": ticket.main_equipment,
        "status": ticket.status,
        "severity": ticket.severity,
        "fault": ticket.fault,
        "description": ticket.description,
        "place": ticket.place,
        "channel": ticket.channel,
        "reported_at": ticket.reported_at,
        "received_at": ticket.received_at,
        "cycle": ticket.cycle,
        "technician": technician[0],
        "technician_name": technician[1],
        "expected_at": ticket.expected_at,
        "departed_at": ticket.departed_at,
        "appointment_at": ticket.appointment_at,
        "call_promised_at": ticket.call_promised_at,
        "reminders": ticket.reminders,
        "last_reminded_at": ticket.last_reminded_at,
        "cause": ticket.cause,
        "cover": {
            "decision": ticket.cover,
            "reason": ticket.cover_reason,
            "ends_on": ticket.cover_ends_on,
        },
        "payer": {
            "labour": ticket.payer_labour,
            "parts": ticket.payer_parts,
            "reason": ticket.payer_reason,
        },
        "clocks": [_clock(clock, now) for clock in clocks],
        "substitution": debt,
        "flags": list(flags),
        "paused_since": ticket.paused_since,
        "merged_into": refs.get(ticket.merged_into_id or 0),
        "follows": refs.get(ticket.follows_id or 0),
        "closed_at": ticket.closed_at,
        "version": ticket.version,
    }
