"""A call comes in: the ticket, its cover decided and frozen, its clocks started."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Date, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.db import fixed, write_together
from tickets.events import record
from tickets.grams import grams
from tickets.project import actions as project_actions
from tickets.project import queries as projects
from tickets.project.models import Project
from tickets.project.rules import FIRST_DAY
from tickets.refusals import Invalid
from tickets.sla import actions as sla
from tickets.sla.models import Clock
from tickets.staff.rules import Verb, Who
from tickets.ticket import queries, rules
from tickets.ticket.actions.act import attach
from tickets.ticket.models import Ticket, TicketAsset, TicketNumber
from tickets.ticket.queries import NamedAsset
from tickets.ticket.rules import Call, Kind, Status

AHEAD = timedelta(minutes=2)  # how far a reporter's watch may be before ours (rules.md §2)


@dataclass(frozen=True)
class Opened:
    """A ticket with what was written for it, so that nobody need ask for it again."""

    ticket: Ticket
    project: Project
    clocks: Sequence[Clock]
    assets: Sequence[NamedAsset]


async def open_ticket(session: AsyncSession, who: Who, call: Call, now: datetime) -> Ticket:
    """One transaction: the ticket exists with its clocks, or there is no ticket.

    Raises Missing for a project one may not see, Invalid for what cannot be.
    """
    opened = await open_with_clocks(session, who, call, now)
    return opened if isinstance(opened, Ticket) else opened.ticket


async def open_with_clocks(
    session: AsyncSession, who: Who, call: Call, now: datetime
) -> Opened | Ticket:
    """Only the ticket where a double click finds the first's."""
    if call.key is not None:
        # A double click sends two at once: the second waits here and finds the first's ticket.
        await session.execute(select(func.pg_advisory_xact_lock(call.key.int % 2**63)))
        known = await session.scalar(select(Ticket).where(Ticket.key == call.key))
        if known is not None:
            return known
    _check(call, now)
    reported_at = call.reported_at or now
    project = await projects.find(session, who, call.project, Verb.TICKET_OPEN)
    given = await queries.given(session, project, call.assets, reported_at, now)
    named, terms, cover = given.assets, given.terms, given.cover
    severity = rules.severity_of(call.kind, call.fault, call.severity)
    reporter_id = None
    if call.reporter_name or call.reporter_phone:
        reporter_id = await project_actions.contact_id_for(
            session,
            project=project,
            name=call.reporter_name or call.reporter_phone or "",
            phone=call.reporter_phone or "",
        )
    ref, number = await next_ref(session, now.astimezone(ZoneInfo(project.timezone)).date())
    ticket = Ticket(
        id=number,
        ref=ref,
        project_id=project.id,
        kind=call.kind,
        fault=call.fault,
        severity=severity,
        main_equipment=rules.main_of(call.kind, [a.is_main for a in named], call.main_equipment),
        description=call.description,
        place=call.place,
        channel=call.channel,
        reporter_id=reporter_id,
        reported_at=reported_at,
        received_at=now,
        cycle=1,
        status=Status.OPEN,
        is_open=True,
        breaks_at=sla.first_due(call.kind, severity, terms, reported_at),
        opened_by_id=who.id,
        technician_id=given.on_duty_id,
        key=call.key,
        cover=cover.decision,
        cover_reason=cover.reason,
        cover_ends_on=cover.ends_on,
        cover_labour=cover.labour,
        cover_parts=cover.parts,
        own_terms=dict(cover.terms),
        version=1,
        flags=[],
    )
    ticket.grams = grams(
        ticket.ref,
        project.code,
        project.name,
        call.place,
        *(asset.code for asset in named),
        *(asset.name for asset in named),
        told=call.description,
    )
    session.add(ticket)
    if call.photos:
        await session.flush()
    for asset in named:
        session.add(TicketAsset(ticket_id=ticket.id, asset_id=asset.id))
    clocks = sla.start(
        session,
        ticket_id=ticket.id,
        cycle=1,
        kind=call.kind,
        severity=severity,
        terms=terms,
        reported_at=reported_at,
    )
    await attach(session, who, ticket, call.photos, "opening")
    record(
        session,
        "ticket.opened",
        at=reported_at,
        ticket_id=ticket.id,
        project_id=project.id,
        by_id=who.id,
        ref=ticket.ref,
        call=ticket.kind,
        fault=ticket.fault,
        severity=severity,
        channel=ticket.channel,
        cover=cover.decision,
        assets=[asset.code for asset in named],
        photos=len(call.photos),
        **({"technician_id": given.on_duty_id} if given.on_duty_id else {}),
    )
    await write_together(session, kept=ticket)
    return Opened(ticket, project, clocks, sorted(named, key=lambda asset: asset.code))


def _check(call: Call, now: datetime) -> None:
    if call.fault is not None and call.fault not in rules.FAULTS:
        raise Invalid("fault", "The fault code {code} is not known.", code=call.fault)
    if call.kind is Kind.FAULT and call.fault is None:
        raise Invalid("fault", "A fault needs its code; OTHER if nothing fits.")
    if call.channel not in rules.CHANNELS:
        raise Invalid("channel", "The channel {code} is not known.", code=call.channel)
    if call.reported_at is not None and call.reported_at > now + AHEAD:
        raise Invalid("reported_at", "The report cannot lie in the future.")
    if call.reported_at is not None and call.reported_at.date() < FIRST_DAY:
        raise Invalid("reported_at", "That is too long ago to be a report.")


_NUMBERED = (
    insert(TicketNumber)
    .values(day=bindparam("day", type_=Date()), last=1)
    .on_conflict_do_update(index_elements=[TicketNumber.day], set_={"last": TicketNumber.last + 1})
    .returning(TicketNumber.last)
    .cte("numbered")
)
_NEXT = fixed(select(_NUMBERED.c.last, func.nextval(literal_column("'ticket_id_seq'"))))


async def next_ref(session: AsyncSession, day: date) -> tuple[str, int]:
    """T-20261123-0007, and the row's number. The day's row is locked until the transaction ends,
    so a reference is never given twice and none is left out."""
    count, number = (await session.execute(_NEXT, {"day": day})).one()
    return f"T-{day:%Y%m%d}-{count:04d}", number
