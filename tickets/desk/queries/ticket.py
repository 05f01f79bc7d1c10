"""A ticket as other programs see it: the contract's JSON, gathered over many rooms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.util import identity_key

from tickets.asset.models import Asset
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
    due = due_of(clock, now)
    judged = state(clock, now)
    is_self_started = clock.started_at is None and due is not None
    return ClockShown(
        promise=clock.promise,
        cycle=clock.cycle,
        generation=clock.generation,
        started_at=clock.starts_by if is_self_started else clock.started_at,
        target_minutes=round(clock.target.total_seconds() / 60),
        due_at=due,
        met_at=clock.met_at,
        state=judged,
        # Dated at the due instant, whether or not the sweep has been there yet.
        breached_at=due if judged == "late" else clock.breached_at,
        paused_seconds=round(_paused(clock, judged, now).total_seconds()),
    )


def _paused(clock: Clock, judged: str, now: datetime) -> timedelta:
    """By every pause that counts, the open one up to now."""
    if judged != "paused" or clock.paused_since is None:
        return clock.paused
    return clock.paused + max(now - clock.paused_since, timedelta(0))


async def shown(session: AsyncSession, ticket: Ticket, now: datetime) -> TicketShown:
    """The contract's ticket, as of `now`."""
    return (await shown_many(session, [ticket], now))[0]


async def shown_many(
    session: AsyncSession, tickets_: Sequence[Ticket], now: datetime
) -> list[TicketShown]:
    """A page of them with a constant number of statements."""
    await session.flush()
    ids = [ticket.id for ticket in tickets_]
    clocks = await sla.clocks_of(session, ids)
    assets = await tickets.assets_of(session, ids)
    debts = await loans.of_tickets(session, ids)
    projects = await _known(session, Project, {ticket.project_id for ticket in tickets_})
    people = await _known(session, Person, {t.technician_id for t in tickets_ if t.technician_id})
    named = {id_ for t in tickets_ for id_ in (t.merged_into_id, t.follows_id) if id_}
    refs = await tickets.refs_of(session, named)
    return [
        _told(
            ticket,
            projects[ticket.project_id],
            people.get(ticket.technician_id or 0),
            clocks.get(ticket.id, ()),
            assets.get(ticket.id, ()),
            debts.get(ticket.id, loans.NOT_OWED),
            refs,
            now,
        )
        for ticket in tickets_
    ]


async def shown_opened(
    session: AsyncSession,
    ticket: Ticket,
    project: Project,
    clocks: Sequence[Clock],
    assets: Sequence[Asset],
    now: datetime,
) -> TicketShown:
    """A ticket written in this very transaction: what is at hand is not asked for again."""
    await session.flush()
    return _told(ticket, project, None, in_order(clocks), assets, loans.NOT_OWED, {}, now)


def _told(
    ticket: Ticket,
    project: Project,
    technician: Person | None,
    clocks: Sequence[Clock],
    assets: Sequence[Asset],
    debt: SubstitutionShown,
    refs: Mapping[int, str],
    now: datetime,
) -> TicketShown:
    return TicketShown(
        ref=ticket.ref,
        kind=ticket.kind,
        project=project.code,
        assets=[asset.code for asset in assets],
        main_equipment=ticket.main_equipment,
        status=ticket.status,
        severity=ticket.severity,
        fault=ticket.fault,
        description=ticket.description,
        place=ticket.place,
        channel=ticket.channel,
        reported_at=ticket.reported_at,
        received_at=ticket.received_at,
        cycle=ticket.cycle,
        technician=technician.login if technician else None,
        technician_name=technician.name if technician else None,
        expected_at=ticket.expected_at,
        cause=ticket.cause,
        cover=CoverShown(ticket.cover, ticket.cover_reason, ticket.cover_ends_on),
        payer=PayerShown(ticket.payer_labour, ticket.payer_parts, ticket.payer_reason),
        clocks=[clock_shown(clock, now) for clock in clocks],
        substitution=debt,
        flags=list(ticket.flags),
        paused_since=ticket.paused_since,
        merged_into=refs.get(ticket.merged_into_id or 0),
        follows=refs.get(ticket.follows_id or 0),
        closed_at=ticket.closed_at,
        version=ticket.version,
    )


N = TypeVar("N", Project, Person)


async def _known(session: AsyncSession, noun: type[N], ids: set[int]) -> dict[int, N]:
    """Rows by number: what this request has read already is not asked for again."""
    at_hand = {id_: session.identity_map.get(identity_key(noun, id_)) for id_ in ids}
    found = {id_: row for id_, row in at_hand.items() if row is not None}
    if missing := ids - found.keys():
        found |= {
            row.id: row for row in await session.scalars(select(noun).where(noun.id.in_(missing)))
        }
    return found
