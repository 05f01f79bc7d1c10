"""Repaired: what it was, what was done, which parts; the cause settles who pays."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.project import queries as projects
from tickets.project.models import Project
from tickets.sla.models import Act
from tickets.sla.rules import ActKind, cycle_of
from tickets.staff.rules import Verb, Who
from tickets.ticket import queries as tickets
from tickets.ticket.actions import perform
from tickets.ticket.models import Ticket
from tickets.visit import queries, rules
from tickets.visit.actions.appoint import come
from tickets.visit.models import Measurement, Part, Work
from tickets.visit.rules import Found, Measured, PartUsed, Payer


async def repair(
    session: AsyncSession,
    who: Who,
    ref: str,
    found: Found,
    *,
    now: datetime,
    at: datetime | None = None,
    phone_time: datetime | None = None,
    key: UUID | None = None,
    photos: Sequence[UUID] = (),
    signature: UUID | None = None,
) -> Ticket:
    """What it was, what was done, which parts; the cause settles who pays (rules.md §7).

    The payer goes into the diary with every repair, so the first decision stays readable.
    """
    ticket = await tickets.find_living(session, who, ref, Verb.TICKET_REPAIR)
    project = await session.get_one(Project, ticket.project_id)
    happened = max(ticket.reported_at, min(at or now, now))  # at the edges of the calendar too
    day = happened.astimezone(ZoneInfo(project.timezone)).date()
    cause = rules.checked(found, day)
    story = await tickets.story_of(session, ticket)
    # A repair told late may belong to an earlier cycle, whose cover stands.
    of = await tickets.cycle_told(session, ticket, cycle_of(story, happened))
    payer = rules.payer(
        of.cover,
        cause,
        contract_labour=rules.Pays(of.cover_labour),
        contract_parts=rules.Pays(of.cover_parts),
    )
    act = await perform(
        session,
        ticket,
        ActKind.REPAIR,
        who=who,
        at=at,
        phone_time=phone_time,
        now=now,
        key=key,
        on_site=found.on_site,
        result=found.result,
        expires_on=found.expires_on,
        check_after_dark=found.check_after_dark,
        photos=photos,
        signature=signature,
        facts={
            "cause": cause,
            "work": found.work,
            "parts": len(found.parts),
            **({"measurements": len(found.measurements)} if found.measurements else {}),
            "payer_labour": payer.labour,
            "payer_parts": payer.parts,
            "payer_reason": payer.reason,
        },
    )
    if await queries.is_written(session, act.id):
        return ticket
    if found.on_site:
        await come(session, ticket, act.at)
    session.add(Work(act_id=act.id, ticket_id=ticket.id, cause=cause, work=found.work))
    session.add_all(_part(act, used, payer) for used in found.parts)
    session.add_all(_measurement(act, each) for each in found.measurements)
    if rules.needs_photos(found):
        await _check_photos(session, ticket, project)
    await session.flush()
    if await queries.is_latest_repair(session, act):
        told = await tickets.cycle_told(session, ticket, act.cycle)
        told.cause = cause
        told.payer_labour = payer.labour
        told.payer_parts = payer.parts
        told.payer_reason = payer.reason
    return ticket


async def _check_photos(session: AsyncSession, ticket: Ticket, project: Project) -> None:
    """Those that came with it count, and those of the visit before it. The terms are those of the
    report, as with everything else that was promised."""
    terms = await projects.terms_at(session, project.id, ticket.reported_at)
    if terms.photos_before or terms.photos_after:
        told = await queries.photos_by_moment(session, ticket)
        rules.check_photos(terms, before=told.get("before", 0), after=told.get("after", 0))


def _measurement(act: Act, each: Measured) -> Measurement:
    return Measurement(
        act_id=act.id, name=each.name, before=each.before, after=each.after, unit=each.unit
    )


def _part(act: Act, used: PartUsed, payer: Payer) -> Part:
    return Part(
        act_id=act.id,
        name=used.name,
        quantity=used.quantity,
        unit_price=used.unit_price,
        old_serial=used.old_serial,
        new_serial=used.new_serial,
        payer=payer.parts,
    )
